package records

import (
	"context"
	"fmt"
	"sync"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/store"
)

// Want asks Identify for one document.
type Want interface {
	ref() store.Ref
	take(ctx context.Context, g *Gate, d *store.Doc) error
}

// Wanted is a document that Identify read. Found says whether there is one.
type Wanted[T any] struct {
	Record Record[T]
	Found  bool
	kind   *Kind[T]
	at     store.Ref
	only   func() bool
}

// If keeps a document closed unless the condition holds: what was asked for before it has been opened by then. A
// document that the asker has no right to is then never opened, and costs no key and no time.
func (w *Wanted[T]) If(holds func() bool) *Wanted[T] {
	w.only = holds
	return w
}

// Want asks for one document of a kind that says who is asking.
func (k *Kind[T]) Want(scope model.Scope, id string) *Wanted[T] {
	if !k.spec.Identity {
		panic("records: " + k.spec.Name + " does not say who is asking")
	}
	return &Wanted[T]{kind: k, at: k.Ref(scope, id)}
}

func (w *Wanted[T]) ref() store.Ref { return w.at }

func (w *Wanted[T]) take(ctx context.Context, g *Gate, d *store.Doc) error {
	if d == nil || (w.only != nil && !w.only()) {
		return nil
	}
	ring, err := w.kind.ringOf(ctx, g, d)
	if err != nil {
		return err
	}
	r, err := w.kind.openKnown(ring, g, d)
	if err != nil {
		return err
	}
	w.Record, w.Found = r, true
	return nil
}

// Identify reads, in one batch and without entries, the documents that say who is asking; and with them documents that
// the request will ask for next. Those stay sealed in the returned context until a Get or an Update through the gate
// takes them, once, after deciding. An invalid reference counts as absent.
func (g *Gate) Identify(ctx context.Context, aheadRefs []store.Ref, wants ...Want) (context.Context, error) {
	refs := make([]store.Ref, 0, len(wants)+len(aheadRefs))
	for _, w := range wants {
		refs = append(refs, w.ref())
	}
	refs = append(refs, aheadRefs...)
	docs, err := g.present(ctx, refs)
	if err != nil {
		return ctx, fmt.Errorf("identify: %w", err)
	}
	for i, w := range wants {
		if err := w.take(ctx, g, docs[i]); err != nil {
			return ctx, fmt.Errorf("identify: %w", err)
		}
	}
	return keepAhead(ctx, aheadRefs, docs[len(wants):]), nil
}

// present reads documents, with nil for what is absent or cannot exist.
func (g *Gate) present(ctx context.Context, refs []store.Ref) ([]*store.Doc, error) {
	asked := make([]store.Ref, 0, len(refs))
	for _, r := range refs {
		if possible(r) {
			asked = append(asked, r)
		}
	}
	found, err := g.store.GetAll(ctx, asked...)
	if err != nil {
		return nil, err
	}
	docs := make([]*store.Doc, len(refs))
	for i, r := range refs {
		if possible(r) {
			docs[i], found = found[0], found[1:]
		}
	}
	return docs, nil
}

func possible(r store.Ref) bool { return r.Scope.Valid() && model.ValidID(r.ID) }

type aheadKey struct{}

type ahead struct {
	mu   sync.Mutex
	docs map[store.Ref]*store.Doc
}

func keepAhead(ctx context.Context, refs []store.Ref, docs []*store.Doc) context.Context {
	if len(refs) == 0 {
		return ctx
	}
	kept := &ahead{docs: make(map[store.Ref]*store.Doc, len(refs))}
	for i, r := range refs {
		kept.docs[r] = docs[i]
	}
	return context.WithValue(ctx, aheadKey{}, kept)
}

// takeAhead gives a document that was read ahead, once: a second read is a fresh one.
func takeAhead(ctx context.Context, ref store.Ref) (*store.Doc, bool) {
	kept, _ := ctx.Value(aheadKey{}).(*ahead)
	if kept == nil {
		return nil, false
	}
	kept.mu.Lock()
	defer kept.mu.Unlock()
	d, ok := kept.docs[ref]
	delete(kept.docs, ref)
	return d, ok
}
