package audit

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/seal"
	"github.com/tinyoperahouse/toh/internal/platform/store"
)

// Options are what a Trail needs.
type Options struct {
	Store    *store.Store
	Keyrings *seal.Keyrings
	Clock    model.Clock
	Shipper  *Shipper
	Totals   Totals        // nil counts every entry
	Timeout  time.Duration // of one commit of entries that stand alone; zero means 1.5 seconds
}

// Trail writes and reads entries.
type Trail struct {
	store    *store.Store
	keyrings *seal.Keyrings
	clock    model.Clock
	shipper  *Shipper
	totals   Totals
	batcher  *batcher
}

// New makes a trail.
func New(o Options) *Trail {
	t := &Trail{store: o.Store, keyrings: o.Keyrings, clock: o.Clock, shipper: o.Shipper,
		totals: o.Totals}
	t.batcher = &batcher{commit: t.commit, timeout: cmp.Or(o.Timeout, batchTimeout)}
	return t
}

// Prepared is an entry that was prepared and is not yet known to be durable.
type Prepared struct {
	Write   store.Write
	entry   *Entry
	body    []byte
	tracked *tracked
}

// Prepare gives an entry its id and time, seals its labels and makes the write that belongs in the transaction of the
// change it is about. Whoever prepares an entry must settle it.
func (t *Trail) Prepare(ctx context.Context, e *Entry) (*Prepared, error) {
	ring, err := t.keyrings.Ring(ctx, e.Scope)
	if err != nil {
		return nil, fmt.Errorf("audit keyring: %w", err)
	}
	e.ID = model.NewID()
	entry := t.shipper.track(e, t.clock.Now())
	doc, err := e.doc(ring)
	if err != nil {
		t.shipper.settle(entry, aborted)
		return nil, err
	}
	return &Prepared{Write: store.Create(doc), entry: e, body: doc.Body, tracked: entry}, nil
}

// Settle says how the commit of prepared entries ended: nil means durable, ErrUnavailable means unknown, and any other
// error means that they were not written.
func (t *Trail) Settle(err error, prepared ...*Prepared) {
	for _, f := range prepared {
		switch {
		case err == nil:
			t.shipper.queue(f.tracked, f.entry, f.body)
		case errors.Is(err, model.ErrUnavailable):
			t.shipper.settle(f.tracked, unknown)
		default:
			t.shipper.settle(f.tracked, aborted)
		}
	}
}

// Disclose makes entries durable that belong to no change: reads, denials, effects outside the database. It returns
// when they are durable, or with an error when they are not in time, and then nothing may be disclosed. Entries of
// callers that wait at the same time share a commit.
func (t *Trail) Disclose(ctx context.Context, entries ...*Entry) error {
	prepared := make([]*Prepared, 0, len(entries))
	for _, e := range entries {
		f, err := t.Prepare(ctx, e)
		if err != nil {
			t.Settle(err, prepared...)
			return err
		}
		prepared = append(prepared, f)
	}
	return t.batcher.add(ctx, prepared)
}

func (t *Trail) commit(ctx context.Context, prepared []*Prepared) error {
	writes := make([]store.Write, len(prepared))
	for i, f := range prepared {
		writes[i] = f.Write
	}
	_, err := t.store.Commit(ctx, writes...)
	t.Settle(err, prepared...)
	if err != nil {
		return fmt.Errorf("commit audit entries: %w", err)
	}
	return nil
}
