package records

import (
	"context"
	"fmt"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/store"
)

// Housekeeping reports whether documents of the kind are the product's own bookkeeping: they leave no entries, and
// their removal is not in the ledger.
func (k *Kind[T]) Housekeeping() bool { return k.spec.Quiet }

// Prove reads a document and opens it, and returns none of its content: a check that a backup can be read has no need
// of it. So it leaves no entry of its own.
func (k *Kind[T]) Prove(ctx context.Context, g *Gate, ref store.Ref) error {
	if ref.Collection != k.spec.Name {
		return fmt.Errorf("prove %s as %s: %w", ref.Collection, k.spec.Name, model.ErrInvalid)
	}
	d, err := g.store.Get(ctx, ref)
	if err != nil {
		return fmt.Errorf("prove %s: %w", k.spec.Name, err)
	}
	_, err = k.openDoc(ctx, g, d)
	return err
}
