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

// A document that is removed must not come back with a backup. So before it goes, the ledger of erasures says so,
// durably; if it then stayed, the ledger is corrected. A removal of which nobody knows whether it took place stays in
// the ledger: it was asked for.

// erase removes a document, with its entry, after the ledger knows.
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

// stayed reports whether an error says for sure that nothing was removed.
func stayed(err error) bool { return err != nil && !errors.Is(err, model.ErrUnavailable) }

// correct takes entries out of the ledger. What it cannot take out stays, and would only keep a document from being
// restored.
func (g *Gate) correct(ctx context.Context, entries []store.Ref) {
	if len(entries) == 0 {
		return
	}
	if err := g.keyrings.NotErased(ctx, entries); err != nil {
		logging.From(ctx).WarnContext(ctx, "ledger of erasures not corrected", "entries", len(entries), "err", err)
	}
}

func (t *Tx) erase(ctx context.Context, a Ask, w store.Write, e *audit.Entry) error {
	t.erased = append(t.erased, w.Ref())
	return t.write(ctx, a, w, e)
}

// erasing is what the ledger was told in the tries of one transaction.
type erasing map[store.Ref]store.Ref

// tell tells the ledger what a try is about to remove and what it does not know yet.
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

// settle corrects the ledger when it is known how the transaction ended.
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
