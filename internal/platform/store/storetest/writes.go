package storetest

import (
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/store"
	"github.com/tinyoperahouse/toh/internal/test/testclock"
)

// same compares a document that was read with one that was written.
func same(t *testing.T, got *store.Doc, want store.Doc, stamp time.Time) {
	t.Helper()
	want.Stamp = stamp
	if diff := cmp.Diff(&want, got); diff != "" {
		t.Fatalf("got another document (-want +got):\n%s", diff)
	}
}

func roundTrip(t *testing.T, s *store.Store) {
	scope := newWorkspace()
	for name, fields := range map[string]store.Fields{
		"none":    {},
		"numbers": {"number": int64(math.MinInt64), "tokens": []int64{math.MaxInt64, 0, math.MinInt64, 0}},
		"texts":   {"note": "ö\x00\U0001F600 \"'`", "people": []string{"", "a", "a"}},
		"empty":   {"note": "", "people": []string{}, "tokens": []int64{}, "sealed": false},
		"times": {"filed": time.Date(1, 1, 1, 0, 0, 0, 1000, time.UTC), "expires": time.Date(9999, 12, 31, 23, 59, 59,
			999999000, time.UTC)},
	} {
		d := store.Doc{Ref: report(scope, name), Fields: fields, Body: []byte(name), Version: 1 << 40, Created: day(1),
			Updated: day(2)}
		at := commit(t, s, store.Create(d))
		same(t, get(t, s, d.Ref), d, at)
	}
	d := store.Doc{Ref: report(scope, "cut"), Fields: store.Fields{"filed": day(1).Add(999 * time.Nanosecond)}}
	commit(t, s, store.Create(d))
	got := get(t, s, d.Ref)
	if !got.Fields["filed"].(time.Time).Equal(day(1)) {
		t.Errorf("time %v is not cut to microseconds", got.Fields["filed"])
	}
	if got.Body != nil || got.Created.IsZero() || !got.Created.Equal(got.Updated) || testclock.Now().Sub(got.Created).
		Abs() > time.Hour {
		t.Errorf("defaults: body %v, created %v, updated %v", got.Body, got.Created, got.Updated)
	}
}

func absence(t *testing.T, s *store.Store) {
	scope := newWorkspace()
	for name, r := range map[string]store.Ref{
		"missing":      report(scope, "none"),
		"impossible":   report(scope, "No/such..id"),
		"empty":        report(scope, ""),
		"no scope":     report(model.Scope{}, "r1"),
		"foreign path": report(model.Workspace("a/reports/b"), "r1"),
	} {
		_, err := s.Get(t.Context(), r)
		if !errors.Is(err, model.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func manyAtOnce(t *testing.T, s *store.Store) {
	scope := newWorkspace()
	fill(t, s, scope, 3)
	refs := []store.Ref{report(scope, "r0002"), report(scope, "none"), report(scope, "r0000"), report(scope, "r0002"),
		report(scope, "!")}
	docs := must[[]*store.Doc](t)(s.GetAll(t.Context(), refs...))
	var got []string
	for _, d := range docs {
		if d == nil {
			got = append(got, "-")
		} else {
			got = append(got, d.Ref.ID)
		}
	}
	if text := strings.Join(got, " "); text != "r0002 - r0000 r0002 -" {
		t.Fatalf("got %s", text)
	}
	if none := must[[]*store.Doc](t)(s.GetAll(t.Context())); len(none) != 0 {
		t.Fatalf("nothing asked, got %v", none)
	}
}

func creates(t *testing.T, s *store.Store) {
	d := sample(newWorkspace(), 1)
	at := commit(t, s, store.Create(d))
	other := d
	other.Body = []byte("other")
	_, err := s.Commit(t.Context(), store.Create(other))
	wantClash(t, err, d.Ref)
	_, err = s.Commit(t.Context(), store.Create(d)) // the same content is still another commit
	wantClash(t, err, d.Ref)
	same(t, get(t, s, d.Ref), d, at)
}

func replaces(t *testing.T, s *store.Store) {
	d := sample(newWorkspace(), 1)
	_, err := s.Commit(t.Context(), store.Replace(d, time.Time{}))
	wantClash(t, err, d.Ref)
	_, err = s.Commit(t.Context(), store.Replace(d, day(1)))
	wantClash(t, err, d.Ref)
	wantGone(t, s, d.Ref)

	first := commit(t, s, store.Put(d))
	d.Version, d.Fields = 9, store.Fields{"state": "filed"} // a field that is left out is gone
	second := commit(t, s, store.Replace(d, first))
	same(t, get(t, s, d.Ref), d, second)
	if !second.After(first) {
		t.Fatalf("stamp %v is not after %v", second, first)
	}
	_, err = s.Commit(t.Context(), store.Replace(sample(d.Ref.Scope, 1), first))
	wantClash(t, err, d.Ref)
	same(t, get(t, s, d.Ref), d, second)
	third := commit(t, s, store.Replace(d, second)) // without a change the stamp still moves
	if !third.After(second) || !get(t, s, d.Ref).Stamp.Equal(third) {
		t.Fatalf("stamp %v after %v", third, second)
	}
	commit(t, s, store.Replace(d, time.Time{}))
}

func deletes(t *testing.T, s *store.Store) {
	d := sample(newWorkspace(), 1)
	commit(t, s, store.Delete(d.Ref, time.Time{})) // the document need not exist
	_, err := s.Commit(t.Context(), store.Delete(d.Ref, day(1)))
	wantClash(t, err, d.Ref)
	old := commit(t, s, store.Put(d))
	stamp := commit(t, s, store.Put(d))
	_, err = s.Commit(t.Context(), store.Delete(d.Ref, old))
	wantClash(t, err, d.Ref)
	get(t, s, d.Ref)
	commit(t, s, store.Delete(d.Ref, stamp))
	wantGone(t, s, d.Ref)
}

func allOrNothing(t *testing.T, s *store.Store) {
	scope := newWorkspace()
	a, b, c := sample(scope, 1), sample(scope, 2), sample(scope, 3)
	commit(t, s, store.Create(b))
	_, err := s.Commit(t.Context(), store.Create(a), store.Put(c), store.Delete(a.Ref, time.Time{}), store.Create(b))
	wantClash(t, err, b.Ref)
	_, err = s.Commit(t.Context(), store.Create(a), store.Replace(c, time.Time{}), store.Delete(b.Ref, time.Time{}))
	wantClash(t, err, c.Ref)
	_, err = s.Commit(t.Context(), store.Create(a), store.Delete(b.Ref, day(1)))
	wantClash(t, err, b.Ref)
	wantGone(t, s, a.Ref, c.Ref)
	get(t, s, b.Ref)

	other := sample(newWorkspace(), 1) // commits may cross scopes
	at := commit(t, s, store.Create(a), store.Create(other), store.Replace(b, time.Time{}),
		store.Delete(c.Ref, time.Time{}))
	for _, r := range []store.Ref{a.Ref, other.Ref, b.Ref} {
		if d := get(t, s, r); !d.Stamp.Equal(at) {
			t.Errorf("%s has stamp %v, the commit %v", r, d.Stamp, at)
		}
	}
}

func undeclared(t *testing.T, s *store.Store) {
	scope := newWorkspace()
	d := sample(scope, 1)
	for name, change := range map[string]func(*store.Doc){
		"field":      func(d *store.Doc) { d.Fields = store.Fields{"other": "x"} },
		"own field":  func(d *store.Doc) { d.Fields = store.Fields{"body": "x"} },
		"type":       func(d *store.Doc) { d.Fields = store.Fields{"number": "x"} },
		"go type":    func(d *store.Doc) { d.Fields = store.Fields{"number": 1} },
		"nil":        func(d *store.Doc) { d.Fields = store.Fields{"note": nil} },
		"collection": func(d *store.Doc) { d.Ref.Collection = "others" },
		"id":         func(d *store.Doc) { d.Ref.ID = "Bad/id" },
		"scope":      func(d *store.Doc) { d.Ref.Scope.ID = "x/y/z" },
	} {
		bad := d
		change(&bad)
		if _, err := s.Commit(t.Context(), store.Create(d), store.Put(bad)); err == nil {
			t.Errorf("%s: written", name)
		}
	}
	wantGone(t, s, d.Ref)
	if _, err := s.Commit(t.Context()); err == nil {
		t.Error("an empty commit is accepted")
	}
	if _, err := s.Commit(t.Context(), store.Write{}); err == nil {
		t.Error("a write without a verb is accepted")
	}
	if _, err := s.GetAll(t.Context(), store.Ref{Scope: scope, Collection: "others", ID: "r1"}); err == nil {
		t.Error("another collection is read")
	}
}

// around is the number of bytes of a document of the suite besides its body, as the database counts.
func around(r store.Ref) int {
	name := len("workspaces") + len(r.Scope.ID) + len(r.Collection) + len(r.ID) + 4 + 16
	fields := len("version") + len("created") + len("updated") + 3 + 3*8 + len("commit") + 1 + 16 + len("body") + 1
	return name + fields + 32
}

func documentLimits(t *testing.T, s *store.Store) {
	r := report(newWorkspace(), "large")
	largest := store.MaxDocument - around(r)
	d := store.Doc{Ref: r, Body: make([]byte, largest), Created: day(1), Updated: day(1)}
	same(t, func() *store.Doc { commit(t, s, store.Put(d)); return get(t, s, r) }(), withFields(d), get(t, s, r).Stamp)

	text := strings.Repeat("x", store.MaxString)
	list := make([]int64, store.MaxElements)
	for i := range list {
		list[i] = int64(i)
	}
	commit(t, s, store.Put(store.Doc{Ref: r, Fields: store.Fields{"state": text, "people": []string{text},
		"tokens": list}}))
	for name, bad := range map[string]store.Doc{
		"body":    {Ref: r, Body: make([]byte, largest+1)},
		"string":  {Ref: r, Fields: store.Fields{"note": text + "x"}},
		"element": {Ref: r, Fields: store.Fields{"people": []string{text + "x"}}},
		"list":    {Ref: r, Fields: store.Fields{"tokens": append(list, 1)}},
	} {
		_, err := s.Commit(t.Context(), store.Put(bad))
		if !errors.Is(err, model.ErrTooLarge) || model.PublicText(err) == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func withFields(d store.Doc) store.Doc {
	d.Fields = store.Fields{}
	return d
}

// large are writes of a million bytes each.
func large(scope model.Scope, n int) []store.Write {
	var writes []store.Write
	for i := range n {
		d := sample(scope, i)
		d.Body = make([]byte, 1000_000)
		writes = append(writes, store.Put(d))
	}
	return writes
}

// LargestCommit commits exactly as much as fits. The official emulator accepts only 4 MiB.
func LargestCommit(t *testing.T, s *store.Store) {
	t.Helper()
	scope := newWorkspace()
	commit(t, s, large(scope, 10)...)
	get(t, s, sample(scope, 9).Ref)
}

func commitLimits(t *testing.T, s *store.Store) {
	scope := newWorkspace()
	_, err := s.Commit(t.Context(), large(scope, 11)...)
	wantKind(t, err, model.ErrTooLarge)
	wantGone(t, s, sample(scope, 0).Ref)
	commit(t, s, large(scope, 4)...)
	many := make([]store.Write, 0, 600)
	for i := range cap(many) {
		many = append(many, store.Put(sample(scope, i)))
	}
	commit(t, s, many...)
}
