package storetest

import (
	"testing"

	"github.com/tinyoperahouse/toh/internal/platform/store"
)

// clears removes all documents of one collection in one scope, in steps, and nothing else.
func clears(t *testing.T, s *store.Store) {
	ends, stays := newWorkspace(), newWorkspace()
	for n := range 7 {
		commit(t, s, store.Create(sample(ends, n)))
	}
	kept := sample(stays, 0)
	commit(t, s, store.Create(kept))
	if n, err := s.CountAll(t.Context(), ends, Kind, 100); n != 7 || err != nil {
		t.Fatalf("counted %d; %v", n, err)
	}
	if n, err := s.CountAll(t.Context(), ends, Kind, 5); n != 5 || err != nil {
		t.Fatalf("counted %d up to 5; %v", n, err)
	}
	for _, want := range []int{3, 3, 1, 0} {
		if n, err := s.Clear(t.Context(), ends, Kind, 3); n != want || err != nil {
			t.Fatalf("removed %d, want %d; %v", n, want, err)
		}
	}
	if n, err := s.CountAll(t.Context(), ends, Kind, 100); n != 0 || err != nil {
		t.Errorf("%d are left; %v", n, err)
	}
	if d, err := s.Get(t.Context(), kept.Ref); d == nil || err != nil {
		t.Errorf("a document of another scope is gone; %v", err)
	}
	if _, err := s.Clear(t.Context(), ends, "others", 1); err == nil {
		t.Error("cleared what is not declared")
	}
	if _, err := s.Clear(t.Context(), store.Ref{}.Scope, Kind, 1); err == nil {
		t.Error("cleared what is in no scope")
	}
}
