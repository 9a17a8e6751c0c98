// Package modeltest holds a clock that tests set by hand. Production code must never import it.
package modeltest

import (
	"sync"
	"time"
)

// Clock is a clock that moves only when told. The zero value is not useful; use NewClock.
type Clock struct {
	mu  sync.Mutex
	now time.Time
}

// NewClock starts at the given instant, or at a fixed evening if it is zero.
func NewClock(at time.Time) *Clock {
	if at.IsZero() {
		at = time.Date(2026, 3, 14, 19, 32, 0, 0, time.UTC)
	}
	return &Clock{now: at.UTC().Truncate(time.Microsecond)}
}

// Now is the instant last set.
func (c *Clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

// Advance moves the clock.
func (c *Clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}
