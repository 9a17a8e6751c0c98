package records_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/platform/records/recordstest"
	"github.com/tinyoperahouse/toh/internal/platform/store"
)

// beside gives the caller a counter to store with its next change, under the id "key". made counts how often it was
// requested, and changed is the last list of documents it got.
type beside struct {
	made    int
	changed []string
}

func (b *beside) carry(t *testing.T, h *recordstest.Fixture, c access.Caller) access.Caller {
	t.Helper()
	companion, err := counters.Companion(t.Context(), h.Gate, records.By(c, access.ReportCreate).On("key"),
		func(changed []string) counter {
			b.made++
			b.changed = changed
			return counter{b.made}
		})
	if err != nil {
		t.Fatal(err)
	}
	c.Beside = companion
	return c
}

func keyOf(t *testing.T, h *recordstest.Fixture, scope model.Scope) (counter, bool) {
	t.Helper()
	r, err := counters.Get(t.Context(), h.Gate, records.By(as(scope, "boss", access.Management),
		access.ReportRead).On("key"))
	if errors.Is(err, model.ErrNotFound) {
		return counter{}, false
	}
	if err != nil {
		t.Fatal(err)
	}
	return r.Body, true
}

func put(t *testing.T, h *recordstest.Fixture, via records.Via, c access.Caller, id string) error {
	t.Helper()
	return errOf(pages.Create(t.Context(), via, records.By(c, access.ReportCreate).On(id),
		page{Title: id, Reads: everyone()}))
}

// A companion is stored with the first change of the caller who carries it, and with no other.
func TestACompanionGoesWithOneChange(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	ws := h.Workspace(t)
	var b beside
	ada := b.carry(t, h, as(ws, "ada", access.Reporter))
	if err := put(t, h, h.Gate, as(ws, "bob", access.Reporter), "other"); err != nil {
		t.Fatal(err)
	}
	if _, err := pages.Get(t.Context(), h.Gate, records.By(ada, access.ReportRead).On("other")); err != nil {
		t.Fatal(err)
	}
	if _, there := keyOf(t, h, ws); there || b.made != 0 {
		t.Fatalf("stored by somebody else's change, or by a reading")
	}
	wantKind(t, put(t, h, h.Gate, as(ada.Scope, "vic", access.Viewer), "denied"), model.ErrDenied)
	for _, id := range []string{"one", "two"} {
		if err := put(t, h, h.Gate, ada, id); err != nil {
			t.Fatal(id, err)
		}
	}
	if _, there := keyOf(t, h, ws); !there || b.made != 1 || len(b.changed) != 1 || b.changed[0] != "reports/one" {
		t.Errorf("made %d times, for %v", b.made, b.changed)
	}
}

// When the change has to be repeated because somebody else was faster, its companion is still stored once.
func TestACompanionSurvivesTriesThatFail(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	ws := h.Workspace(t)
	bob := as(ws, "bob", access.Organizer)
	r := create(t, h, bob, page{Title: "contended", Reads: everyone()})
	overtake := func() {
		if _, err := pages.Update(t.Context(), h.Gate, records.By(bob, access.ReportUpdate).On(r.ID),
			func(p *page) error { p.Count++; return nil }); err != nil {
			t.Error(err)
		}
	}
	var b beside
	ada := b.carry(t, h, as(ws, "ada", access.Reporter))
	tries := 0
	if _, err := pages.Update(t.Context(), h.Gate, records.By(ada, access.ReportUpdate).On(r.ID),
		func(p *page) error {
			if tries++; tries == 1 {
				overtake()
			}
			p.Text = "changed"
			return nil
		}); err != nil {
		t.Fatal(err)
	}
	if key, there := keyOf(t, h, ws); !there || tries != 2 || key.N != 2 {
		t.Errorf("after %d tries: %+v, %v", tries, key, there)
	}
	if n := len(trail(t, h, ws, audit.Filter{Actor: "ada"})); n != 1 {
		t.Errorf("%d entries", n)
	}
}

func TestACompanionOfATransaction(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	ws := h.Workspace(t)
	var b beside
	ada := b.carry(t, h, as(ws, "ada", access.Reporter))
	wantKind(t, h.Gate.Change(t.Context(), func(ctx context.Context, tx *records.Tx) error {
		return errors.Join(put(t, h, tx, ada, "lost"), model.ErrConflict)
	}), model.ErrConflict)
	if _, there := keyOf(t, h, ws); there {
		t.Fatal("stored by a transaction that did not take place")
	}
	if err := h.Gate.Change(t.Context(), func(ctx context.Context, tx *records.Tx) error {
		return errors.Join(put(t, h, tx, ada, "one"), put(t, h, tx, ada, "two"))
	}); err != nil {
		t.Fatal(err)
	}
	if key, there := keyOf(t, h, ws); !there || key.N != 1 || len(b.changed) != 2 {
		t.Errorf("%+v, %v, for %v", key, there, b.changed)
	}
}

// A companion that already exists prevents the change, at once and for good.
func TestACompanionThatIsThereStopsTheChange(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	ws := h.Workspace(t)
	var first, second, third beside
	if err := put(t, h, h.Gate, first.carry(t, h, as(ws, "ada", access.Reporter)), "one"); err != nil {
		t.Fatal(err)
	}
	again := second.carry(t, h, as(ws, "ada", access.Reporter))
	wantKind(t, put(t, h, h.Gate, again, "two"), model.ErrConflict)
	r := create(t, h, as(ws, "ada", access.Reporter), page{Title: "three", Reads: everyone()})
	again = third.carry(t, h, as(ws, "ada", access.Reporter))
	tries := 0
	_, err := pages.Update(t.Context(), h.Gate, records.By(again, access.ReportUpdate).On(r.ID), func(p *page) error {
		tries++
		return nil
	})
	wantKind(t, err, model.ErrConflict)
	if tries != 1 {
		t.Errorf("%d tries of what cannot succeed", tries)
	}
	docs, err := h.Store.GetAll(t.Context(), pages.Ref(ws, "two"), counters.Ref(ws, "key"))
	if err != nil || docs[0] != nil || docs[1] == nil || docs[1].Version != 1 {
		t.Errorf("%+v, %v", docs, err)
	}
}

// What the answer shows is in the entry, but only if the caller says that the answer shows it.
func TestAnswersThatShowTheWhole(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	ws := h.Workspace(t)
	plain := as(ws, "ada", access.Organizer)
	whole := plain
	whole.Shows = true
	shown := func() bool {
		e := trail(t, h, ws, audit.Filter{Actor: "ada"})[0]
		h.Clock.Advance(time.Microsecond) // what the database tells apart
		return len(e.Shown) > 0
	}
	for _, c := range []access.Caller{plain, whole} {
		r := create(t, h, c, page{Title: "x", State: "filed", Reads: everyone()})
		if shown() != c.Shows {
			t.Errorf("create by who shows %v", c.Shows)
		}
		if _, err := pages.Find(t.Context(), h.Gate, records.By(c, access.ReportList), records.Find{Query: "mine",
			Equal: store.Fields{"state": "filed"}}); err != nil {
			t.Fatal(err)
		}
		if shown() != c.Shows {
			t.Errorf("list by who shows %v, with %s", c.Shows, r.ID)
		}
	}
}
