package audit

import (
	"sync"
	"time"
)

type state int

const (
	pending state = iota // prepared, its commit not answered
	unknown              // its commit was not answered in time: it may be there
	landed               // durable, waiting to be shipped
	shipped
	aborted
)

// flight is what is remembered of an entry between its preparation and its arrival in Cloud Logging.
type flight struct {
	at    time.Time
	state state
	asked time.Time // when an unknown one was last looked for
	ref   *Entry
}

// board keeps the flights of one instance in order of their times, so that it can tell up to which instant everything
// has been shipped.
type board struct {
	mu      sync.Mutex
	flights []*flight
	last    time.Time
}

// depart gives an entry a time that no other entry of this instance has, and remembers it.
func (b *board) depart(e *Entry, now time.Time) *flight {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !now.After(b.last) {
		now = b.last.Add(time.Microsecond)
	}
	b.last = now
	e.At = now
	f := &flight{at: now, ref: e}
	b.flights = append(b.flights, f)
	return f
}

func (b *board) set(s state, flights ...*flight) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, f := range flights {
		f.state = s
		if s == shipped || s == aborted {
			f.ref = nil
		}
	}
	b.trim()
}

// trim forgets what has ended at the head of the line.
func (b *board) trim() {
	n := 0
	for n < len(b.flights) && (b.flights[n].state == shipped || b.flights[n].state == aborted) {
		n++
	}
	if n > 0 {
		clear(b.flights[:n])
		b.flights = b.flights[n:]
	}
}

// mark is the instant before which every entry of this instance has been shipped or never was.
func (b *board) mark(now time.Time) time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.flights) > 0 {
		return b.flights[0].at
	}
	if b.last.After(now) {
		return b.last
	}
	return now
}

// settled is the instant before which every entry of this instance is durable or never was, shipped or not. What comes
// later gets no time before it, even if the clock goes back.
func (b *board) settled(now time.Time) time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, f := range b.flights {
		if f.state == pending || f.state == unknown {
			return f.at
		}
	}
	if until := now.Add(-time.Microsecond); until.After(b.last) {
		b.last = until
	}
	return b.last.Add(time.Microsecond)
}

// lost are the flights whose commit was never answered and that were not looked for since the given instant.
func (b *board) lost(since time.Time) []*flight {
	b.mu.Lock()
	defer b.mu.Unlock()
	var lost []*flight
	for _, f := range b.flights {
		if f.state == unknown && f.asked.Before(since) {
			lost = append(lost, f)
		}
	}
	return lost
}

// landed are the flights that are durable and not shipped.
func (b *board) landed() []*flight {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []*flight
	for _, f := range b.flights {
		if f.state == landed {
			out = append(out, f)
		}
	}
	return out
}
