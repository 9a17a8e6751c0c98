package records

import (
	"context"
	"fmt"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/seal"
	"github.com/tinyoperahouse/toh/internal/platform/store"
)

// Get reads one document for a caller. Its audit entry is durable before it returns. A document that is missing, in
// another scope or not meant for the caller gives the same ErrNotFound. If the action's condition does not hold, its
// error is returned, and the document counts as not read.
func (k *Kind[T]) Get(ctx context.Context, v Via, t Target) (Record[T], error) {
	return k.GetUnless(ctx, v, t, nil)
}

// GetUnless is Get for a caller who may already have the document. If skip returns true for its version, the record
// comes without its body, and the entry does not say that the document was shown.
func (k *Kind[T]) GetUnless(ctx context.Context, v Via, t Target, skip func(version int64) bool) (Record[T], error) {
	_, r, err := k.load(ctx, v, Read, t)
	if err != nil {
		return Record[T]{}, err
	}
	if err := k.condition(t.caller, t.action, &r.Body); err != nil {
		return Record[T]{}, t.denied(ctx, v, k.spec.Quiet || t.caller.Role == access.System, k.record(t.id), err)
	}
	skipped := skip != nil && skip(r.Version)
	if reads(v) && !k.spec.Quiet {
		e := t.entry(k.record(t.id), audit.Done, k.label(&r.Body))
		if !skipped {
			e.Shown = []string{e.Record}
		}
		if err := v.witness(ctx, e); err != nil {
			return Record[T]{}, err
		}
	}
	if skipped {
		return Record[T]{ID: r.ID, Version: r.Version, Created: r.Created, Updated: r.Updated}, nil
	}
	return k.show(t.caller, r), nil
}

// decide refuses a caller whose role does not allow the action here, before anything is read.
func (k *Kind[T]) decide(ctx context.Context, v Via, op Operation, a Ask, record string) error {
	if err := k.foreign(v, op, a.action); err != nil {
		return err
	}
	if a.caller.Scope.Kind != k.spec.In {
		return fmt.Errorf("%s is not stored in %q: %w", k.spec.Name, a.caller.Scope.Kind, model.ErrNotFound)
	}
	if !access.Can(a.caller, a.action) {
		return a.refuse(ctx, v, k.spec.Quiet, record, model.ErrDenied)
	}
	if err := access.Proof(a.caller, a.action); err != nil {
		return err // not a denial: the caller is asked to confirm the password
	}
	if tx, ok := within(v); ok {
		return a.lapse(ctx, v, k.spec.Quiet, record, tx.vouch(ctx, a.caller))
	}
	return nil
}

// decideOn is decide for one document.
func (k *Kind[T]) decideOn(ctx context.Context, v Via, op Operation, t Target) error {
	if t.version != 0 && op != Change && op != Remove {
		return fmt.Errorf("records: %s %s at a version: %w", op, k.spec.Name, ErrForeign)
	}
	return k.decide(ctx, v, op, t.Ask, k.record(t.id))
}

// load reads one whole document, if it is meant for the caller.
func (k *Kind[T]) load(ctx context.Context, v Via, op Operation, t Target) (*store.Doc, Record[T], error) {
	none := Record[T]{}
	if err := k.foreign(v, op, t.action); err != nil {
		return nil, none, err
	}
	if !model.ValidID(t.id) {
		return nil, none, k.absent(ctx, v, t.Ask.On(""))
	}
	if err := k.decideOn(ctx, v, op, t); err != nil {
		return nil, none, err
	}
	d, err := v.fetch(ctx, t.Ask, k.Ref(t.caller.Scope, t.id))
	if err != nil {
		return nil, none, fmt.Errorf("read %s: %w", k.spec.Name, err)
	}
	if d == nil {
		return nil, none, k.absent(ctx, v, t)
	}
	r, err := k.openDoc(ctx, v.gate(), d)
	if err != nil {
		return nil, none, err
	}
	if !k.admits(t.caller, &r.Body) {
		return nil, none, k.absent(ctx, v, t)
	}
	if err := k.held(ctx, v, t.Ask, &r.Body); err != nil {
		return nil, none, err
	}
	return d, r, nil
}

// Stat returns the version and times of a document that the caller has made or changed under this action. It returns
// none of its content, so it leaves no entry. It does not check who the document is for, and must not be used to find
// out whether one exists.
func (k *Kind[T]) Stat(ctx context.Context, v Via, t Target) (Record[T], error) {
	op := Change
	if k.Permits(Create, t.action) {
		op = Create
	}
	if err := k.decideOn(ctx, v, op, t); err != nil {
		return Record[T]{}, err
	}
	d, err := v.fetch(ctx, t.Ask, k.Ref(t.caller.Scope, t.id))
	if err != nil {
		return Record[T]{}, fmt.Errorf("look at %s: %w", k.spec.Name, err)
	}
	if d == nil {
		return Record[T]{}, k.absent(ctx, v, t)
	}
	return Record[T]{ID: t.id, Version: d.Version, Created: d.Created, Updated: d.Updated}, nil
}

func (k *Kind[T]) absent(ctx context.Context, v Via, t Target) error {
	record := ""
	if t.id != "" {
		record = k.record(t.id)
	}
	return t.refuse(ctx, v, k.spec.Quiet || t.caller.Role == access.System, record, model.ErrNotFound)
}

func (k *Kind[T]) openDoc(ctx context.Context, g *Gate, d *store.Doc) (Record[T], error) {
	ring, err := k.ringOf(ctx, g, d)
	if err != nil {
		return Record[T]{}, err
	}
	return k.open(ring, d)
}

func (k *Kind[T]) ringOf(ctx context.Context, g *Gate, d *store.Doc) (*seal.Ring, error) {
	ring, err := g.keyrings.Ring(ctx, d.Ref.Scope)
	if err != nil {
		return nil, fmt.Errorf("keyring of %s: %w", k.spec.Name, err)
	}
	return ring, nil
}
