package storetest

import (
	"testing"

	"github.com/tinyoperahouse/toh/internal/platform/store"
)

// walks goes through a whole collection in small steps, and must see each document once, however many others there are.
func walks(t *testing.T, s *store.Store) {
	mine := map[store.Ref]int{}
	for range 3 {
		scope := newWorkspace()
		for n := range 3 {
			d := sample(scope, n)
			d.Body = []byte("sealed")
			commit(t, s, store.Create(d))
			mine[d.Ref] = 0
		}
	}
	after, last := store.Ref{}, ""
	for {
		page, err := s.Walk(t.Context(), store.Walk{Collection: Kind, Fields: []string{"state"}, After: after,
			Limit: 4})
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range page {
			if d.Ref.String() <= last {
				t.Fatalf("%s comes behind %s", d.Ref, last)
			}
			last, after = d.Ref.String(), d.Ref
			if n, ok := mine[d.Ref]; ok {
				mine[d.Ref] = n + 1
				if d.Body != nil || d.Created.IsZero() || d.Fields["number"] != nil || d.Fields["state"] == nil {
					t.Errorf("walked by %+v", d)
				}
			}
		}
		if len(page) < 4 {
			break
		}
	}
	for r, n := range mine {
		if n != 1 {
			t.Errorf("%s was walked by %d times", r, n)
		}
	}
	whole, err := s.Walk(t.Context(), store.Walk{Collection: Kind, Body: true, Limit: 1})
	if err != nil || len(whole) != 1 || len(whole[0].Body) == 0 {
		t.Errorf("with a body: %v, %v", whole, err)
	}
	if _, err := s.Walk(t.Context(), store.Walk{Collection: "others", Limit: 1}); err == nil {
		t.Error("walked through what is not declared")
	}
}
