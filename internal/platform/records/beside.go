package records

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/tinyoperahouse/toh/internal/platform/store"
)

// companion is a document that is to be created in the same transaction as the next change of a context.
type companion struct {
	ref  store.Ref
	make func(changed []string) (store.Doc, error)
	done atomic.Bool
}

type companionKey struct{}

// Beside gives a context in which the next audited change also creates a document of this kind, in the same
// transaction: both or neither. body gets the names of the documents that the change writes, as in "reports/<id>", in
// order, and may be called again when the transaction is. If the document exists already nothing is done, and the error
// is one that Taken recognises. Only quiet kinds can go beside a change.
func (k *Kind[T]) Beside(ctx context.Context, g *Gate, t Target,
	body func(changed []string) T) (context.Context, error) {
	if !k.spec.Quiet {
		panic("records: " + k.spec.Name + " is not quiet and cannot go beside a change")
	}
	if err := k.decideOn(ctx, g, Create, t); err != nil {
		return ctx, err
	}
	ring, ref, err := k.place(ctx, g, t)
	if err != nil {
		return ctx, err
	}
	return context.WithValue(ctx, companionKey{}, &companion{ref: ref, make: func(changed []string) (store.Doc, error) {
		b := body(changed)
		return k.seal(ring, ref, &b, g.clock.Now())
	}}), nil
}

// Taken reports whether a change was not made because the document that belongs beside it exists already.
func Taken(ctx context.Context, err error) bool {
	c, _ := ctx.Value(companionKey{}).(*companion)
	var clash *store.Clash
	return c != nil && errors.As(err, &clash) && clash.Ref == c.ref
}

// waitingCompanion is the companion of a context that has not been written yet, or nil.
func waitingCompanion(ctx context.Context) *companion {
	c, _ := ctx.Value(companionKey{}).(*companion)
	if c == nil || c.done.Load() {
		return nil
	}
	return c
}

// write is the companion's part of a commit that changes the named documents.
func (c *companion) write(changed []string) (store.Write, error) {
	d, err := c.make(changed)
	if err != nil {
		return store.Write{}, fmt.Errorf("make %s: %w", c.ref.Collection, err)
	}
	return store.Create(d), nil
}

func nameOf(r store.Ref) string { return r.Collection + "/" + r.ID }
