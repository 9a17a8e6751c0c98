package records_test

import (
	"errors"
	"testing"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
)

// ending is the product, ending a scope.
func ending(a access.Action) records.Ask {
	return records.By(access.SystemCaller(model.Platform(), "test", ""), a)
}

func always() bool { return true }

// TestScopeEnds: after its keys are destroyed nothing of a scope opens, all of its documents go and its trail stays.
func TestScopeEnds(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	ws, other := h.Workspace(t), h.Workspace(t)
	boss, neighbour := as(ws, "boss", access.Management), as(other, "nora", access.Management)
	var last records.Record[page]
	for range 3 {
		last = create(t, h, boss, page{Title: "It ends", Reads: everyone()})
	}
	stays := create(t, h, neighbour, page{Title: "It stays", Reads: everyone()})
	kinds := []records.Declared{pages, counters}
	counts, err := h.Gate.Contents(t.Context(), ws, kinds, 100)
	if err != nil || counts[pages.Name()] != 3 || len(counts) != 1 {
		t.Fatalf("%v, %v", counts, err)
	}
	ask := ending(access.ScopeErase)
	if _, _, err := h.Gate.Clear(t.Context(), ask, ws, kinds, always); err == nil {
		t.Fatal("cleared a scope in use")
	}
	if counts, _ = h.Gate.Contents(t.Context(), ws, kinds, 100); counts[pages.Name()] != 3 {
		t.Fatalf("%v are left of a scope in use", counts)
	}
	before, err := h.Gate.Stored(t.Context(), pages.Ref(ws, last.ID), 64)
	if err != nil || len(before) != 64 {
		t.Fatalf("%d bytes, %v", len(before), err)
	}
	for range 2 {
		if err := h.Gate.Shred(t.Context(), ask, ws); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := pages.Get(t.Context(), h.Gate, records.By(boss, access.ReportRead).On(last.ID)); !errors.Is(err,
		records.ErrDestroyed) {
		t.Errorf("read after its keys were destroyed: %v", err)
	}
	if _, err := h.Keyrings.Ring(t.Context(), ws); !errors.Is(err, records.ErrDestroyed) {
		t.Errorf("keys after they were destroyed: %v", err)
	}
	never := func() bool { return false }
	if n, all, err := h.Gate.Clear(t.Context(), ask, ws, kinds, never); n != 0 || all || err != nil {
		t.Errorf("went on without time: %d, %t, %v", n, all, err)
	}
	if n, all, err := h.Gate.Clear(t.Context(), ask, ws, kinds, always); n != 3 || !all || err != nil {
		t.Errorf("cleared %d, all %t; %v", n, all, err)
	}
	if counts, err = h.Gate.Contents(t.Context(), ws, kinds, 100); len(counts) != 0 || err != nil {
		t.Errorf("%v are left; %v", counts, err)
	}
	if _, err := pages.Get(t.Context(), h.Gate, records.By(neighbour, access.ReportRead).On(stays.ID)); err != nil {
		t.Errorf("a document of another scope: %v", err)
	}
	if err := h.Keyrings.Make(t.Context(), ws); err == nil {
		t.Error("keys were made again")
	}
	if len(ledger(t, h)) != 0 {
		t.Error("the ledger has a line for a document of a scope that ended")
	}
}

// TestOnlyTheProductEndsScopes: nobody else, under no other action, and never the platform.
func TestOnlyTheProductEndsScopes(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	ws := h.Workspace(t)
	refused := map[string]struct {
		ask   records.Ask
		scope model.Scope
	}{
		"management":     {records.By(as(ws, "boss", access.Management), access.ScopeErase), ws},
		"the workspace":  {records.By(access.SystemCaller(ws, "test", ""), access.ScopeErase), ws},
		"another action": {ending(access.PromiseKeep), ws},
		"the platform":   {ending(access.ScopeErase), model.Platform()},
		"no scope":       {ending(access.ScopeErase), model.Scope{}},
	}
	for name, r := range refused {
		if err := h.Gate.Shred(t.Context(), r.ask, r.scope); err == nil {
			t.Errorf("%s destroyed keys", name)
		}
		if _, _, err := h.Gate.Clear(t.Context(), r.ask, r.scope, []records.Declared{pages}, always); err == nil {
			t.Errorf("%s cleared a scope", name)
		}
	}
	for _, scope := range []model.Scope{ws, model.Platform()} {
		if _, err := h.Keyrings.Ring(t.Context(), scope); err != nil {
			t.Errorf("the keys of %s: %v", scope, err)
		}
	}
}
