package storetest

import (
	"encoding/base64"
	"testing"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/store"
)

func cursors(t *testing.T, s *store.Store) {
	scope, other := newWorkspace(), newWorkspace()
	fill(t, s, scope, 6)
	fill(t, s, other, 6)
	f := store.Find{
		Scope: scope, Collection: Kind, Query: "recent", Limit: 1,
		Equal: store.Fields{"production": "tosca"}, From: day(0),
	}
	f.Cursor = must[store.Page](t)(s.Find(t.Context(), f)).Next
	for name, change := range map[string]func(*store.Find){
		"scope":         func(f *store.Find) { f.Scope = other },
		"scope kind":    func(f *store.Find) { f.Scope = model.Account(scope.ID) },
		"value":         func(f *store.Find) { f.Equal = store.Fields{"production": "norma"} },
		"filter":        func(f *store.Find) { f.Equal = store.Fields{"state": "tosca"} },
		"more filters":  func(f *store.Find) { f.Equal = store.Fields{"production": "tosca", "sealed": true} },
		"fewer filters": func(f *store.Find) { f.Equal = nil },
		"like query":    func(f *store.Find) { f.Query, f.From = "also recent", nil },
		"query":         func(f *store.Find) { f.Query, f.Equal, f.From = "numbered", nil, nil },
		"any of": func(f *store.Find) {
			f.Query, f.Equal, f.From, f.AnyOf = "search", nil, nil, []any{int64(1)}
		},
		"cut":           func(f *store.Find) { f.Cursor = f.Cursor[:len(f.Cursor)-4] },
		"longer":        func(f *store.Find) { f.Cursor += "AAAA" },
		"not canonical": func(f *store.Find) { f.Cursor += "=" },
	} {
		moved := f
		change(&moved)
		_, err := s.Find(t.Context(), moved)
		if model.PublicText(err) == "" {
			t.Errorf("%s: %v", name, err)
		}
		wantKind(t, err, model.ErrInvalid)
	}
	everyBit(t, s, f)
	for name, change := range map[string]func(*store.Find){
		"bounds": func(f *store.Find) { f.From, f.Until = day(1), day(100) },
		"length": func(f *store.Find) { f.Limit = 50 },
	} {
		moved := f
		change(&moved)
		if page, err := s.Find(t.Context(), moved); err != nil || len(page.Docs) == 0 || ids(page.Docs[:1]) != "2" {
			t.Errorf("%s: %v, %v", name, page, err)
		}
	}
}

// everyBit flips each bit of a cursor.
func everyBit(t *testing.T, s *store.Store, f store.Find) {
	t.Helper()
	raw := must[[]byte](t)(base64.RawURLEncoding.DecodeString(f.Cursor))
	for i := range len(raw) * 8 {
		raw[i/8] ^= 1 << (i % 8)
		f.Cursor = base64.RawURLEncoding.EncodeToString(raw)
		_, err := s.Find(t.Context(), f)
		wantKind(t, err, model.ErrInvalid)
		raw[i/8] ^= 1 << (i % 8)
	}
}
