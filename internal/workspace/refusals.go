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
	"github.com/tinyoperahouse/toh/internal/account"
	"github.com/tinyoperahouse/toh/internal/audit"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/records"
)

// How often a workspace's trail tells of those who were turned away, so that nobody can fill it. Each instance counts for itself.
const (
	strangerPause = 10 * time.Minute // one account
	visitorPause  = time.Hour        // all who are not signed in
	maxRefusals   = 10_000           // that are remembered
	maxLookups    = 10               // of places that visitors name, in one round
)

// knocker is whom an entry tells of: an account, or with account "" all who are not signed in.
type knocker struct{ place, account string }

func (k knocker) pause() time.Duration {
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

// refusals counts. A request only adds to it: entries are written beside, so that what there is takes as long as what there is not.
type refusals struct {
	mu    sync.Mutex
	asked map[knocker]*refusal // by places as they were typed
	of    map[knocker]*refusal // by workspaces that there are
	wake  chan struct{}
}

func newRefusals() *refusals {
	return &refusals{asked: map[knocker]*refusal{}, of: map[knocker]*refusal{}, wake: make(chan struct{}, 1)}
}

// TurnedAway counts somebody who came to a workspace and showed nothing that can be looked up.
func (s *Service) TurnedAway(place string) { s.turnAway(place, access.Caller{}) }

func (s *Service) turnAway(place string, c access.Caller) {
	if id := s.known.get(place); id != "" {
		place = id
	}
	s.refused.add(s.refused.asked, knocker{place, c.Account}, refusal{caller: c, times: 1})
	select {
	case s.refused.wake <- struct{}{}:
	default:
	}
}

func (r *refusals) add(to map[knocker]*refusal, k knocker, more refusal) {
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

func (r *refusals) take(from map[knocker]*refusal, k knocker) (refusal, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	found := from[k]
	if found == nil {
		return refusal{}, false
	}
	delete(from, k)
	return *found, true
}

func (r *refusals) keys(of map[knocker]*refusal) []knocker {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Collect(maps.Keys(of))
}

// WatchDoor tells the trails of refusals until ctx ends.
func (s *Service) WatchDoor(ctx context.Context, failed func(error)) {
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
		case <-time.After(time.Second): // a round looks up what is bounded, and so does a second
		}
	}
}

// TellRefusals writes into each workspace's trail who was turned away: the first at once, and those that follow in one entry when their
// pause is over. all waits for no pause.
func (s *Service) TellRefusals(ctx context.Context, all bool) error {
	failures := s.findPlaces(ctx)
	now := s.now()
	for _, k := range s.refused.keys(s.refused.of) {
		r, due := s.refused.due(k, now, all)
		if !due {
			continue
		}
		if err := ignoreGone(s.tellOf(ctx, k, r)); err != nil {
			s.refused.add(s.refused.of, k, r)
			failures = append(failures, err)
		}
	}
	return errors.Join(failures...)
}

// due takes what is to be told, and forgets whose pause is over without anything to tell.
func (r *refusals) due(k knocker, now time.Time, all bool) (refusal, bool) {
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

// findPlaces finds out which workspaces were meant. What is none leaves nothing.
func (s *Service) findPlaces(ctx context.Context) []error {
	var failures []error
	lookups := 0
	for _, k := range s.refused.keys(s.refused.asked) {
		if k.account == "" {
			if lookups++; lookups > maxLookups {
				continue
			}
		}
		r, ok := s.refused.take(s.refused.asked, k)
		if !ok {
			continue
		}
		id, err := s.existing(ctx, k.place)
		if err != nil {
			s.refused.add(s.refused.asked, k, r)
			failures = append(failures, err)
		} else if id != "" {
			s.refused.add(s.refused.of, knocker{id, k.account}, r)
		}
	}
	return failures
}

// existing is the id of a workspace in use, or "".
func (s *Service) existing(ctx context.Context, place string) (string, error) {
	id, err := s.place(ctx, account.Client{}, place)
	if err != nil {
		return "", err
	}
	w := Workspaces.Want(model.Workspace(id), main)
	if _, err := s.gate.Identify(ctx, nil, w); err != nil {
		return "", ignoreGone(err)
	}
	if !w.Found || w.Record.Body.State != Active {
		return "", nil
	}
	return id, nil
}

func (s *Service) tellOf(ctx context.Context, k knocker, r refusal) error {
	notes := []records.Note{{Key: "times", Value: strconv.Itoa(r.times)}}
	c, record := r.caller, "members/"+k.account
	c.Scope, c.Role, c.Standing = model.Workspace(k.place), "", nil
	if k.account == "" {
		c, record = system(c.Scope, "door", account.Client{}), ""
		notes = append(notes, records.Note{Key: "person", Value: "Somebody who is not signed in"})
	}
	return s.gate.Note(ctx, s.gate, c, access.WorkspaceEnter, record, audit.Denied, notes...)
}
