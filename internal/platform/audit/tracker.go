package audit

import (
	"sync"
	"time"
)

type state int

const (
	pending state = iota // prepared; its commit has not been answered
	unknown              // its commit was not answered in time: it may have been written
	durable              // written, waiting to be shipped
	shipped
	aborted
)

// tracked is the state of an entry between its preparation and its arrival in Cloud Logging.
type tracked struct {
	at    time.Time
	state state
	asked time.Time // when an unknown one was last looked for
	ref   *Entry
}

// tracker keeps the pending entries of one instance in the order of their times, so that it can tell up to which
// instant everything has been shipped.
type tracker struct {
	mu      sync.Mutex
	entries []*tracked
	last    time.Time
}

// track gives an entry a time that no other entry of this instance has, and remembers it.
func (b *tracker) track(e *Entry, now time.Time) *tracked {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !now.After(b.last) {
		now = b.last.Add(time.Microsecond)
	}
	b.last = now
	e.At = now
	f := &tracked{at: now, ref: e}
	b.entries = append(b.entries, f)
	return f
}

func (b *tracker) set(s state, entries ...*tracked) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, f := range entries {
		f.state = s
		if s == shipped || s == aborted {
			f.ref = nil
		}
	}
	b.trim()
}

// trim forgets the entries at the front of the order that are done.
func (b *tracker) trim() {
	n := 0
	for n < len(b.entries) && (b.entries[n].state == shipped || b.entries[n].state == aborted) {
		n++
	}
	if n > 0 {
		clear(b.entries[:n])
		b.entries = b.entries[n:]
	}
}

// mark is the instant before which every entry of this instance has been shipped, or was never written.
func (b *tracker) mark(now time.Time) time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.entries) > 0 {
		return b.entries[0].at
	}
	if b.last.After(now) {
		return b.last
	}
	return now
}

// settled is the instant before which every entry of this instance is durable or was never written, shipped or not. A
// later entry never gets a time before it, even if the clock goes back.
func (b *tracker) settled(now time.Time) time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, f := range b.entries {
		if f.state == pending || f.state == unknown {
			return f.at
		}
	}
	if until := now.Add(-time.Microsecond); until.After(b.last) {
		b.last = until
	}
	return b.last.Add(time.Microsecond)
}

// lost are the entries whose commit was never answered and that were not looked for since the given instant.
func (b *tracker) lost(since time.Time) []*tracked {
	b.mu.Lock()
	defer b.mu.Unlock()
	var lost []*tracked
	for _, f := range b.entries {
		if f.state == unknown && f.asked.Before(since) {
			lost = append(lost, f)
		}
	}
	return lost
}

// durable are the entries that are durable and not yet shipped.
func (b *tracker) durable() []*tracked {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []*tracked
	for _, f := range b.entries {
		if f.state == durable {
			out = append(out, f)
		}
	}
	return out
}
