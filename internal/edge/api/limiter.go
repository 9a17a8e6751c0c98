package api

import (
	"sync"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
)

const (
	// maxTallies is how many tokens are remembered. When it is reached, tokens without debt are forgotten.
	maxTallies  = 10_000
	lightWindow = time.Minute // a token that stays below one batch in this time causes no reads or writes
)

// limiter bounds the requests of one token across all instances. It protects against scripts that run out of control,
// not against attackers: tokens have been verified before they are counted.
//
// The allowance of a token is a counter in the database (allowance.go). An instance lets one batch of requests pass on
// credit, then debits all of them at once: one read and one write per batch, none for light use. If the counter is
// overdrawn, this instance refuses the token until the debt is paid off. So in t seconds N instances let pass at most
//
//	burst + rate·t + N·batch·(1 + t/60)
//
// requests. A batch is one second's worth, so that is within 1 + N/60 of the rate in the long run.
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
	used    int       // requests let pass on credit since started
	started time.Time // when the first of these came
	closed  time.Time // until then every request is refused
}

func newLimiter(perSecond float64, burst int, clock model.Clock) *limiter {
	most := max(1, float64(burst))
	return &limiter{
		rate: perSecond, burst: most, batch: max(1, int(min(perSecond, most/2))), clock: clock,
		tallies: map[string]*tally{},
	}
}

// pass counts a request. due is how many requests must be debited from the token's allowance before this one may go on;
// ok is false if the token is refused.
func (l *limiter) pass(token string) (due int, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.clock.Now()
	t := l.tallies[token]
	if t == nil {
		l.forget(now)
		t = &tally{started: now}
		l.tallies[token] = t
	}
	if now.Before(t.closed) {
		return 0, false
	}
	if now.Sub(t.started) >= lightWindow {
		t.used, t.started = 0, now
	}
	if t.used++; t.used < l.batch {
		return 0, true
	}
	due, t.used, t.started = t.used, 0, now
	return due, true
}

// settle records what is left of a token's allowance. It returns false if the token is refused from now on.
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

// owe restores requests that could not be debited. The next request tries again.
func (l *limiter) owe(token string, due int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if t := l.tallies[token]; t != nil {
		t.used += due
	}
}

// forget drops tallies that no longer matter and, if there are still too many, all of them.
func (l *limiter) forget(now time.Time) {
	if len(l.tallies) < maxTallies {
		return
	}
	for token, t := range l.tallies {
		if now.Sub(t.started) >= lightWindow && !now.Before(t.closed) {
			delete(l.tallies, token)
		}
	}
	if len(l.tallies) >= maxTallies {
		clear(l.tallies)
	}
}
