package pubsub

import (
	"container/heap"
	"slices"
	"sync"
	"time"
)

type state int

const (
	waiting state = iota // due at its time
	leased               // with a subscriber until its time
	held                 // taken out by whoever settles it
	blocked              // behind an earlier message with the same ordering key
)

// item is a message's place in a backlog; its content is on disk. Whoever holds an item owns its fields; otherwise the
// backlog's lock protects them.
type item struct {
	seq       uint64
	key       string
	published time.Time
	tries     int // deliveries that failed
	at        time.Time
	state     state
	lease     uint64
	index     int // in the schedule
}

// lease is a delivery: an item and the number of the lease under which it was delivered.
type lease struct {
	seq   uint64
	lease uint64
	tries int
}

// backlog is the messages of a subscription that were not accepted yet, ordered by when they are due.
type backlog struct {
	mu       sync.Mutex
	items    map[uint64]*item
	schedule schedule
	byKey    map[string][]*item // in order of arrival; only the first can be due
	leases   uint64
	changed  chan struct{}
}

func newBacklog(now time.Time) *backlog {
	return &backlog{
		items: map[uint64]*item{},
		byKey: map[string][]*item{},
		// #nosec G115 -- so that leases of an earlier run are not mistaken for this one's
		leases:  uint64(now.UnixNano()),
		changed: make(chan struct{}),
	}
}

func (b *backlog) add(items ...*item) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, it := range items {
		b.items[it.seq] = it
		if it.key != "" {
			b.byKey[it.key] = append(b.byKey[it.key], it)
			if b.byKey[it.key][0] != it {
				it.state = blocked
				continue
			}
		}
		it.state = waiting
		heap.Push(&b.schedule, it)
	}
	b.wakeLocked()
}

// offer says what take may deliver.
type offer struct {
	now    time.Time
	oldest time.Time     // what was published before is too old
	hold   time.Duration // how long a lease lasts
	limit  int
}

// taken is the result of take: leases that were delivered, and, held, items whose lease expired unanswered or that are
// too old.
type taken struct {
	given  []lease
	lapsed []*item
	old    []*item
}

// take delivers items that are due.
func (b *backlog) take(o offer) (out taken) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for len(out.given) < o.limit && len(b.schedule) > 0 && !b.schedule[0].at.After(o.now) {
		it := b.schedule[0]
		switch {
		case it.published.Before(o.oldest):
			out.old = append(out.old, b.takeOut(it))
		case it.state == leased:
			out.lapsed = append(out.lapsed, b.takeOut(it))
		default:
			b.leases++
			it.state, it.lease, it.at = leased, b.leases, o.now.Add(o.hold)
			heap.Fix(&b.schedule, it.index)
			out.given = append(out.given, lease{seq: it.seq, lease: it.lease, tries: it.tries})
		}
	}
	return out
}

// takeOut takes an item out of the schedule, so that it is held.
func (b *backlog) takeOut(it *item) *item {
	heap.Remove(&b.schedule, it.index)
	it.state = held
	return it
}

// next is when something is due; ok is false when nothing is.
func (b *backlog) next() (at time.Time, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.schedule) == 0 {
		return time.Time{}, false
	}
	return b.schedule[0].at, true
}

// hold takes an item out to settle it. With exact it must still be under the given lease; otherwise any item that
// nobody else holds is accepted, because a late acknowledgement is still an acknowledgement.
func (b *backlog) hold(l lease, exact bool) (*item, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	it := b.items[l.seq]
	if it == nil || (it.state != leased && it.state != waiting) || l.lease > b.leases {
		return nil, false
	}
	if exact && (it.state != leased || it.lease != l.lease) {
		return nil, false
	}
	return b.takeOut(it), true
}

// extend moves the end of a lease.
func (b *backlog) extend(l lease, until time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	it := b.items[l.seq]
	if it == nil || it.state != leased || it.lease != l.lease {
		return
	}
	it.at = until
	heap.Fix(&b.schedule, it.index)
	b.wakeLocked()
}

// release puts a held item back, due at its time.
func (b *backlog) release(it *item) {
	b.mu.Lock()
	defer b.mu.Unlock()
	it.state = waiting
	heap.Push(&b.schedule, it)
	b.wakeLocked()
}

// forget removes a held item for good, and lets the next one with its key follow.
func (b *backlog) forget(it *item) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.items, it.seq)
	if it.key != "" {
		b.unblock(it)
	}
	b.wakeLocked()
}

func (b *backlog) unblock(gone *item) {
	queue := slices.DeleteFunc(b.byKey[gone.key], func(it *item) bool { return it == gone })
	if len(queue) == 0 {
		delete(b.byKey, gone.key)
		return
	}
	b.byKey[gone.key] = queue
	if queue[0].state == blocked {
		queue[0].state = waiting
		heap.Push(&b.schedule, queue[0])
	}
}

// stale takes out, held, the items that were published before oldest and that no subscriber has.
func (b *backlog) stale(oldest time.Time) []*item {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []*item
	for _, it := range b.items {
		if !it.published.Before(oldest) || (it.state != waiting && it.state != blocked) {
			continue
		}
		if it.state == waiting {
			heap.Remove(&b.schedule, it.index)
		}
		it.state = held
		out = append(out, it)
	}
	return out
}

// all returns the numbers of all items.
func (b *backlog) all() []uint64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	out := make([]uint64, 0, len(b.items))
	for seq := range b.items {
		out = append(out, seq)
	}
	return out
}

// changes returns a channel that is closed at the next change.
func (b *backlog) changes() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.changed
}

func (b *backlog) wake() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.wakeLocked()
}

func (b *backlog) wakeLocked() {
	close(b.changed)
	b.changed = make(chan struct{})
}
