package passwords

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/tinyoperahouse/toh/internal/model"
)

// queue is a fair queue for work that occupies a core. It runs a few requests at a time and lets a bounded number wait
// in two lanes: known accounts, and everybody else. The lanes take turns, so neither starves the other. Within a lane
// the requests are ordered by virtual time: the more requests of a party have come, the later its next one is due. If a
// lane is full, the request that is due last is refused.
type queue struct {
	mu    sync.Mutex
	size  int // how many run at a time
	free  int
	most  int // how many wait in each lane
	lanes [2]lane
	known bool // which lane had the last turn
}

// lane is a queue of its own. Its times are virtual: they order requests and are compared with nothing else.
type lane struct {
	now     float64            // when the last request that was let in was due
	next    map[string]float64 // by party, when its next request is due
	waiting []*waiter          // by due time
}

type waiter struct {
	due  float64
	told chan error // nil means: go ahead
}

// Seat says for whom a password is hashed: whether it is a known account, and the parties that the requester belongs to
// (account, networks), the smallest first.
type Seat struct {
	Known   bool
	Parties []string
}

// distances are the virtual times between two requests of one party. They are largest for the smallest party.
var distances = []float64{4, 2, 1}

const manyParties = 1000

type seatKey struct{}

// For returns a context in which passwords are hashed for a seat. Without one, they are hashed for no party, in the
// lane of unknown requesters.
func For(ctx context.Context, s Seat) context.Context { return context.WithValue(ctx, seatKey{}, s) }

func newQueue(size, most int) *queue {
	return &queue{size: size, free: size, most: most, lanes: [2]lane{{next: map[string]float64{}},
		{next: map[string]float64{}}}}
}

func (q *queue) lane(known bool) *lane {
	if known {
		return &q.lanes[1]
	}
	return &q.lanes[0]
}

// enter waits for a turn. If it returns nil, the caller must call leave.
func (q *queue) enter(ctx context.Context, s Seat) error {
	w, err := q.join(s)
	if w == nil || err != nil {
		return err
	}
	select {
	case err := <-w.told:
		return err
	case <-ctx.Done():
		q.forget(w, s)
		return model.Unavailable(ctx.Err())
	}
}

// join returns no waiter if the turn has come at once.
func (q *queue) join(s Seat) (*waiter, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	l := q.lane(s.Known)
	due := l.due(s)
	if q.free > 0 {
		q.free--
		l.now = due
		l.expect(s, due)
		return nil, nil
	}
	if len(l.waiting) >= q.most {
		last := l.waiting[len(l.waiting)-1]
		if last.due <= due {
			return nil, errBusy
		}
		l.waiting = l.waiting[:len(l.waiting)-1]
		last.told <- errBusy
	}
	l.expect(s, due)
	w := &waiter{due: due, told: make(chan error, 1)}
	at, _ := slices.BinarySearchFunc(l.waiting, w, func(a, b *waiter) int {
		if a.due == b.due {
			return -1 // first come, first served
		}
		return cmp.Compare(a.due, b.due)
	})
	l.waiting = slices.Insert(l.waiting, at, w)
	return w, nil
}

// due returns when the next request on a seat is due.
func (l *lane) due(s Seat) float64 {
	due := l.now
	for _, p := range s.Parties {
		due = max(due, l.next[p])
	}
	return due
}

// expect records when the next requests of the parties are due.
func (l *lane) expect(s Seat, due float64) {
	for i, p := range s.Parties {
		l.next[p] = due + distances[min(i, len(distances)-1)]
	}
	if len(l.next) > manyParties { // on a busy day the queue is never empty, so leave never clears the map
		maps.DeleteFunc(l.next, func(_ string, at float64) bool { return at <= l.now })
	}
}

// forget removes a waiter that gave up. If its turn has come in the meantime, the turn passes to the next one.
func (q *queue) forget(w *waiter, s Seat) {
	q.mu.Lock()
	l := q.lane(s.Known)
	if i := slices.Index(l.waiting, w); i >= 0 {
		l.waiting = slices.Delete(l.waiting, i, i+1)
		q.mu.Unlock()
		return
	}
	q.mu.Unlock()
	if err := <-w.told; err == nil {
		q.leave()
	}
}

// leave ends a turn and begins the next one.
func (q *queue) leave() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.known = !q.known
	l := q.lane(q.known)
	if len(l.waiting) == 0 {
		q.known = !q.known
		l = q.lane(q.known)
	}
	if len(l.waiting) > 0 {
		w := l.waiting[0]
		l.waiting = slices.Delete(l.waiting, 0, 1)
		l.now = max(l.now, w.due)
		w.told <- nil
		return
	}
	if q.free++; q.free == q.size { // nothing runs or waits, so the order of the past no longer matters
		for i := range q.lanes {
			clear(q.lanes[i].next)
			q.lanes[i].now = 0
		}
	}
}

// there returns how many requests run or wait.
func (q *queue) there() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.size - q.free + len(q.lanes[0].waiting) + len(q.lanes[1].waiting)
}
