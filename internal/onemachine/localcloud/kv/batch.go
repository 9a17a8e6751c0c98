package kv

import (
	"errors"
	"fmt"

	"github.com/cockroachdb/pebble/v2"
)

// Batch collects changes that happen together or not at all. It must be committed or closed; the memory of a batch that
// is only dropped is not reused.
type Batch struct {
	d *DB
	b *pebble.Batch
}

// Batch starts an empty batch.
func (d *DB) Batch() *Batch { return &Batch{d, d.db.NewBatch()} }

// Set gives key a value. Both are copied.
func (b *Batch) Set(key, value []byte) { must(b.b.Set(key, value, nil)) }

// SetFrom gives key a value of n bytes, which write adds to what it gets.
func (b *Batch) SetFrom(key []byte, n int, write func(dst []byte) []byte) {
	op := b.b.SetDeferred(len(key), n)
	copy(op.Key, key)
	if got := write(op.Value[:0]); len(got) != n {
		panic(fmt.Sprintf("kv: batch: a value of %d bytes instead of %d", len(got), n))
	}
	must(op.Finish())
}

// Delete removes key.
func (b *Batch) Delete(key []byte) { must(b.b.Delete(key, nil)) }

// DeleteRange removes all keys from lo to before hi.
func (b *Batch) DeleteRange(lo, hi []byte) { must(b.b.DeleteRange(lo, hi, nil)) }

// must: filling a batch in memory fails only for a batch that was already committed, which is a bug of the caller.
func must(err error) {
	if err != nil {
		panic(fmt.Sprintf("kv: batch: %v", err))
	}
}

// Empty says that there are no changes in the batch.
func (b *Batch) Empty() bool { return b.b.Empty() }

// Count is how many changes are in the batch.
func (b *Batch) Count() int { return int(b.b.Count()) }

// Len is the size of the batch in bytes.
func (b *Batch) Len() int { return b.b.Len() }

// Commit makes the changes and waits until they are on disk.
func (b *Batch) Commit() error {
	wait, err := b.d.Apply(b)
	if err != nil {
		return err
	}
	return wait()
}

// CommitLater makes the changes without waiting for the disk. A later Commit makes them durable too; until then Durable
// does not wait for them, so they must not be revealed to anybody outside.
func (b *Batch) CommitLater() error {
	if b.Empty() {
		return b.Close()
	}
	if err := b.d.inTurn(func() error { return b.b.Commit(pebble.NoSync) }); err != nil {
		return fmt.Errorf("kv: commit: %w", err)
	}
	return b.Close()
}

// Close drops a batch that is not going to be committed. A batch of a database that has stopped is not reused: the
// engine may hold it for ever, and another database of this process must not get it.
func (b *Batch) Close() error {
	if b.d.check() != nil {
		return nil
	}
	if err := b.b.Close(); err != nil {
		return fmt.Errorf("kv: close batch: %w", err)
	}
	return nil
}

// Apply makes the changes visible to readers and returns; wait returns when they are on disk, and must be called. What
// is applied later never reaches the disk before what was applied earlier, so a lock can be released between the two.
func (d *DB) Apply(b *Batch) (wait func() error, err error) {
	if b.Empty() {
		return func() error { return errors.Join(d.check(), b.Close()) }, nil
	}
	var n uint64
	err = d.inTurn(func() error {
		n = d.durability.begin()
		return d.db.ApplyNoSyncWait(b.b, pebble.Sync)
	})
	if err != nil {
		return nil, fmt.Errorf("kv: apply: %w", err)
	}
	done := make(chan struct{})
	go func() { // whoever waits for it may hold what the caller needs before it waits
		defer close(done)
		if err := b.b.SyncWait(); err != nil {
			d.fail(err)
			return
		}
		d.durability.reached(n)
	}()
	return func() error {
		select {
		case <-done:
		case <-d.failed:
		}
		if err := d.check(); err != nil {
			return fmt.Errorf("kv: wait for disk: %w", err)
		}
		return b.Close()
	}, nil
}

// inTurn commits one batch at a time, so that changes are numbered in the order of the log. If the engine cannot
// continue it leaves its own locks held, so nobody else may be inside it at that moment.
func (d *DB) inTurn(commit func() error) (err error) {
	select {
	case d.turn <- struct{}{}:
		defer func() { <-d.turn }()
	case <-d.failed:
		return d.err
	}
	if err := d.guard(commit); err != nil {
		d.fail(err)
		return d.err
	}
	return nil
}
