package records_test

import (
	"slices"
	"testing"

	"cloud.google.com/go/firestore/apiv1/firestorepb"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/platform/records/recordstest"
	"github.com/tinyoperahouse/toh/internal/platform/store"
)

// TestTheBodyHasTheLastWord: if the index admits more readers than the body, as that of an earlier release may, nobody
// is shown what the body withholds from them, and the trail names nothing that was not shown.
func TestTheBodyHasTheLastWord(t *testing.T) {
	t.Parallel()
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

// TestUnindexed: an unindexed document has one mark instead of words. Its reader finds it by any of its words, in the
// order of the list, and nobody else does. What an earlier release stored, with words, is found as well.
func TestUnindexed(t *testing.T) {
	t.Parallel()
	spec := records.Spec[page]{
		Name: "reports", In: model.WorkspaceScope, Under: recordstest.AnyAction(model.WorkspaceScope),
		Audience: func(p *page) access.Audience { return p.Reads },
		Search: func(p *page) []records.Text {
			return []records.Text{{Audience: p.Reads, Words: p.Title}, {Audience: managers, Words: p.Secret}}
		},
		Queries: []store.Query{{Name: "search", Equal: []string{"state"}, AnyOf: "words",
			Order: []store.Order{{Field: "at", Desc: true}}}},
		Fields: []store.Field{{Name: "at", Type: store.Int}, {Name: "state", Type: store.String}},
		Index:  func(p *page) store.Fields { return store.Fields{"at": int64(p.Count), "state": p.State} },
	}
	before := records.Declare(spec)
	spec.Unindexed = func(p *page) bool { return p.State == "draft" }
	after := records.Declare(spec)
	h := recordstest.New(t, before)
	now := h.Beside(t, after)
	ws := h.Workspace(t)
	ada, bob := as(ws, "ada", access.Reporter), as(ws, "bob", access.Management)
	make := func(k *records.Kind[page], g *records.Gate, c access.Caller, n int, state, title string,
		reads access.Audience) string {
		r, err := k.Create(t.Context(), g, records.By(c, access.ReportCreate).On(model.NewID()),
			page{Title: title, Secret: "hidden", Count: n, State: state, Reads: reads})
		if err != nil {
			t.Fatal(err)
		}
		return r.ID
	}
	old := make(before, h.Gate, ada, 1, "draft", "lantern by the well", access.Only("ada"))
	filed := make(after, now.Gate, ada, 2, "filed", "the lantern at the well", everyone())
	own := make(after, now.Gate, ada, 3, "draft", "Lantern and well", access.Only("ada"))
	make(after, now.Gate, ada, 4, "draft", "a duet", access.Only("ada"))
	foreign := make(after, now.Gate, bob, 5, "draft", "well, a lantern", access.Only("bob"))
	find := func(c access.Caller, f records.Find) (ids []string) {
		f.Query = "search"
		for {
			got, err := after.Find(t.Context(), now.Gate, records.By(c, access.ReportSearch), f)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range got.Records {
				ids = append(ids, r.ID)
			}
			if f.Cursor = got.Next; f.Cursor == "" {
				return ids
			}
		}
	}
	for _, limit := range []int{0, 1, 2} {
		for _, words := range []string{"lantern", "WELL lantern", "a well"} {
			if got := find(ada, records.Find{Search: words, Limit: limit}); !slices.Equal(got,
				[]string{own, filed, old}) {
				t.Errorf("ada finds %v by %q", got, words)
			}
		}
		if got := find(bob, records.Find{Search: "lantern", Limit: limit}); !slices.Equal(got,
			[]string{foreign, filed}) {
			t.Errorf("bob finds %v", got)
		}
	}
	for words, c := range map[string]access.Caller{"lantern duet": ada, "hidden duet": ada, "the": ada} {
		if got := find(c, records.Find{Search: words}); len(got) > 0 {
			t.Errorf("%q finds %v", words, got)
		}
	}
	if got := find(ada, records.Find{Search: "well", Equal: store.Fields{"state": "filed"}}); len(got) != 1 {
		t.Errorf("filed only: %v", got)
	}
	for id, want := range map[string]int{own: 1, foreign: 1, old: 3, filed: 3} { // two words, and one of management's
		stream, err := h.Clients.Firestore.Client.BatchGetDocuments(t.Context(), &firestorepb.BatchGetDocumentsRequest{
			Database:  h.Clients.Firestore.Name,
			Documents: []string{h.Clients.Firestore.Name + "/documents/" + after.Ref(ws, id).String()}})
		if err != nil {
			t.Fatal(err)
		}
		got, err := stream.Recv()
		if err != nil {
			t.Fatal(err)
		}
		if n := len(got.GetFound().GetFields()["words"].GetArrayValue().GetValues()); n != want {
			t.Errorf("%s has %d words in the index, want %d", id, n, want)
		}
	}
}

// TestSome: of the named documents, a caller gets those that exist and are meant for them, and one entry names these.
func TestSome(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	ws := h.Workspace(t)
	boss, viewer := as(ws, "boss", access.Management), as(ws, "vera", access.Viewer)
	open := create(t, h, boss, page{Title: "one", Reads: everyone()})
	shut := create(t, h, boss, page{Title: "two", Reads: managers})
	foreign := create(t, h, as(h.Workspace(t), "boss", access.Management), page{Title: "three", Reads: everyone()})
	ids := []string{shut.ID, open.ID, foreign.ID, model.NewID(), "no id!"}
	got, err := pages.Some(t.Context(), h.Gate, records.By(viewer, access.ReportList), ids)
	if err != nil || len(got) != 1 || got[0].ID != open.ID || got[0].Body.Title != "one" {
		t.Errorf("%+v, %v", got, err)
	}
	entries := trail(t, h, ws, audit.Filter{Actor: "vera"})
	if len(entries) != 1 || entries[0].Labels["ids"] != open.ID {
		t.Errorf("entries %+v", entries)
	}
	got, err = pages.Some(t.Context(), h.Gate, records.By(boss, access.ReportList), ids)
	if len(got) != 2 || err != nil {
		t.Errorf("management gets %+v, %v", got, err)
	}
}
