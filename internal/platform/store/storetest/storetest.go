// Package storetest holds the tests that every backend of the store must pass: one suite, a property test against a
// model, and a comparison of backends with each other. It must never be imported by anything but tests.
package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/store"
)

// Kind is the collection that the suite uses.
const Kind = "reports"

// CursorKey is the suite's cursor key.
var CursorKey = []byte("0123456789abcdef0123456789abcdef")

// Collections are the collections of the suite's store.
func Collections() []store.Collection {
	return []store.Collection{{
		Name: Kind,
		Fields: []store.Field{
			{Name: "state", Type: store.String},
			{Name: "production", Type: store.String},
			{Name: "number", Type: store.Int},
			{Name: "sealed", Type: store.Bool},
			{Name: "filed", Type: store.Time},
			{Name: "tokens", Type: store.Ints},
			{Name: "people", Type: store.Strings},
			{Name: "note", Type: store.String},
			{Name: "expires", Type: store.Time},
		},
		Queries: []store.Query{
			{Name: "plain", Equal: []string{"state", "sealed", "number"}},
			{
				Name: "recent", Equal: []string{"state", "production", "sealed"}, Range: "filed",
				Order:    []store.Order{{Field: "filed", Desc: true}},
				Together: [][]string{{"production", "state"}},
			},
			{Name: "search", Equal: []string{"state"}, AnyOf: "tokens",
				Order: []store.Order{{Field: "filed", Desc: true}}},
			{Name: "also recent", Equal: []string{"state", "production"},
				Order: []store.Order{{Field: "filed", Desc: true}}},
			{
				Name: "numbered", Equal: []string{"state"}, Range: "production",
				Order: []store.Order{{Field: "production"}, {Field: "number", Desc: true}},
			},
			{Name: "people", Equal: []string{"state"}, AnyOf: "people"},
			{
				Name: "everywhere", Equal: []string{"state"}, Range: "filed",
				Order: []store.Order{{Field: "filed"}}, Group: true,
			},
		},
		TTL: "expires",
	}, {
		Name:   "counters",
		Fields: []store.Field{{Name: "n", Type: store.Int}},
	}}
}

// Run is the suite. Open is called once; the suite uses only scopes of its own.
func Run(t *testing.T, open func(t *testing.T) *store.Store) {
	s := open(t)
	for _, c := range []struct {
		name string
		f    func(*testing.T, *store.Store)
	}{
		{"round trip", roundTrip},
		{"absence", absence},
		{"many at once", manyAtOnce},
		{"create", creates},
		{"replace", replaces},
		{"delete", deletes},
		{"all or nothing", allOrNothing},
		{"undeclared", undeclared},
		{"limits of documents", documentLimits},
		{"limits of commits", commitLimits},
		{"every query", everyQuery},
		{"missing order field", missingOrderField},
		{"bounds", bounds},
		{"group", group},
		{"scopes apart", scopesApart},
		{"pages", pages},
		{"pages of equals", pagesOfEquals},
		{"filter", filtered},
		{"scan bound", scanBound},
		{"cursors", cursors},
		{"find limits", findLimits},
		{"count", counts},
		{"walk", walks},
		{"clear", clears},
		{"transaction", transaction},
		{"transaction undone", transactionUndone},
		{"transaction reads", transactionReads},
		{"stale replace in transaction", staleInTransaction},
		{"contention of conditions", contentionOfConditions},
		{"deadline", deadline},
	} {
		t.Run(c.name, func(t *testing.T) { c.f(t, s) })
	}
}

func newWorkspace() model.Scope { return model.Workspace(model.NewID()) }

func report(scope model.Scope, id string) store.Ref {
	return store.Ref{Scope: scope, Collection: Kind, ID: id}
}

// day is a time of the suite: n days after a fixed one.
func day(n int) time.Time {
	return time.Date(2026, 3, 1, 19, 30, 0, 123456000, time.UTC).AddDate(0, 0, n)
}

// sample is document number n of a workspace.
func sample(scope model.Scope, n int) store.Doc {
	return store.Doc{
		Ref: report(scope, fmt.Sprintf("r%04d", n)),
		Fields: store.Fields{
			"state":      []string{"draft", "filed", "accepted"}[n%3],
			"production": []string{"tosca", "norma"}[n%2],
			"number":     int64(n),
			"sealed":     n%5 == 0,
			"filed":      day(n),
			"tokens":     []int64{int64(n % 4), -7, int64(100 + n)},
			"people":     []string{fmt.Sprintf("p%d", n%3), "all"},
		},
		Body: []byte{byte(n), 0, 255}, Version: int64(n + 1), Created: day(n), Updated: day(n + 1), // #nosec G115 -- any byte will do
	}
}

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func commit(t *testing.T, s *store.Store, writes ...store.Write) time.Time {
	t.Helper()
	return must[time.Time](t)(s.Commit(t.Context(), writes...))
}

// fill writes the first n samples.
func fill(t *testing.T, s *store.Store, scope model.Scope, n int) {
	t.Helper()
	var writes []store.Write
	for i := range n {
		writes = append(writes, store.Create(sample(scope, i)))
	}
	commit(t, s, writes...)
}

func wantKind(t *testing.T, err, kind error) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Fatalf("got %v, want kind %q", err, kind)
	}
}

// wantClash checks that a commit failed because of one document.
func wantClash(t *testing.T, err error, at store.Ref) {
	t.Helper()
	wantKind(t, err, model.ErrConflict)
	var clash *store.Clash
	if !errors.As(err, &clash) || clash.Ref != at {
		t.Fatalf("got %v, want a clash at %s", err, at)
	}
}

func wantGone(t *testing.T, s *store.Store, refs ...store.Ref) {
	t.Helper()
	for i, d := range must[[]*store.Doc](t)(s.GetAll(t.Context(), refs...)) {
		if d != nil {
			t.Errorf("%s is there", refs[i])
		}
	}
}

func get(t *testing.T, s *store.Store, r store.Ref) *store.Doc {
	t.Helper()
	return must[*store.Doc](t)(s.Get(t.Context(), r))
}

func deadline(t *testing.T, s *store.Store) {
	ctx, cancel := context.WithTimeout(t.Context(), 0)
	defer cancel()
	_, err := s.Get(ctx, report(newWorkspace(), "r1"))
	wantKind(t, err, model.ErrUnavailable)
	wantKind(t, err, context.DeadlineExceeded)
	_, err = s.Commit(ctx, store.Put(sample(newWorkspace(), 1)))
	wantKind(t, err, model.ErrUnavailable)
	_, err = s.Find(ctx, store.Find{Scope: newWorkspace(), Collection: Kind, Query: "plain", Limit: 1})
	wantKind(t, err, model.ErrUnavailable)
}
