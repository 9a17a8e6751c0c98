package records

import (
	"bytes"
	"reflect"
	"sync"

	"github.com/tinyoperahouse/toh/internal/platform/seal"
	"github.com/tinyoperahouse/toh/internal/platform/store"
)

// memory caches the documents that identify callers, as they were when they were last opened. It saves opening and
// decoding the same bytes for each request, and nothing else: the document is still read from the database each time,
// and the cached content is used only if the document is the same to the last byte, under the same keyring that opened
// it.
type memory struct {
	mu   sync.Mutex
	most int
	held map[store.Ref]remembered
}

type remembered struct {
	ring *seal.Ring
	doc  *store.Doc
	body any // of the kind's type, never changed
}

// mostRemembered limits the cache; an entry takes about a kilobyte.
const mostRemembered = 4096

func newMemory() *memory {
	return &memory{most: mostRemembered, held: make(map[store.Ref]remembered)}
}

func (m *memory) recall(ring *seal.Ring, d *store.Doc) (body any, ok bool) {
	m.mu.Lock()
	r, ok := m.held[d.Ref]
	m.mu.Unlock()
	return r.body, ok && r.ring == ring && same(r.doc, d)
}

// keep replaces the cached form of a document. When there is no room an arbitrary document is dropped; that of a
// frequent caller is soon cached again.
func (m *memory) keep(ring *seal.Ring, d *store.Doc, body any) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if _, there := m.held[d.Ref]; !there && len(m.held) >= m.most {
		for ref := range m.held {
			delete(m.held, ref)
			break
		}
	}
	kept := *d
	kept.Body, kept.Proof = bytes.Clone(d.Body), bytes.Clone(d.Proof)
	m.held[d.Ref] = remembered{ring, &kept, body}
}

// same reports whether two reads of a document agree in everything that its proof covers.
func same(a, b *store.Doc) bool {
	if !bytes.Equal(a.Body, b.Body) || !bytes.Equal(a.Proof, b.Proof) || a.Version != b.Version ||
		!a.Created.Equal(b.Created) || !a.Updated.Equal(b.Updated) || len(a.Fields) != len(b.Fields) {
		return false
	}
	for name, value := range a.Fields {
		if there, ok := b.Fields[name]; !ok || !reflect.DeepEqual(value, there) {
			return false
		}
	}
	return true
}

// openKnown opens a document that identifies a caller. The returned value shares its lists with later callers, who must
// not change them.
func (k *Kind[T]) openKnown(ring *seal.Ring, g *Gate, d *store.Doc) (Record[T], error) {
	if body, ok := g.memory.recall(ring, d); ok {
		return Record[T]{ID: d.Ref.ID, Body: *body.(*T), Version: d.Version, Created: d.Created, Updated: d.Updated},
			nil
	}
	r, err := k.open(ring, d)
	if err == nil {
		body := r.Body
		g.memory.keep(ring, d, &body)
	}
	return r, err
}
