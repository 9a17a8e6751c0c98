package records

import (
	"context"
	"errors"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/store"
)

// Tx is a transaction through the gate. It may span scopes; each write leaves its entry in its own scope.
type Tx struct {
	g        *Gate
	tx       *store.Tx
	prepared []*audit.Prepared
	denials  []*audit.Entry
	changed  []string // names of the documents written with an entry
	beside   companions
	erased   []store.Ref
	parts    bool // something was written that has no entry of its own
	vouched  map[vouched]bool
}

// Change runs f in a transaction: all of its writes with all of their entries, or none. Reads inside serve the change
// and leave no entries of their own. On contention f runs again, so it must have no effect outside the transaction.
func (g *Gate) Change(ctx context.Context, f func(context.Context, *Tx) error) error {
	var tx *Tx
	told := erasing{}
	err := g.store.Run(ctx, func(ctx context.Context, inner *store.Tx) error {
		if tx != nil {
			g.trail.Settle(model.ErrConflict, tx.prepared...)
		}
		tx = &Tx{g: g, tx: inner}
		if err := f(ctx, tx); err != nil {
			return err
		}
		if tx.parts && len(tx.prepared) == 0 {
			return errors.New("records: a part of a change that leaves no entry")
		}
		if err := tx.accompany(); err != nil {
			return err
		}
		return told.tell(ctx, g, tx.erased)
	})
	if tx == nil {
		return err
	}
	told.settle(ctx, g, tx.erased, err)
	if err == nil {
		tx.beside.done()
	}
	g.trail.Settle(err, tx.prepared...)
	if err != nil && len(tx.denials) > 0 {
		if failure := g.trail.Disclose(ctx, tx.denials...); failure != nil {
			return failure
		}
	}
	return err
}

func (t *Tx) gate() *Gate { return t.g }

func (t *Tx) fetch(ctx context.Context, _ Ask, ref store.Ref) (*store.Doc, error) {
	docs, err := t.tx.GetAll(ctx, ref)
	if err != nil {
		return nil, err
	}
	return docs[0], nil
}

func (t *Tx) fetchAll(ctx context.Context, refs []store.Ref) ([]*store.Doc, error) {
	return t.tx.GetAll(ctx, refs...)
}

func (t *Tx) find(ctx context.Context, f store.Find) (store.Page, error) { return t.tx.Find(ctx, f) }

func (t *Tx) write(ctx context.Context, a Ask, w store.Write, e *audit.Entry) error {
	t.tx.Write(w)
	if e == nil {
		return nil
	}
	t.changed = append(t.changed, nameOf(w.Ref()))
	t.beside.add(a.companion())
	return t.witness(ctx, e)
}

// accompany adds the companion to the change.
func (t *Tx) accompany() error {
	also, err := t.beside.writes(t.changed)
	t.tx.Write(also...)
	return err
}

func (t *Tx) witness(ctx context.Context, e *audit.Entry) error {
	prepared, err := t.g.trail.Prepare(ctx, e)
	if err != nil {
		return err
	}
	t.prepared = append(t.prepared, prepared)
	t.tx.Write(prepared.Write)
	return nil
}

// reads says that reads through v are disclosures of their own.
func reads(v Via) bool { _, ok := v.(*Gate); return ok }
