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

// Options are what a Trail stands on.
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

// Flight is an entry on its way: prepared, and not yet known to be durable.
type Flight struct {
	Write store.Write
	entry *Entry
	body  []byte
	done  *flight
}

// Prepare gives an entry its id and time, seals its labels and makes the write that belongs into the transaction of the
// change it tells about. Whoever prepares must settle.
func (t *Trail) Prepare(ctx context.Context, e *Entry) (*Flight, error) {
	ring, err := t.keyrings.Ring(ctx, e.Scope)
	if err != nil {
		return nil, fmt.Errorf("audit keyring: %w", err)
	}
	e.ID = model.NewID()
	track := t.shipper.depart(e, t.clock.Now())
	doc, err := e.doc(ring)
	if err != nil {
		t.shipper.settle(track, aborted)
		return nil, err
	}
	return &Flight{Write: store.Create(doc), entry: e, body: doc.Body, done: track}, nil
}

// Settle says how the commit of prepared entries ended: nil is durable, ErrUnavailable is unknown, anything else did
// not happen.
func (t *Trail) Settle(err error, flights ...*Flight) {
	for _, f := range flights {
		switch {
		case err == nil:
			t.shipper.arrive(f.done, f.entry, f.body)
		case errors.Is(err, model.ErrUnavailable):
			t.shipper.settle(f.done, unknown)
		default:
			t.shipper.settle(f.done, aborted)
		}
	}
}

// Disclose makes entries durable that stand alone: reads, denials, effects outside the database. It returns when they
// are, or with an error when they are not in time, and then nothing may be disclosed. Entries of callers that wait
// together share a commit.
func (t *Trail) Disclose(ctx context.Context, entries ...*Entry) error {
	flights := make([]*Flight, 0, len(entries))
	for _, e := range entries {
		f, err := t.Prepare(ctx, e)
		if err != nil {
			t.Settle(err, flights...)
			return err
		}
		flights = append(flights, f)
	}
	return t.batcher.add(ctx, flights)
}

func (t *Trail) commit(ctx context.Context, flights []*Flight) error {
	writes := make([]store.Write, len(flights))
	for i, f := range flights {
		writes[i] = f.Write
	}
	_, err := t.store.Commit(ctx, writes...)
	t.Settle(err, flights...)
	if err != nil {
		return fmt.Errorf("commit audit entries: %w", err)
	}
	return nil
}
