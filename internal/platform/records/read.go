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

// Get reads one document for a caller. Its audit entry is durable before it returns. What is missing, in another scope
// or not meant for the caller is ErrNotFound alike. What does not meet the action's condition is refused with its
// error, and was not read.
func (k *Kind[T]) Get(ctx context.Context, v Via, c access.Caller, a access.Action, id string,
	notes ...Note) (Record[T], error) {
	return k.GetUnless(ctx, v, c, a, id, nil, notes...)
}

// GetUnless is Get for a caller who may have the document already. If skip says so of its version, the record comes
// without its body, and the entry does not say that the document was shown.
func (k *Kind[T]) GetUnless(
	ctx context.Context, v Via, c access.Caller, a access.Action, id string, skip func(version int64) bool,
	notes ...Note,
) (Record[T], error) {
	_, r, err := k.load(ctx, v, c, Read, a, id, notes)
	if err != nil {
		return Record[T]{}, err
	}
	if err := k.condition(c, a, &r.Body); err != nil {
		return Record[T]{}, denied(ctx, v, k.spec.Quiet || c.Role == access.System, c, a, k.record(id), err, notes)
	}
	skipped := skip != nil && skip(r.Version)
	if reads(v) && !k.spec.Quiet {
		e := audit.Of(c, a, k.record(id), audit.Done, labels(k.label(&r.Body), notes))
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
	return k.show(c, r), nil
}

// decide refuses a caller whose role does not allow the action here, before anything is read.
func (k *Kind[T]) decide(ctx context.Context, v Via, c access.Caller, op Operation, a access.Action, record string,
	notes []Note) error {
	if err := k.foreign(v, op, a); err != nil {
		return err
	}
	if c.Scope.Kind != k.spec.In {
		return fmt.Errorf("%s is not kept in %q: %w", k.spec.Name, c.Scope.Kind, model.ErrNotFound)
	}
	if !access.Can(c, a) {
		return refuse(ctx, v, k.spec.Quiet, c, a, record, model.ErrDenied, notes)
	}
	if err := access.Proof(c, a); err != nil {
		return err // nobody was refused anything: they are asked
	}
	if tx, ok := within(v); ok {
		return lapse(ctx, v, k.spec.Quiet, c, a, record, tx.vouch(ctx, c), notes)
	}
	return nil
}

// load reads one document whole, if the caller is meant to have it.
func (k *Kind[T]) load(
	ctx context.Context, v Via, c access.Caller, op Operation, a access.Action, id string, notes []Note,
) (*store.Doc, Record[T], error) {
	none := Record[T]{}
	if !model.ValidID(id) {
		return nil, none, k.absent(ctx, v, c, a, "", notes)
	}
	if err := k.decide(ctx, v, c, op, a, k.record(id), notes); err != nil {
		return nil, none, err
	}
	d, err := v.fetch(ctx, k.Ref(c.Scope, id))
	if err != nil {
		return nil, none, fmt.Errorf("read %s: %w", k.spec.Name, err)
	}
	if d == nil {
		return nil, none, k.absent(ctx, v, c, a, id, notes)
	}
	r, err := k.openDoc(ctx, v.gate(), d)
	if err != nil {
		return nil, none, err
	}
	if !k.admits(c, &r.Body) {
		return nil, none, k.absent(ctx, v, c, a, id, notes)
	}
	return d, r, nil
}

// Stat gives version and times of a document that the caller has made or changed under this action, and nothing that is
// in it, so it leaves no entry. It does not ask who the document is for, and must not be used to find out whether one
// is there.
func (k *Kind[T]) Stat(ctx context.Context, v Via, c access.Caller, a access.Action, id string) (Record[T], error) {
	op := Change
	if k.Permits(Create, a) {
		op = Create
	}
	if err := k.decide(ctx, v, c, op, a, k.record(id), nil); err != nil {
		return Record[T]{}, err
	}
	d, err := v.fetch(ctx, k.Ref(c.Scope, id))
	if err != nil {
		return Record[T]{}, fmt.Errorf("look at %s: %w", k.spec.Name, err)
	}
	if d == nil {
		return Record[T]{}, k.absent(ctx, v, c, a, id, nil)
	}
	return Record[T]{ID: id, Version: d.Version, Created: d.Created, Updated: d.Updated}, nil
}

func (k *Kind[T]) absent(ctx context.Context, v Via, c access.Caller, a access.Action, id string, notes []Note) error {
	record := ""
	if id != "" {
		record = k.record(id)
	}
	return refuse(ctx, v, k.spec.Quiet || c.Role == access.System, c, a, record, model.ErrNotFound, notes)
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
