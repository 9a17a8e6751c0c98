package kv

import (
	"context"
	"fmt"
	"sync"
)

// durability knows which of the changes that readers can already see are on disk. Changes are numbered in the order of
// the log, and the log reaches the disk in that order.
type durability struct {
	mu      sync.Mutex
	started uint64        // the newest change that readers may see
	durable uint64        // everything up to this one is on disk
	moved   chan struct{} // closed and replaced when durable moves
}

func (d *durability) begin() uint64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.started++
	return d.started
}

// reached records that the disk has a change, and so all before it.
func (d *durability) reached(n uint64) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if n <= d.durable {
		return
	}
	d.durable = n
	close(d.moved)
	d.moved = make(chan struct{})
}

// left is what to wait for until a change is on disk; nil when it is.
func (d *durability) left(n uint64) <-chan struct{} {
	d.mu.Lock()
	defer d.mu.Unlock()
	if n <= d.durable {
		return nil
	}
	return d.moved
}

// Durable waits until everything that a reader may have seen before the call is on disk. It must be called before what
// was read is revealed to anybody outside, because what is visible but not yet on disk may be gone after a crash.
func (d *DB) Durable(ctx context.Context) error {
	d.durability.mu.Lock()
	seen := d.durability.started
	d.durability.mu.Unlock()
	for {
		if err := d.check(); err != nil {
			return err
		}
		moved := d.durability.left(seen)
		if moved == nil {
			return nil
		}
		select {
		case <-moved:
		case <-d.failed:
		case <-ctx.Done():
			return fmt.Errorf("kv: wait for disk: %w", ctx.Err())
		}
	}
}
