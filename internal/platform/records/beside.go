package records

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"

	"github.com/tinyoperahouse/toh/internal/platform/store"
)

// Companion is a document that is stored together with the next audited change of a caller who carries it
// (access.Caller.Beside), in the same transaction: both or neither.
type Companion struct {
	ref  store.Ref
	make func(changed []string) (store.Doc, error)
	done atomic.Bool
}

// Companion makes it an access.Companion.
func (*Companion) Companion() {}

// Companion is a document of this kind to be stored together with a change. body gets the names of the documents that
// the change writes, as in "reports/<id>", in order, and may be called again when the transaction runs again. If the
// document already exists nothing is done, and the error is a conflict. Only quiet kinds can accompany a change.
func (k *Kind[T]) Companion(ctx context.Context, g *Gate, t Target, body func(changed []string) T) (*Companion,
	error) {
	if !k.spec.Quiet {
		panic("records: " + k.spec.Name + " is not quiet and cannot go beside a change")
	}
	if err := k.decideOn(ctx, g, Create, t); err != nil {
		return nil, err
	}
	ring, ref, err := k.place(ctx, g, t)
	if err != nil {
		return nil, err
	}
	return &Companion{ref: ref, make: func(changed []string) (store.Doc, error) {
		b := body(changed)
		return k.seal(ring, ref, &b, g.clock.Now())
	}}, nil
}

// companion is the one that the caller carries and that was not stored yet, or nil.
func (a Ask) companion() *Companion {
	c, _ := a.caller.Beside.(*Companion)
	if c == nil || c.done.Load() {
		return nil
	}
	return c
}

// taken reports whether a change was not made because its companion already exists.
func (c *Companion) taken(err error) bool {
	var clash *store.Clash
	return c != nil && errors.As(err, &clash) && clash.Ref == c.ref
}

// companions are those of one commit.
type companions []*Companion

func (n *companions) add(c *Companion) {
	if c != nil && !slices.Contains(*n, c) {
		*n = append(*n, c)
	}
}

// writes are the companions' part of a commit that changes the named documents.
func (n companions) writes(changed []string) ([]store.Write, error) {
	writes := make([]store.Write, len(n), len(n)+2)
	for i, c := range n {
		d, err := c.make(changed)
		if err != nil {
			return nil, fmt.Errorf("make %s: %w", c.ref.Collection, err)
		}
		writes[i] = store.Create(d)
	}
	return writes, nil
}

func (n companions) done() {
	for _, c := range n {
		c.done.Store(true)
	}
}

func nameOf(r store.Ref) string { return r.Collection + "/" + r.ID }
