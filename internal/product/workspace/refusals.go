package workspace

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/account"
)

// How often a workspace's trail tells of those who were turned away, so that nobody can fill the trail. Each instance
// counts for itself.
const (
	strangerPause = 10 * time.Minute // one account
	visitorPause  = time.Hour        // all who are not signed in
	maxRefusals   = 10_000           // that each map remembers
	maxLookups    = 10               // of places named by those who are not signed in, in one round
)

// asker is whom an entry tells of: an account, or with account "" all who are not signed in.
type asker struct{ place, account string }

func (k asker) pause() time.Duration {
	if k.account == "" {
		return visitorPause
	}
	return strangerPause
}

// refusal is what no entry tells of yet, and when the last one was written.
type refusal struct {
	caller access.Caller // of the latest
	times  int
	told   time.Time
}

// refusals counts. A request only adds to it. The entries are written in the background, so that the answer takes
// equally long whether or not the workspace exists.
type refusals struct {
	mu       sync.Mutex
	accounts map[asker]*refusal // of accounts, by places as they were typed
	visitors map[asker]*refusal // the same of those who are not signed in: however many, they leave room for accounts
	of       map[asker]*refusal // by workspaces that exist
	wake     chan struct{}
}

func newRefusals() *refusals {
	return &refusals{
		accounts: map[asker]*refusal{}, visitors: map[asker]*refusal{}, of: map[asker]*refusal{},
		wake: make(chan struct{}, 1),
	}
}

// TurnedAway counts somebody who came to a workspace, named by its id or a slug, and is nobody there. The caller is in
// their own account; the zero value is who showed nothing that can be looked up.
func (s *Service) TurnedAway(place string, c access.Caller) {
	if !idForm.MatchString(place) && !isSlug(place) {
		return // no workspace can be meant, and a long text must not be kept
	}
	if id := s.known.get(place); id != "" {
		place = id
	}
	asked := s.refused.accounts
	if c.Account == "" {
		asked = s.refused.visitors
	}
	s.refused.add(asked, asker{place, c.Account}, refusal{caller: c, times: 1})
	select {
	case s.refused.wake <- struct{}{}:
	default:
	}
}

func (r *refusals) add(to map[asker]*refusal, k asker, more refusal) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if to[k] == nil && len(to) >= maxRefusals {
		return
	}
	if to[k] == nil {
		to[k] = &refusal{}
	}
	to[k].caller, to[k].times = more.caller, to[k].times+more.times
}

func (r *refusals) take(from map[asker]*refusal, k asker) (refusal, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	found := from[k]
	if found == nil {
		return refusal{}, false
	}
	delete(from, k)
	return *found, true
}

func (r *refusals) keys(of map[asker]*refusal) []asker {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Collect(maps.Keys(of))
}

// WriteRefusals tells the trails of refusals until ctx ends.
func (s *Service) WriteRefusals(ctx context.Context, failed func(error)) {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-s.refused.wake:
		}
		if err := s.TellRefusals(ctx, false); err != nil && ctx.Err() == nil {
			failed(err)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Second): // each round is bounded, and so is every second
		}
	}
}

// TellRefusals writes into each workspace's trail who was turned away: the first refusal at once, and those that follow
// in one entry when the pause is over. all waits for no pause.
func (s *Service) TellRefusals(ctx context.Context, all bool) error {
	failures := s.findPlaces(ctx, s.refused.accounts, maxRefusals)
	failures = append(failures, s.findPlaces(ctx, s.refused.visitors, maxLookups)...)
	now := s.now()
	for _, k := range s.refused.keys(s.refused.of) {
		r, due := s.refused.due(k, now, all)
		if !due {
			continue
		}
		if err := ignoreGone(s.tellOf(ctx, k, r)); err != nil {
			s.refused.untold(k, r)
			failures = append(failures, err)
		}
	}
	return errors.Join(failures...)
}

// due takes what is to be told, and forgets those whose pause is over with nothing to tell.
func (r *refusals) due(k asker, now time.Time, all bool) (refusal, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	found := r.of[k]
	over := found != nil && now.Sub(found.told) >= k.pause()
	switch {
	case found == nil || !over && (!all || found.times == 0):
		return refusal{}, false
	case found.times == 0:
		delete(r.of, k)
		return refusal{}, false
	}
	taken := *found
	found.times, found.told = 0, now
	return taken, true
}

// untold takes back what due gave, since no entry could be written: the next round tries again.
func (r *refusals) untold(k asker, failed refusal) {
	r.add(r.of, k, failed)
	r.mu.Lock()
	defer r.mu.Unlock()
	if found := r.of[k]; found != nil {
		found.told = failed.told
	}
}

// findPlaces finds out which workspaces were meant by some of those who asked, at most so many. What names no workspace
// is dropped.
func (s *Service) findPlaces(ctx context.Context, asked map[asker]*refusal, most int) []error {
	var failures []error
	keys := s.refused.keys(asked)
	for _, k := range keys[:min(most, len(keys))] {
		r, ok := s.refused.take(asked, k)
		if !ok {
			continue
		}
		id, err := s.existing(ctx, k.place)
		if err != nil {
			s.refused.add(asked, k, r)
			failures = append(failures, err)
		} else if id != "" {
			s.refused.add(s.refused.of, asker{id, k.account}, r)
		}
	}
	return failures
}

// existing is the id of a workspace in use, or "".
func (s *Service) existing(ctx context.Context, place string) (string, error) {
	id, err := s.Place(ctx, account.Client{}, place)
	if err != nil {
		return "", err
	}
	w := workspaces.Want(model.Workspace(id), main)
	if _, err := s.gate.Identify(ctx, nil, w); err != nil {
		return "", ignoreGone(err)
	}
	if !w.Found || w.Record.Body.State != Active {
		return "", nil
	}
	return id, nil
}

func (s *Service) tellOf(ctx context.Context, k asker, r refusal) error {
	notes := []records.Note{{Key: "times", Value: strconv.Itoa(r.times)}}
	c, record := r.caller, "members/"+k.account
	c.Scope, c.Role, c.Standing = model.Workspace(k.place), "", nil
	if k.account == "" {
		c, record = system(c.Scope, "door", account.Client{}), ""
		notes = append(notes, records.Note{Key: "person", Value: "Somebody who is not signed in"})
	}
	return s.gate.Note(ctx, s.gate, records.By(c, access.WorkspaceEnter).With(notes...), record, audit.Denied)
}
