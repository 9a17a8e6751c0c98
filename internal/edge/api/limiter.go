package api

import (
	"sync"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
)

const (
	// tokens in use at once that are remembered; beyond that all are forgotten that owe nothing
	maxTallies  = 10_000
	lightWindow = time.Minute // a token that stays below one batch for so long costs nothing
)

// limiter bounds the requests of one token over all instances together. It is against a script that runs wild, not
// against an attacker: what it counts by has been checked before.
//
// The allowance of a token is an account in the database (allowance.go). An instance lets one batch of requests pass on
// credit, then takes them off the account together: one read and one write per batch, none for light use. An account
// that is overdrawn closes the token on this instance until it is even again. So N instances let pass, in t seconds, at
// most
//
//	burst + rate·t + N·batch·(1 + t/60)
//
// requests, which is within 1 + N/60 of the rate in the long run, as a batch is one second's worth.
type limiter struct {
	rate  float64 // per second; 0 is no limit
	burst float64
	batch int
	clock model.Clock

	mu      sync.Mutex
	tallies map[string]*tally
}

// tally is what one instance knows of a token.
type tally struct {
	used   int       // let pass on credit since begun
	begun  time.Time // when the first of these came
	closed time.Time // until then nothing passes
}

func newLimiter(perSecond float64, burst int, clock model.Clock) *limiter {
	most := max(1, float64(burst))
	return &limiter{
		rate: perSecond, burst: most, batch: max(1, int(min(perSecond, most/2))), clock: clock,
		tallies: map[string]*tally{},
	}
}

// pass counts a request. due is how many have to be taken off the token's account before this one may go on; ok is
// false if the token is closed.
func (l *limiter) pass(token string) (due int, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.clock.Now()
	t := l.tallies[token]
	if t == nil {
		l.forget(now)
		t = &tally{begun: now}
		l.tallies[token] = t
	}
	if now.Before(t.closed) {
		return 0, false
	}
	if now.Sub(t.begun) >= lightWindow {
		t.used, t.begun = 0, now
	}
	if t.used++; t.used < l.batch {
		return 0, true
	}
	due, t.used, t.begun = t.used, 0, now
	return due, true
}

// settle notes what is left of an account. It reports whether the token is still open.
func (l *limiter) settle(token string, left float64) bool {
	if left >= 0 {
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if t := l.tallies[token]; t != nil {
		t.closed = l.clock.Now().Add(time.Duration(-left / l.rate * float64(time.Second)))
	}
	return false
}

// owe gives back what could not be taken off: the next request tries again.
func (l *limiter) owe(token string, due int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if t := l.tallies[token]; t != nil {
		t.used += due
	}
}

// forget drops the tallies that tell nothing any more, and if there are still too many, all.
func (l *limiter) forget(now time.Time) {
	if len(l.tallies) < maxTallies {
		return
	}
	for token, t := range l.tallies {
		if now.Sub(t.begun) >= lightWindow && !now.Before(t.closed) {
			delete(l.tallies, token)
		}
	}
	if len(l.tallies) >= maxTallies {
		clear(l.tallies)
	}
}
