package lock

import (
	"context"
	"errors"
	"slices"
	"sync"
)

// Mode is how a key is held.
type Mode uint8

// Intent is held on a group by those who change its members; they do not exclude each other. Shared excludes Intent and
// Exclusive. Exclusive excludes everyone.
const (
	Intent Mode = iota + 1
	Shared
	Exclusive
)

// ErrDeadlock is returned to the owner that has to give way. It still holds its locks and must release them.
var ErrDeadlock = errors.New("waits in a circle with others")

// Owner holds locks. It is used by one goroutine at a time.
type Owner struct {
	// Age orders owners: the higher number is younger and gives way.
	Age uint64
	// Yields marks an owner that can start again without anybody noticing; it gives way before the others.
	Yields bool

	held    []*entry
	waiting *waiter
}

// Table is a set of locks.
type Table struct {
	mu      sync.Mutex
	entries map[string]*entry
}

// NewTable makes a table in which nothing is held.
func NewTable() *Table { return &Table{entries: make(map[string]*entry)} }

// entry is one key that somebody holds or waits for.
type entry struct {
	key     string
	holders []holder
	queue   []*waiter
}

type holder struct {
	owner *Owner
	mode  Mode
}

type waiter struct {
	owner *Owner
	entry *entry
	mode  Mode
	done  chan error
}

// Acquire waits until o holds key in mode. A mode that o already holds is never lost, only raised.
func (t *Table) Acquire(ctx context.Context, o *Owner, key string, mode Mode) error {
	t.mu.Lock()
	e := t.entry(key)
	at := e.find(o)
	if at >= 0 {
		mode = join(e.holders[at].mode, mode)
		if mode == e.holders[at].mode {
			t.mu.Unlock()
			return nil
		}
	}
	if e.free(o, mode) && (at >= 0 || len(e.queue) == 0) {
		e.grant(o, mode)
		t.mu.Unlock()
		return nil
	}
	w := e.enqueue(o, mode, at >= 0)
	t.breakCircles(w)
	t.mu.Unlock()
	return t.wait(ctx, w)
}

func (t *Table) wait(ctx context.Context, w *waiter) error {
	select {
	case err := <-w.done:
		return err
	case <-ctx.Done():
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	select {
	case err := <-w.done: // it was granted in the meantime, and counts
		return err
	default:
		t.drop(w)
		return ctx.Err()
	}
}

// Release releases all that o holds.
func (t *Table) Release(o *Owner) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, e := range o.held {
		e.holders = slices.Delete(e.holders, e.find(o), e.find(o)+1)
		t.settle(e)
	}
	o.held = o.held[:0]
}

// Waiting is how many owners wait for key.
func (t *Table) Waiting(key string) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	if e := t.entries[key]; e != nil {
		return len(e.queue)
	}
	return 0
}

// Len is how many keys are held or waited for.
func (t *Table) Len() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return len(t.entries)
}

func (t *Table) entry(key string) *entry {
	e := t.entries[key]
	if e == nil {
		e = &entry{key: key}
		t.entries[key] = e
	}
	return e
}

// settle admits whoever can be admitted, and forgets a key that nobody wants.
func (t *Table) settle(e *entry) {
	for len(e.queue) > 0 && e.free(e.queue[0].owner, e.queue[0].mode) {
		w := e.queue[0]
		e.queue = e.queue[1:]
		e.grant(w.owner, w.mode)
		w.finish(nil)
	}
	if len(e.holders) == 0 && len(e.queue) == 0 {
		delete(t.entries, e.key)
	}
}

// drop removes a waiter from its queue, which may admit others.
func (t *Table) drop(w *waiter) {
	w.owner.waiting = nil
	if i := slices.Index(w.entry.queue, w); i >= 0 {
		w.entry.queue = slices.Delete(w.entry.queue, i, i+1)
	}
	t.settle(w.entry)
}

func (w *waiter) finish(err error) {
	w.owner.waiting = nil
	w.done <- err
}

func (e *entry) find(o *Owner) int {
	for i := range e.holders {
		if e.holders[i].owner == o {
			return i
		}
	}
	return -1
}

// free says whether the holders other than o are compatible with mode.
func (e *entry) free(o *Owner, mode Mode) bool {
	for _, h := range e.holders {
		if h.owner != o && !compatible(h.mode, mode) {
			return false
		}
	}
	return true
}

func (e *entry) grant(o *Owner, mode Mode) {
	if i := e.find(o); i >= 0 {
		e.holders[i].mode = mode
		return
	}
	e.holders = append(e.holders, holder{o, mode})
	o.held = append(o.held, e)
}

// enqueue puts a waiter at the end; one that already holds the key goes before those who do not, because they have to
// wait for it anyway.
func (e *entry) enqueue(o *Owner, mode Mode, holds bool) *waiter {
	w := &waiter{owner: o, entry: e, mode: mode, done: make(chan error, 1)}
	at := len(e.queue)
	if holds {
		at = slices.IndexFunc(e.queue, func(q *waiter) bool { return e.find(q.owner) < 0 })
		if at < 0 {
			at = len(e.queue)
		}
	}
	e.queue = slices.Insert(e.queue, at, w)
	o.waiting = w
	return w
}

func compatible(a, b Mode) bool { return a == b && a != Exclusive }

// join is the weakest mode that covers both.
func join(a, b Mode) Mode {
	if a == b {
		return a
	}
	return Exclusive
}
