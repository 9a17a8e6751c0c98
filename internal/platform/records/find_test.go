package records_test

import (
	"testing"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/platform/records/recordstest"
	"github.com/tinyoperahouse/toh/internal/platform/store"
)

// TestTheBodyHasTheLastWord: an index that says more than the body, as one of an earlier release may, shows nobody what
// the body keeps from them, and the trail names nothing that was not shown.
func TestTheBodyHasTheLastWord(t *testing.T) {
	spec := func(audience func(*page) access.Audience) records.Spec[page] {
		return records.Spec[page]{
			Name: "reports", In: model.WorkspaceScope, Audience: audience,
			Under:  recordstest.AnyAction(model.WorkspaceScope),
			Search: func(p *page) []records.Text { return []records.Text{{Audience: everyone(), Words: p.Title}} },
			Queries: []store.Query{
				{Name: "mine", AnyOf: "readers", Order: []store.Order{{Field: "at", Desc: true}}},
				{Name: "search", AnyOf: "words", Order: []store.Order{{Field: "at", Desc: true}}},
			},
			Fields: []store.Field{{Name: "at", Type: store.Int}},
			Index:  func(p *page) store.Fields { return store.Fields{"at": int64(p.Count)} },
		}
	}
	generous := records.Declare(spec(func(*page) access.Audience { return everyone() }))
	strict := records.Declare(spec(func(p *page) access.Audience { return p.Reads }))
	h := recordstest.New(t, generous)
	now := h.Beside(t, strict)
	ws := h.Workspace(t)
	boss, viewer := as(ws, "boss", access.Management), as(ws, "vera", access.Viewer)
	for i, reads := range []access.Audience{managers, everyone()} {
		if _, err := generous.Create(t.Context(), h.Gate, records.By(boss, access.ReportCreate).On(model.NewID()),
			page{Title: "curtain", Count: i, Reads: reads}); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range []records.Find{{Query: "mine"}, {Query: "search", Search: "curtain"}} {
		for c, want := range map[*access.Caller]int{&boss: 2, &viewer: 1} {
			found, err := strict.Find(t.Context(), now.Gate, records.By(*c, access.ReportList), f)
			if err != nil || len(found.Records) != want {
				t.Errorf("%s finds %d by %s, want %d: %v", c.Role, len(found.Records), f.Query, want, err)
			}
			for _, r := range found.Records {
				if r.ID == "" || c == &viewer && r.Body.Count == 0 {
					t.Errorf("%s by %s: %+v", c.Role, f.Query, r)
				}
			}
		}
	}
}
