package records

import (
	"strconv"
	"testing"

	"github.com/tinyoperahouse/toh/internal/platform/seal"
	"github.com/tinyoperahouse/toh/internal/platform/store"
)

func TestMemoryRecallsTheSameBytesUnderTheSameRingOnly(t *testing.T) {
	t.Parallel()
	m, ring := newMemory(), &seal.Ring{}
	d := &store.Doc{Ref: store.Ref{Collection: "tokens", ID: "a"}, Body: []byte("sealed")}
	m.keep(ring, d, "body")
	if body, ok := m.recall(ring, d); !ok || body != "body" {
		t.Error("the same document is not recalled")
	}
	d.Body[0] = 'S' // the cache holds a copy
	for name, try := range map[string]struct {
		ring *seal.Ring
		doc  store.Doc
	}{
		"other bytes":    {ring, *d},
		"another proof":  {ring, store.Doc{Ref: d.Ref, Body: []byte("sealed"), Proof: []byte("p")}},
		"a field":        {ring, store.Doc{Ref: d.Ref, Body: []byte("sealed"), Fields: store.Fields{"state": "open"}}},
		"a version":      {ring, store.Doc{Ref: d.Ref, Body: []byte("sealed"), Version: 2}},
		"fewer bytes":    {ring, store.Doc{Ref: d.Ref, Body: []byte("seale")}},
		"another ring":   {&seal.Ring{}, store.Doc{Ref: d.Ref, Body: []byte("sealed")}},
		"another place":  {ring, store.Doc{Ref: store.Ref{Collection: "tokens", ID: "b"}, Body: []byte("sealed")}},
		"another kind":   {ring, store.Doc{Ref: store.Ref{Collection: "members", ID: "a"}, Body: []byte("sealed")}},
		"an empty place": {ring, store.Doc{}},
	} {
		if _, ok := m.recall(try.ring, &try.doc); ok {
			t.Errorf("%s: recalled", name)
		}
	}
}

func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	m, ring := newMemory(), &seal.Ring{}
	m.most = 3
	for i := range 10 {
		d := &store.Doc{Ref: store.Ref{ID: strconv.Itoa(i)}, Body: []byte{1}}
		m.keep(ring, d, i)
		m.keep(ring, d, i)
		if body, ok := m.recall(ring, d); !ok || body != i || len(m.held) > 3 {
			t.Fatalf("%d: %v %v of %d", i, body, ok, len(m.held))
		}
	}
}
