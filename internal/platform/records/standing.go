package records

import (
	"context"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/store"
)

// Standing returns what a caller's rights depend on (session or token, account and member) and says, once these were
// read, whether they are still what they were when the request began. It may be called any number of times.
//
// A sender can make any amount of time pass between the beginning of a request and its effect, because a body can
// arrive slowly. So the gate reads these documents again within each transaction that writes, where nobody can change
// them until the commit.
type Standing func() (wants []Want, still func() error)

// Standing makes it an access.Standing.
func (Standing) Standing() {}

// lapsed is the refusal of a caller whose standing no longer held at the time of the commit.
type lapsed struct{ error }

// Unwrap is the kind of refusal.
func (l lapsed) Unwrap() error { return l.error }

type vouched struct {
	scope, session string
}

// vouch checks a caller's standing within the transaction, once. It must be called before the transaction writes.
func (t *Tx) vouch(ctx context.Context, c access.Caller) error {
	ask, ok := c.Standing.(Standing)
	who := vouched{c.Scope.String(), c.Session}
	if !ok || t.vouched[who] {
		return nil
	}
	wants, still := ask()
	refs := make([]store.Ref, len(wants))
	for i, w := range wants {
		refs[i] = w.ref()
	}
	docs, err := t.tx.GetAll(ctx, refs...)
	if err != nil {
		return err
	}
	for i, w := range wants {
		if err := w.take(ctx, t.g, docs[i]); err != nil {
			return err
		}
	}
	if err := still(); err != nil {
		return lapsed{err}
	}
	if t.vouched == nil {
		t.vouched = map[vouched]bool{}
	}
	t.vouched[who] = true
	return nil
}

// commit commits writes for a caller whose standing still holds.
func (g *Gate) commit(ctx context.Context, c access.Caller, writes ...store.Write) error {
	if _, ok := c.Standing.(Standing); !ok {
		_, err := g.store.Commit(ctx, writes...)
		return err
	}
	return g.store.Run(ctx, func(ctx context.Context, inner *store.Tx) error {
		tx := &Tx{g: g, tx: inner}
		if err := tx.vouch(ctx, c); err != nil {
			return err
		}
		inner.Write(writes...)
		return nil
	})
}

// put commits a write of the kind together with its entry, or leaves both to the transaction.
func (k *Kind[T]) put(ctx context.Context, v Via, t Target, w store.Write, e *audit.Entry) error {
	return t.lapse(ctx, v, k.spec.Quiet, nameOf(w.Ref()), v.write(ctx, t.Ask, w, e))
}
