package records

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/seal"
	"github.com/tinyoperahouse/toh/internal/platform/store"
)

const maxTries = 12 // of a change that others overtake

// Create stores a new document with its entry. An id that exists is ErrConflict.
func (k *Kind[T]) Create(ctx context.Context, v Via, t Target, body T) (Record[T], error) {
	if err := k.decideOn(ctx, v, Create, t); err != nil {
		return Record[T]{}, err
	}
	if err := k.held(ctx, v, t.Ask, &body); err != nil {
		return Record[T]{}, err
	}
	ring, ref, err := k.place(ctx, v.gate(), t)
	if err != nil {
		return Record[T]{}, err
	}
	now := v.gate().clock.Now()
	d, err := k.seal(ring, ref, &body, now)
	if err != nil {
		return Record[T]{}, err
	}
	if err := k.put(ctx, v, t, store.Create(d), k.entry(t, &body)); err != nil {
		return Record[T]{}, fmt.Errorf("create %s: %w", k.spec.Name, err)
	}
	return k.show(t.caller, Record[T]{ID: t.id, Body: body, Version: 1, Created: now, Updated: now}), nil
}

func (k *Kind[T]) place(ctx context.Context, g *Gate, t Target) (*seal.Ring, store.Ref, error) {
	if !model.ValidID(t.id) {
		return nil, store.Ref{}, fmt.Errorf("id of %s: %w", k.spec.Name, model.ErrInvalid)
	}
	ring, err := g.keyrings.Ring(ctx, t.caller.Scope)
	if err != nil {
		return nil, store.Ref{}, fmt.Errorf("keyring of %s: %w", k.spec.Name, err)
	}
	return ring, k.Ref(t.caller.Scope, t.id), nil
}

// entry is the entry of a change; nil for quiet kinds.
func (k *Kind[T]) entry(t Target, body *T) *audit.Entry {
	if k.spec.Quiet {
		return nil
	}
	e := t.entry(k.record(t.id), audit.Done, k.label(body))
	if t.caller.Shows {
		e.Shown = []string{e.Record}
	}
	return e
}

// Update changes a document with its entry. change gets the whole body, including confidential parts. It must keep what
// it does not mean to change, and may run again when somebody else was faster.
func (k *Kind[T]) Update(ctx context.Context, v Via, t Target, change func(*T) error) (Record[T], error) {
	var r Record[T]
	err := k.attempt(ctx, v, t.Ask, func(v Via) error {
		var err error
		r, err = k.updateOnce(ctx, v, t, change)
		return err
	})
	if err != nil {
		return Record[T]{}, err
	}
	return k.show(t.caller, r), nil
}

func (k *Kind[T]) updateOnce(ctx context.Context, v Via, t Target, change func(*T) error) (Record[T], error) {
	old, r, err := k.loadFor(ctx, v, Change, t)
	if err != nil {
		return r, err
	}
	if err := change(&r.Body); err != nil {
		return r, k.refused(ctx, v, t, err)
	}
	ring, err := k.ringOf(ctx, v.gate(), old)
	if err != nil {
		return r, err
	}
	d, err := k.sealOver(ring, old, &r.Body, v.gate().clock.Now())
	if err != nil {
		return r, err
	}
	r.Version, r.Updated = d.Version, d.Updated
	if err := k.put(ctx, v, t, store.Replace(d, old.Stamp), k.entry(t, &r.Body)); err != nil {
		return r, fmt.Errorf("update %s: %w", k.spec.Name, err)
	}
	return r, nil
}

// Delete removes a document with its entry.
func (k *Kind[T]) Delete(ctx context.Context, v Via, t Target) error {
	return k.DeleteIf(ctx, v, t, func(*T) error { return nil })
}

// DeleteIf removes a document that passes the check, with its entry.
func (k *Kind[T]) DeleteIf(ctx context.Context, v Via, t Target, check func(*T) error) error {
	return k.attempt(ctx, v, t.Ask, func(v Via) error {
		old, r, err := k.loadFor(ctx, v, Remove, t)
		if err != nil {
			return err
		}
		if err := check(&r.Body); err != nil {
			return k.refused(ctx, v, t, err)
		}
		if err := k.remove(ctx, v, t, store.Delete(old.Ref, old.Stamp), k.entry(t, &r.Body)); err != nil {
			return fmt.Errorf("delete %s: %w", k.spec.Name, err)
		}
		return nil
	})
}

// remove keeps the product's own bookkeeping out of the ledger of erasures.
func (k *Kind[T]) remove(ctx context.Context, v Via, t Target, w store.Write, e *audit.Entry) error {
	if k.spec.Quiet {
		return k.put(ctx, v, t, w, e)
	}
	return t.lapse(ctx, v, false, nameOf(w.Ref()), v.erase(ctx, t.Ask, w, e))
}

// loadFor reads what is about to be changed or removed, and checks whether it may be.
func (k *Kind[T]) loadFor(ctx context.Context, v Via, op Operation, t Target) (*store.Doc, Record[T], error) {
	d, r, err := k.load(ctx, v, op, t)
	if err != nil {
		return d, r, err
	}
	if t.version != 0 && t.version != r.Version {
		return d, r, &model.Error{Kind: model.ErrStale, Public: "Somebody changed this in the meantime. Look at " +
			"their " +
			"version, then try again."}
	}
	if err := k.condition(t.caller, t.action, &r.Body); err != nil {
		return d, r, k.refused(ctx, v, t, err)
	}
	return d, r, nil
}

// refused audits the refusal of a use case.
func (k *Kind[T]) refused(ctx context.Context, v Via, t Target, err error) error {
	if !isDenial(err) {
		return err
	}
	return t.denied(ctx, v, k.spec.Quiet, k.record(t.id), err)
}

// attempt repeats a change of one document when somebody else was faster. Inside a transaction, the transaction does
// that.
func (k *Kind[T]) attempt(ctx context.Context, v Via, a Ask, once func(Via) error) error {
	if !reads(v) {
		return once(v)
	}
	for try := 1; ; try++ {
		err := once(v)
		var clash *store.Clash
		if err == nil || try == maxTries || !errors.As(err, &clash) || a.companion().taken(err) {
			return err
		}
		if err := wait(ctx, try); err != nil {
			return err
		}
	}
}

func wait(ctx context.Context, try int) error {
	limit := min(int64(200*time.Millisecond), int64(2*time.Millisecond)<<try)
	timer := time.NewTimer(time.Duration(rand.Int64N(limit))) // #nosec G404 -- jitter, not a secret
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return model.Unavailable(ctx.Err())
	case <-timer.C:
		return nil
	}
}
