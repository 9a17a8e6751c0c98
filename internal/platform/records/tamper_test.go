package records_test

import (
	"bytes"
	"errors"
	"maps"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/platform/records/recordstest"
	"github.com/tinyoperahouse/toh/internal/platform/store"
)

// stored is a document as the database holds it, as a copy that can be changed.
func stored(t *testing.T, h *recordstest.Fixture, r store.Ref) store.Doc {
	t.Helper()
	d, err := h.Store.Get(t.Context(), r)
	if err != nil {
		t.Fatal(err)
	}
	c := *d
	c.Fields, c.Body, c.Proof = maps.Clone(d.Fields), bytes.Clone(d.Body), bytes.Clone(d.Proof)
	return c
}

// force writes past the gate, as somebody could who reaches the database.
func force(t *testing.T, h *recordstest.Fixture, d store.Doc) {
	t.Helper()
	if _, err := h.Store.Commit(t.Context(), store.Put(d)); err != nil {
		t.Fatal(err)
	}
}

// TestWhatStandsOutsideIsProved changes each field of a document through the database, and puts an old body back.
func TestWhatStandsOutsideIsProved(t *testing.T) {
	t.Parallel()
	h := recordstest.New(t, notesAfter)
	me := access.Caller{Scope: h.Workspace(t), Account: model.NewID(), Name: "Ada", Role: access.Management}
	ctx := t.Context()
	one, err := notesAfter.Create(ctx, h.Gate, records.By(me, access.ReportCreate).On(model.NewID()),
		noteAfter{Title: "One"})
	if err != nil {
		t.Fatal(err)
	}
	other, err := notesAfter.Create(ctx, h.Gate, records.By(me, access.ReportCreate).On(model.NewID()),
		noteAfter{Title: "One"})
	if err != nil {
		t.Fatal(err)
	}
	ref := notesAfter.Ref(me.Scope, one.ID)
	old := stored(t, h, ref)
	if _, err := notesAfter.Update(ctx, h.Gate, records.By(me, access.ReportUpdate).On(one.ID).At(1),
		func(n *noteAfter) error {
			n.Title = "Two"
			return nil
		}); err != nil {
		t.Fatal(err)
	}
	now := stored(t, h, ref)
	for name, change := range map[string]func(d *store.Doc){
		"a field":               func(d *store.Doc) { d.Fields["state"] = "One" },
		"a number":              func(d *store.Doc) { d.Fields["rank"] = int64(7) },
		"a field less":          func(d *store.Doc) { delete(d.Fields, "rank") },
		"the version":           func(d *store.Doc) { d.Version++ },
		"when it was made":      func(d *store.Doc) { d.Created = d.Created.Add(-time.Microsecond) },
		"when it was changed":   func(d *store.Doc) { d.Updated = d.Updated.Add(time.Hour) },
		"an old body":           func(d *store.Doc) { d.Body = old.Body },
		"an old body and proof": func(d *store.Doc) { d.Body, d.Proof = old.Body, old.Proof },
		"an old body, proof and version": func(d *store.Doc) {
			d.Body, d.Proof, d.Version = old.Body, old.Proof, old.Version
		},
		"no proof":            func(d *store.Doc) { d.Proof = nil },
		"half a proof":        func(d *store.Doc) { d.Proof = d.Proof[:len(d.Proof)/2] },
		"a proof of nothing":  func(d *store.Doc) { d.Proof = append([]byte{1, 0}, make([]byte, 32)...) },
		"a bit of the proof":  func(d *store.Doc) { d.Proof[5] ^= 1 },
		"another one's proof": func(d *store.Doc) { d.Proof = stored(t, h, notesAfter.Ref(me.Scope, other.ID)).Proof },
	} {
		d := stored(t, h, ref)
		change(&d)
		force(t, h, d)
		if r, err := notesAfter.Get(ctx, h.Gate, records.By(me, access.ReportRead).On(one.ID)); !errors.Is(err,
			model.ErrInvalid) {
			t.Errorf("%s: %+v, %v", name, r, err)
		}
		_, err := notesAfter.Update(ctx, h.Gate, records.By(me, access.ReportUpdate).On(one.ID),
			func(*noteAfter) error {
				return nil
			})
		if !errors.Is(err, model.ErrInvalid) {
			t.Errorf("%s: changed: %v", name, err)
		}
		force(t, h, now)
		if _, err := notesAfter.Get(ctx, h.Gate, records.By(me, access.ReportRead).On(one.ID)); err != nil {
			t.Fatalf("after %s: %v", name, err)
		}
	}
}

// TestAnAlteredEntryShows changes each field of an entry. The trail can still be read, and says which entry was
// changed.
func TestAnAlteredEntryShows(t *testing.T) {
	t.Parallel()
	h := recordstest.New(t, notesAfter)
	me := access.Caller{Scope: h.Workspace(t), Account: "ada", Name: "Ada", Role: access.Management, Request: "r1",
		Trace: "t1", Session: "s1"}
	for _, record := range []string{"reports/one", "reports/two"} {
		if err := h.Gate.Note(t.Context(), h.Gate, records.By(me, access.ReportRead), record,
			audit.Denied); err != nil {
			t.Fatal(err)
		}
	}
	list := func() map[string]*audit.Entry {
		t.Helper()
		page, err := h.Trail.List(t.Context(), me.Scope, audit.Filter{}, 100, "")
		if err != nil {
			t.Fatal(err)
		}
		found := map[string]*audit.Entry{}
		for _, e := range page.Entries {
			found[e.ID] = e
		}
		return found
	}
	var one, two string
	for id, e := range list() {
		if e.Altered || e.Actor.Name != "Ada" {
			t.Errorf("as written: %+v", e)
		}
		if one = id; e.Record == "reports/two" {
			two = id
		}
	}
	if one == two {
		for id := range list() {
			if id != two {
				one = id
			}
		}
	}
	at := store.Ref{Scope: me.Scope, Collection: audit.EntriesName, ID: one}
	was, beside := stored(t, h, at), stored(t, h, store.Ref{Scope: me.Scope, Collection: audit.EntriesName, ID: two})
	changes := map[string]func(d *store.Doc){
		"body":    func(d *store.Doc) { d.Body = beside.Body },
		"version": func(d *store.Doc) { d.Version = 2 },
		"proof":   func(d *store.Doc) { d.Proof = nil },
		"times":   func(d *store.Doc) { d.Fields["at"] = was.Fields["at"].(time.Time).Add(-time.Microsecond) },
		"expiry":  func(d *store.Doc) { d.Fields["expires"] = was.Fields["expires"].(time.Time).Add(time.Hour) },
	}
	for name, value := range was.Fields {
		if text, ok := value.(string); ok {
			changes[name] = func(d *store.Doc) { d.Fields[name] = text + "x" }
			changes["no "+name] = func(d *store.Doc) { delete(d.Fields, name) }
		}
	}
	for name, change := range changes {
		d := stored(t, h, at)
		change(&d)
		force(t, h, d)
		found := list()
		if e := found[one]; e == nil || !e.Altered || e.Labels != nil || e.Actor.Name != "" {
			t.Errorf("%s: %+v", name, e)
		}
		if e := found[two]; e == nil || e.Altered {
			t.Errorf("%s: the entry beside it: %+v", name, e)
		}
		force(t, h, was)
	}
	if e := list()[one]; e == nil || e.Altered {
		t.Errorf("put back: %+v", e)
	}
}
