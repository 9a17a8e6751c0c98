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

// How often refused visits are recorded in a workspace's trail, so that nobody can fill the trail. Each instance counts
// for itself.
const (
	strangerPause = 10 * time.Minute // between two entries about one account
	visitorPause  = time.Hour        // between two entries about all who are not signed in
	maxRefusals   = 10_000           // entries in each map
	maxLookups    = 10               // places named by visitors who are not signed in that are looked up in one round
)

// asker is whom an entry is about: an account or, with account "", everybody who is not signed in.
type asker struct{ place, account string }

func (k asker) pause() time.Duration {
	if k.account == "" {
		return visitorPause
	}
	return strangerPause
}

// refusal counts the refusals that have not been recorded yet.
type refusal struct {
	caller access.Caller // of the latest one
	times  int
	told   time.Time // when the last entry was written
}

// refusals counts refused visits. A request only adds to it. The entries are written in the background, so that the
// answer takes equally long whether or not the workspace exists.
type refusals struct {
	mu       sync.Mutex
	accounts map[asker]*refusal // by accounts, under the place as it was typed
	visitors map[asker]*refusal // the same for visitors who are not signed in, so that they cannot fill the other map
	of       map[asker]*refusal // by the ids of workspaces that exist
	wake     chan struct{}
}

func newRefusals() *refusals {
	return &refusals{
		accounts: map[asker]*refusal{}, visitors: map[asker]*refusal{}, of: map[asker]*refusal{},
		wake: make(chan struct{}, 1),
	}
}

// CountRefusal counts a refused visit to a workspace, named by its id or a slug, by somebody who is not a member. The
// caller is a person in their own account, or the zero value for somebody who is not signed in.
func (s *Service) CountRefusal(place string, c access.Caller) {
	if !idForm.MatchString(place) && !isSlug(place) {
		return // it names no workspace, and a long text must not be kept in memory
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

// KeepRecordingRefusals records refusals in the trails until ctx ends.
func (s *Service) KeepRecordingRefusals(ctx context.Context, failed func(error)) {
	tick := time.NewTicker(time.Minute)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		case <-s.refused.wake:
		}
		if err := s.RecordRefusals(ctx, false); err != nil && ctx.Err() == nil {
			failed(err)
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(time.Second): // at most one bounded round per second
		}
	}
}

// RecordRefusals records refused visits in each workspace's trail: the first one at once, and those that follow in one
// entry when the pause is over. With all, it does not wait for the pause.
func (s *Service) RecordRefusals(ctx context.Context, all bool) error {
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

// due takes what is to be recorded. It forgets those whose pause has passed without another refusal.
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

// untold puts back what due took, because the entry could not be written. The next round tries again.
func (r *refusals) untold(k asker, failed refusal) {
	r.add(r.of, k, failed)
	r.mu.Lock()
	defer r.mu.Unlock()
	if found := r.of[k]; found != nil {
		found.told = failed.told
	}
}

// findPlaces looks up at most so many of the places that were asked for. Places that are not a workspace are dropped.
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

// existing returns the id of a workspace in use, or "".
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
		c, record = system(c.Scope, "refusals", account.Client{}), ""
		notes = append(notes, records.Note{Key: "person", Value: "Somebody who is not signed in"})
	}
	return s.gate.Note(ctx, s.gate, records.By(c, access.WorkspaceEnter).With(notes...), record, audit.Denied)
}
