package audit

import (
	"context"
	"sync"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
)

const (
	batchEntries = 200                     // most entries in one commit
	batchRunners = 8                       // commits in progress at once
	batchPause   = 20 * time.Millisecond   // how long a commit may take before the next one no longer waits for it
	batchTimeout = 1500 * time.Millisecond // of one commit, unless Options say otherwise
)

// batcher puts the entries of callers that wait at the same time into one commit. Nobody waits for a batch to fill:
// while one commit is in progress, the next batch gathers. A commit that takes long, as over a network, does not hold
// up the next one.
type batcher struct {
	commit  func(context.Context, []*Prepared) error
	timeout time.Duration

	mu      sync.Mutex
	waiting []*ticket
	runners int
}

type ticket struct {
	prepared []*Prepared
	done     chan error
}

func (b *batcher) add(ctx context.Context, prepared []*Prepared) error {
	t := &ticket{prepared, make(chan error, 1)}
	b.mu.Lock()
	b.waiting = append(b.waiting, t)
	if b.runners == 0 {
		b.start(ctx)
	}
	b.mu.Unlock()
	patience := time.NewTimer(batchPause)
	defer patience.Stop()
	for {
		select {
		case err := <-t.done:
			return err
		case <-ctx.Done():
			return model.Unavailable(ctx.Err())
		case <-patience.C:
			b.hurry(ctx)
		}
	}
}

// start adds a runner. The lock is held.
func (b *batcher) start(ctx context.Context) {
	b.runners++
	go b.run(context.WithoutCancel(ctx))
}

// hurry adds a runner for the callers that still wait.
func (b *batcher) hurry(ctx context.Context) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.waiting) > 0 && b.runners < batchRunners {
		b.start(ctx)
	}
}

func (b *batcher) run(ctx context.Context) {
	for {
		tickets := b.take()
		if tickets == nil {
			return
		}
		b.flush(ctx, tickets)
	}
}

func (b *batcher) flush(ctx context.Context, tickets []*ticket) {
	ctx, cancel := context.WithTimeout(ctx, b.timeout)
	defer cancel()
	var prepared []*Prepared
	for _, t := range tickets {
		prepared = append(prepared, t.prepared...)
	}
	err := b.commit(ctx, prepared)
	for _, t := range tickets {
		t.done <- err
	}
}

// take returns the next batch, or nil, in which case the runner ends.
func (b *batcher) take() []*ticket {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.waiting) == 0 {
		b.runners--
		return nil
	}
	n, entries := 0, 0
	for n < len(b.waiting) && (n == 0 || entries+len(b.waiting[n].prepared) <= batchEntries) {
		entries += len(b.waiting[n].prepared)
		n++
	}
	tickets := b.waiting[:n:n]
	b.waiting = b.waiting[n:]
	if len(b.waiting) == 0 {
		b.waiting = nil
	}
	return tickets
}
