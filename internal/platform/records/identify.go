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

// If keeps a document sealed unless the condition holds. Documents that were requested before it are open by then. A
// document that the caller has no right to is then never opened, and costs neither key nor time.
func (w *Wanted[T]) If(holds func() bool) *Wanted[T] {
	w.only = holds
	return w
}

// Want asks for one document of a kind that identifies the caller.
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

// Identify reads, in one batch and without entries, the documents that identify the caller, together with documents
// that the request will need next. The resulting caller carries those. An invalid reference counts as absent.
func (g *Gate) Identify(ctx context.Context, aheadRefs []store.Ref, wants ...Want) (*Ahead, error) {
	refs := make([]store.Ref, 0, len(wants)+len(aheadRefs))
	for _, w := range wants {
		refs = append(refs, w.ref())
	}
	refs = append(refs, aheadRefs...)
	docs, err := g.present(ctx, refs)
	if err != nil {
		return nil, fmt.Errorf("identify: %w", err)
	}
	for i, w := range wants {
		if err := w.take(ctx, g, docs[i]); err != nil {
			return nil, fmt.Errorf("identify: %w", err)
		}
	}
	return newAhead(aheadRefs, docs[len(wants):]), nil
}

// present reads documents, with nil for what does not or cannot exist.
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

// Ahead is documents that were read before anybody asked for them. They stay sealed until a Get or an Update outside a
// transaction, by the caller who carries them (access.Caller.Ahead), uses them, once, after deciding.
type Ahead struct {
	mu   sync.Mutex
	docs map[store.Ref]*store.Doc
}

// Ahead makes it an access.Ahead.
func (*Ahead) Ahead() {}

func newAhead(refs []store.Ref, docs []*store.Doc) *Ahead {
	kept := &Ahead{docs: make(map[store.Ref]*store.Doc, len(refs))}
	for i, r := range refs {
		kept.docs[r] = docs[i]
	}
	return kept
}

// ahead is what the caller carries, or nil.
func (a Ask) ahead() *Ahead {
	kept, _ := a.caller.Ahead.(*Ahead)
	return kept
}

// take returns a document that was read ahead, once: a second read goes to the database.
func (h *Ahead) take(ref store.Ref) (*store.Doc, bool) {
	if h == nil {
		return nil, false
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	d, ok := h.docs[ref]
	delete(h.docs, ref)
	return d, ok
}
