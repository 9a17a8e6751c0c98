package store_test

import (
	"slices"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/store"
	"github.com/tinyoperahouse/toh/internal/platform/store/storetest"
)

// TestUnreadFields: a field that only serves queries can be searched by and is kept, and is returned only to a filter.
func TestUnreadFields(t *testing.T) {
	t.Parallel()
	notes := store.Collection{
		Name: "notes",
		Fields: []store.Field{
			{Name: "at", Type: store.Int}, {Name: "words", Type: store.Ints, Unread: true},
		},
		Queries: []store.Query{{Name: "words", AnyOf: "words", Order: []store.Order{{Field: "at"}}}},
	}
	plain := store.Collection{Name: "plain", Fields: []store.Field{{Name: "other", Type: store.String}}}
	list := []store.Collection{notes, plain}
	s := storetest.Open(t, list, nil).Store(t, storetest.Content, list, time.Second)
	scope := model.Workspace("house")
	ref := store.Ref{Scope: scope, Collection: "notes", ID: "n1"}
	beside := store.Ref{Scope: scope, Collection: "plain", ID: "p1"}
	_, err := s.Commit(t.Context(),
		store.Create(store.Doc{Ref: ref, Version: 3, Body: []byte("body"), Fields: store.Fields{"at": int64(1),
			"words": []int64{7, 8}}}),
		store.Create(store.Doc{Ref: beside, Version: 1, Body: []byte("more"), Fields: store.Fields{"other": "x"}}))
	if err != nil {
		t.Fatal(err)
	}
	docs, err := s.GetAll(t.Context(), ref, beside)
	if err != nil {
		t.Fatal(err)
	}
	check := func(d *store.Doc, words bool) {
		t.Helper()
		if _, there := d.Fields["words"]; there != words || d.Fields["at"] != int64(1) || d.Version != 3 ||
			string(d.Body) != "body" || d.Stamp.IsZero() || d.Created.IsZero() {
			t.Errorf("%+v", d)
		}
	}
	check(docs[0], false)
	if docs[1].Fields["other"] != "x" || string(docs[1].Body) != "more" {
		t.Errorf("%+v", docs[1])
	}
	find := store.Find{Collection: "notes", Query: "words", Scope: scope, AnyOf: []any{int64(8)}, Limit: 10}
	page, err := s.Find(t.Context(), find)
	if err != nil || len(page.Docs) != 1 {
		t.Fatalf("%v %v", page, err)
	}
	check(page.Docs[0], false)
	find.Filter = func(d *store.Doc) bool { return slices.Contains(d.Fields["words"].([]int64), 7) }
	if page, err = s.Find(t.Context(), find); err != nil || len(page.Docs) != 1 {
		t.Fatalf("%v %v", page, err)
	}
	check(page.Docs[0], true)
}
