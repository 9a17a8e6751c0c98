package records

import (
	"context"
	"errors"
	"slices"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/logging"
	"github.com/tinyoperahouse/toh/internal/platform/store"
)

// A document that is removed must not come back with a backup. So before it is removed, the removal is durably recorded
// in the ledger of erasures; if the document stayed after all, the ledger is corrected. A removal whose outcome is
// unknown stays in the ledger, because it was asked for.

// erase removes a document, with its entry, after the removal was recorded in the ledger.
func (g *Gate) erase(ctx context.Context, a Ask, w store.Write, e *audit.Entry) error {
	entries, err := g.keyrings.Erasing(ctx, w.Ref())
	if err != nil {
		return err
	}
	err = g.write(ctx, a, w, e)
	if stayed(err) {
		g.correct(ctx, entries)
	}
	return err
}

// stayed reports whether an error means for certain that nothing was removed.
func stayed(err error) bool { return err != nil && !errors.Is(err, model.ErrUnavailable) }

// correct removes entries from the ledger. If that fails, the entry stays; the only effect would be that the document
// is not restored from a backup.
func (g *Gate) correct(ctx context.Context, entries []store.Ref) {
	if len(entries) == 0 {
		return
	}
	if err := g.keyrings.NotErased(ctx, entries); err != nil {
		logging.From(ctx).WarnContext(ctx, "ledger of erasures not corrected", "entries", len(entries), "error", err)
	}
}

func (t *Tx) erase(ctx context.Context, a Ask, w store.Write, e *audit.Entry) error {
	t.erased = append(t.erased, w.Ref())
	return t.write(ctx, a, w, e)
}

// erasing is what was recorded in the ledger during the attempts of one transaction.
type erasing map[store.Ref]store.Ref

// tell records in the ledger what an attempt is about to remove, unless it is recorded already.
func (n erasing) tell(ctx context.Context, g *Gate, erased []store.Ref) error {
	fresh := slices.DeleteFunc(slices.Clone(erased), func(r store.Ref) bool { _, known := n[r]; return known })
	if len(fresh) == 0 {
		return nil
	}
	entries, err := g.keyrings.Erasing(ctx, fresh...)
	if err != nil {
		return err
	}
	for i, r := range fresh {
		n[r] = entries[i]
	}
	return nil
}

// settle corrects the ledger when the outcome of the transaction is known.
func (n erasing) settle(ctx context.Context, g *Gate, erased []store.Ref, err error) {
	if err != nil && !stayed(err) {
		return
	}
	var wrong []store.Ref
	for r, entry := range n {
		if err != nil || !slices.Contains(erased, r) {
			wrong = append(wrong, entry)
		}
	}
	g.correct(ctx, wrong)
}
