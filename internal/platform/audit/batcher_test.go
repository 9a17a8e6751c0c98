package audit

import (
	"context"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// TestBatchesGather: callers that wait while a commit is in progress share the next one.
func TestBatchesGather(t *testing.T) {
	t.Parallel()
	var commits atomic.Int32
	first, hold := make(chan struct{}), make(chan struct{})
	b := &batcher{timeout: batchTimeout, commit: func(_ context.Context, prepared []*Prepared) error {
		if commits.Add(1) == 1 {
			close(first)
			<-hold
		}
		return nil
	}}
	var all sync.WaitGroup
	join := func() { all.Go(func() { _ = b.add(t.Context(), []*Prepared{{}}) }) }
	join()
	<-first
	for range 10 {
		join()
	}
	for gathered := false; !gathered; {
		b.mu.Lock()
		gathered = len(b.waiting) == 10 || commits.Load() > 1 // the machine may be slower than the pause
		b.mu.Unlock()
		time.Sleep(100 * time.Microsecond)
	}
	close(hold)
	all.Wait()
	if n := commits.Load(); n > 10 {
		t.Errorf("%d commits for 11 entries: none were shared", n)
	}
}

// TestSlowCommitHoldsNobodyUp: one commit that hangs does not block the others.
func TestSlowCommitHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	var commits atomic.Int32
	hold, first := make(chan struct{}), make(chan struct{})
	b := &batcher{timeout: batchTimeout, commit: func(context.Context, []*Prepared) error {
		if commits.Add(1) == 1 {
			close(first)
			<-hold
		}
		return nil
	}}
	slow := make(chan error, 1)
	go func() { slow <- b.add(t.Context(), []*Prepared{{}}) }()
	<-first
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if err := b.add(ctx, []*Prepared{{}}); err != nil {
		t.Errorf("waited in vain: %v", err)
	}
	close(hold)
	if err := <-slow; err != nil {
		t.Error(err)
	}
}
