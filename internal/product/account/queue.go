package account

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"

	"github.com/tinyoperahouse/toh/internal/model"
)

// queue lets a few at a time do what takes a core, and a bounded number wait, in two lanes: those whom the product
// knows, and everybody else. The lanes take turns, so that neither starves the other. Within a lane each party gets its
// share: the more of a party wait already, the later its next one is due, and when there is no room whoever would be
// due last has to go.
type queue struct {
	mu    sync.Mutex
	size  int // that run at once
	free  int
	most  int // that wait in each lane
	lanes [2]lane
	known bool // the lane that had the last turn
}

// lane is one of two.
type lane struct {
	now     float64            // when whoever went last was due
	next    map[string]float64 // when the next one of a party is due
	waiting []*waiter          // in the order in which they are due
}

type waiter struct {
	due  float64
	told chan error // nil: go
}

// seat says for whom something is done: whether the product knows them, and the parties that they belong to, the
// smallest first.
type seat struct {
	known   bool
	parties []string
}

// distances are how far apart those of one party are due: of the smallest the furthest.
var distances = []float64{4, 2, 1}

const manyParties = 1000

type seatKey struct{}

// seated gives a context in which passwords are hashed on a seat. Without one it is that of nobody in particular.
func seated(ctx context.Context, s seat) context.Context { return context.WithValue(ctx, seatKey{}, s) }

// stranger is the seat of whoever comes from a place.
func stranger(c Client) seat { return seat{parties: prefixes(c)} }

// familiar is the seat of an account that a known device, a session or a link from a mail speaks for.
func familiar(c Client, account string) seat {
	return seat{known: true, parties: append([]string{"account/" + account}, prefixes(c)[1:]...)}
}

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

// enter waits for a turn. Whoever gets nil must leave.
func (q *queue) enter(ctx context.Context, s seat) error {
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

// join gives nobody when it is their turn at once.
func (q *queue) join(s seat) (*waiter, error) {
	q.mu.Lock()
	defer q.mu.Unlock()
	l := q.lane(s.known)
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
			return -1 // who came first is first
		}
		return cmp.Compare(a.due, b.due)
	})
	l.waiting = slices.Insert(l.waiting, at, w)
	return w, nil
}

// due is when the next one on a seat is.
func (l *lane) due(s seat) float64 {
	due := l.now
	for _, p := range s.parties {
		due = max(due, l.next[p])
	}
	return due
}

// expect notes when those after it are due.
func (l *lane) expect(s seat, due float64) {
	for i, p := range s.parties {
		l.next[p] = due + distances[min(i, len(distances)-1)]
	}
	if len(l.next) > manyParties { // on a busy day nobody ever finds the room empty
		maps.DeleteFunc(l.next, func(_ string, at float64) bool { return at <= l.now })
	}
}

// forget takes out who does not wait any longer. If their turn has come meanwhile, the next one has it.
func (q *queue) forget(w *waiter, s seat) {
	q.mu.Lock()
	l := q.lane(s.known)
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
	if q.free++; q.free == q.size { // nobody is there: what was before is settled
		for i := range q.lanes {
			clear(q.lanes[i].next)
			q.lanes[i].now = 0
		}
	}
}

// there is how many run or wait.
func (q *queue) there() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.size - q.free + len(q.lanes[0].waiting) + len(q.lanes[1].waiting)
}
