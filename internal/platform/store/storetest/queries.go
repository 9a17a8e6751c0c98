package storetest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/store"
)

// ids lists documents in one line.
func ids(docs []*store.Doc) string {
	list := make([]string, len(docs))
	for i, d := range docs {
		list[i] = strings.TrimLeft(strings.TrimPrefix(d.Ref.ID, "r"), "0")
		if list[i] == "" {
			list[i] = "0"
		}
	}
	return strings.Join(list, " ")
}

// walk reads all pages.
func walk(t *testing.T, s *store.Store, f store.Find) []*store.Doc {
	t.Helper()
	var all []*store.Doc
	for range 1000 {
		page := must[store.Page](t)(s.Find(t.Context(), f))
		if len(page.Docs) > f.Limit {
			t.Fatalf("a page of %d has %d", f.Limit, len(page.Docs))
		}
		all = append(all, page.Docs...)
		if page.Next == "" {
			return all
		}
		f.Cursor = page.Next
	}
	t.Fatal("the pages do not end")
	return nil
}

func everyQuery(t *testing.T, s *store.Store) {
	scope := newWorkspace()
	fill(t, s, scope, 12)
	for _, c := range []struct {
		name string
		find store.Find
		want string
	}{
		{"plain", store.Find{Query: "plain"}, "0 1 2 3 4 5 6 7 8 9 10 11"},
		{"one equal", store.Find{Query: "plain", Equal: store.Fields{"state": "filed"}}, "1 4 7 10"},
		{"a bool", store.Find{Query: "plain", Equal: store.Fields{"sealed": true}}, "0 5 10"},
		{"merged", store.Find{Query: "plain", Equal: store.Fields{"state": "filed", "sealed": true}}, "10"},
		{"merged three", store.Find{Query: "plain", Equal: store.Fields{"state": "filed", "sealed": false,
			"number": int64(7)}}, "7"},
		{"none", store.Find{Query: "plain", Equal: store.Fields{"number": int64(99)}}, ""},
		{"order", store.Find{Query: "recent"}, "11 10 9 8 7 6 5 4 3 2 1 0"},
		{"equal and order", store.Find{Query: "recent", Equal: store.Fields{"state": "draft"}}, "9 6 3 0"},
		{"merged and order", store.Find{Query: "recent", Equal: store.Fields{"state": "draft", "sealed": false}},
			"9 6 3"},
		{"together", store.Find{Query: "recent", Equal: store.Fields{"state": "draft", "production": "tosca"}}, "6 0"},
		{"all three", store.Find{Query: "recent", Equal: store.Fields{"state": "draft", "production": "tosca",
			"sealed": true}}, "0"},
		{"any of", store.Find{Query: "search", AnyOf: []any{int64(1), int64(102)}}, "9 5 2 1"},
		{"any of one", store.Find{Query: "search", AnyOf: []any{int64(-7)}}, "11 10 9 8 7 6 5 4 3 2 1 0"},
		{"any of and equal", store.Find{Query: "search", AnyOf: []any{int64(1)}, Equal: store.Fields{"state": "filed"}},
			"1"},
		{"any of many and equal", store.Find{Query: "search", AnyOf: []any{int64(1), int64(3), int64(-9)},
			Equal: store.Fields{"state": "filed"}}, "7 1"},
		{"two orders", store.Find{Query: "numbered"}, "11 9 7 5 3 1 10 8 6 4 2 0"},
		{"equal and two orders", store.Find{Query: "numbered", Equal: store.Fields{"state": "filed"}}, "7 1 10 4"},
		{"range of text", store.Find{Query: "numbered", From: "norma", Until: "o"}, "11 9 7 5 3 1"},
		{"people", store.Find{Query: "people", AnyOf: []any{"p1", "p2"}}, "1 2 4 5 7 8 10 11"},
		{"people and equal", store.Find{Query: "people", AnyOf: []any{"all", "p2"},
			Equal: store.Fields{"state": "draft"}}, "0 3 6 9"},
	} {
		c.find.Scope, c.find.Collection, c.find.Limit = scope, Kind, 100
		page, err := s.Find(t.Context(), c.find)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if got := ids(page.Docs); got != c.want || page.Next != "" {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
		c.find.Limit = 2
		if got := ids(walk(t, s, c.find)); got != c.want {
			t.Errorf("%s in pages: got %s, want %s", c.name, got, c.want)
		}
		if n := must[int64](t)(s.Count(t.Context(), c.find, 1000)); int(n) != len(page.Docs) {
			t.Errorf("%s: count %d, found %d", c.name, n, len(page.Docs))
		}
	}
	page := must[store.Page](t)(s.Find(t.Context(), store.Find{Scope: scope, Collection: Kind, Query: "recent",
		Limit: 1}))
	same(t, page.Docs[0], sample(scope, 11), page.Docs[0].Stamp)
}

func missingOrderField(t *testing.T, s *store.Store) {
	scope := newWorkspace()
	fill(t, s, scope, 2)
	d := sample(scope, 2)
	delete(d.Fields, "filed")
	commit(t, s, store.Put(d))
	if got := ids(walk(t, s, store.Find{Scope: scope, Collection: Kind, Query: "recent", Limit: 10})); got != "1 0" {
		t.Errorf("without the field of the order: %s", got)
	}
	if got := ids(walk(t, s, store.Find{Scope: scope, Collection: Kind, Query: "plain", Limit: 10})); got != "0 1 2" {
		t.Errorf("without an order: %s", got)
	}
}

func bounds(t *testing.T, s *store.Store) {
	scope := newWorkspace()
	fill(t, s, scope, 8)
	for name, c := range map[string]struct {
		find store.Find
		want string
	}{
		"from":            {store.Find{From: day(5)}, "7 6 5"},
		"until":           {store.Find{Until: day(2)}, "1 0"},
		"both":            {store.Find{From: day(2), Until: day(5)}, "4 3 2"},
		"empty":           {store.Find{From: day(5), Until: day(5)}, ""},
		"a microsecond":   {store.Find{From: day(6).Add(time.Microsecond)}, "7"},
		"with equal":      {store.Find{From: day(2), Equal: store.Fields{"state": "draft"}}, "6 3"},
		"with two equals": {store.Find{Until: day(6), Equal: store.Fields{"state": "draft", "sealed": false}}, "3"},
	} {
		c.find.Scope, c.find.Collection, c.find.Query, c.find.Limit = scope, Kind, "recent", 1
		if got := ids(walk(t, s, c.find)); got != c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
	}
}

func group(t *testing.T, s *store.Store) {
	a, b, state := newWorkspace(), model.Account(model.NewID()), model.NewID()
	for i, scope := range []model.Scope{a, b, a, b} {
		d := sample(scope, i)
		d.Fields["state"] = state
		commit(t, s, store.Create(d))
	}
	f := store.Find{Collection: Kind, Query: "everywhere", Equal: store.Fields{"state": state}, Limit: 1}
	var got []string
	for _, d := range walk(t, s, f) {
		got = append(got, d.Ref.String())
	}
	want := []string{report(a, "r0000").String(), report(b, "r0001").String(), report(a, "r0002").String(),
		report(b, "r0003").String()}
	if !slices.Equal(got, want) {
		t.Fatalf("got %v, want %v", got, want)
	}
	f.From, f.Until, f.Limit = day(1), day(3), 10
	if got := ids(walk(t, s, f)); got != "1 2" {
		t.Fatalf("bounded: %s", got)
	}
}

func scopesApart(t *testing.T, s *store.Store) {
	a, b := newWorkspace(), newWorkspace()
	longer := model.Workspace(a.ID + "x")
	for _, scope := range []model.Scope{a, b, longer, model.Account(a.ID)} {
		fill(t, s, scope, 3)
	}
	for _, query := range []string{"plain", "recent", "numbered"} {
		docs := walk(t, s, store.Find{Scope: a, Collection: Kind, Query: query, Limit: 2})
		if len(docs) != 3 {
			t.Errorf("%s: %d documents", query, len(docs))
		}
		for _, d := range docs {
			if d.Ref.Scope != a {
				t.Errorf("%s: %s", query, d.Ref)
			}
		}
	}
}

func pages(t *testing.T, s *store.Store) {
	scope := newWorkspace()
	fill(t, s, scope, 7)
	f := store.Find{Scope: scope, Collection: Kind, Query: "recent", Limit: 7}
	if page := must[store.Page](t)(s.Find(t.Context(), f)); page.Next != "" || len(page.Docs) != 7 {
		t.Fatalf("an exact page: %d documents, next %q", len(page.Docs), page.Next)
	}
	f.Limit = 3
	first := must[store.Page](t)(s.Find(t.Context(), f))
	// The document at the cursor may be removed, and documents may be added before it.
	commit(t, s, store.Delete(first.Docs[2].Ref, time.Time{}), store.Create(sample(scope, 9)))
	f.Cursor = first.Next
	second := must[store.Page](t)(s.Find(t.Context(), f))
	if got := ids(second.Docs); got != "3 2 1" || second.Next == "" {
		t.Fatalf("second page: %s", got)
	}
	f.Cursor = second.Next
	last := must[store.Page](t)(s.Find(t.Context(), f))
	if got := ids(last.Docs); got != "0" || last.Next != "" {
		t.Fatalf("last page: %s, next %q", got, last.Next)
	}
}

func pagesOfEquals(t *testing.T, s *store.Store) {
	scope := newWorkspace()
	var writes []store.Write
	for i := range 9 {
		d := sample(scope, i)
		d.Fields["filed"], d.Fields["production"], d.Fields["number"] = day(1), "tosca", int64(1)
		writes = append(writes, store.Put(d))
	}
	commit(t, s, writes...)
	for query, want := range map[string]string{"recent": "8 7 6 5 4 3 2 1 0", "numbered": "8 7 6 5 4 3 2 1 0"} {
		if got := ids(walk(t, s, store.Find{Scope: scope, Collection: Kind, Query: query, Limit: 2})); got != want {
			t.Errorf("%s: %s", query, got)
		}
	}
}

func filtered(t *testing.T, s *store.Store) {
	scope := newWorkspace()
	fill(t, s, scope, 200)
	every := func(n int64) func(*store.Doc) bool {
		return func(d *store.Doc) bool { return d.Fields["number"].(int64)%n == 0 }
	}
	for _, n := range []int64{1, 7, 50, 199, 1000} {
		for _, limit := range []int{1, 3, 500} {
			t.Run(fmt.Sprintf("every %d by %d", n, limit), func(t *testing.T) {
				docs := walk(t, s, store.Find{Scope: scope, Collection: Kind, Query: "recent", Limit: limit,
					Filter: every(n)})
				if want := int(199/n) + 1; len(docs) != want {
					t.Fatalf("got %d, want %d", len(docs), want)
				}
			})
		}
	}
	page := must[store.Page](t)(s.Find(t.Context(), store.Find{Scope: scope, Collection: Kind, Query: "recent",
		Limit: 4, Filter: every(50)}))
	if got := ids(page.Docs); got != "150 100 50 0" || page.Next != "" {
		t.Fatalf("got %s, next %q", got, page.Next)
	}
}

func scanBound(t *testing.T, s *store.Store) {
	scope := newWorkspace()
	for n := 0; n < store.MaxScan+50; n += 410 {
		var writes []store.Write
		for i := n; i < n+410; i++ {
			writes = append(writes, store.Put(sample(scope, i)))
		}
		commit(t, s, writes...)
	}
	looked := 0
	f := store.Find{Scope: scope, Collection: Kind, Query: "recent", Limit: 5, Filter: func(d *store.Doc) bool {
		looked++
		return d.Fields["number"] == int64(0)
	}}
	page := must[store.Page](t)(s.Find(t.Context(), f))
	if len(page.Docs) != 0 || page.Next == "" || looked != store.MaxScan {
		t.Fatalf("%d documents, next %q, %d looked at", len(page.Docs), page.Next, looked)
	}
	f.Cursor = page.Next
	if page = must[store.Page](t)(s.Find(t.Context(), f)); ids(page.Docs) != "0" || page.Next != "" {
		t.Fatalf("after the bound: %s, next %q", ids(page.Docs), page.Next)
	}
}

func findLimits(t *testing.T, s *store.Store) {
	scope := newWorkspace()
	values := func(n int) []any { return slices.Repeat([]any{int64(1)}, n) }
	for name, f := range map[string]store.Find{
		"no limit": {Query: "plain"},
		"limit":    {Query: "plain", Limit: store.MaxLimit + 1},
		"values":   {Query: "search", Limit: 1, AnyOf: values(31)},
		"long": {Query: "plain", Limit: 1, Equal: store.Fields{"state": strings.Repeat("x", store.MaxString+
			1)}},
		"no cursor":    {Query: "plain", Limit: 1, Cursor: "x"},
		"not a cursor": {Query: "plain", Limit: 1, Cursor: strings.Repeat("A", 100)},
		"huge cursor":  {Query: "plain", Limit: 1, Cursor: strings.Repeat("A", 1<<20)},
	} {
		f.Scope, f.Collection = scope, Kind
		_, err := s.Find(t.Context(), f)
		if !errors.Is(err, model.ErrInvalid) || model.PublicText(err) == "" {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, f := range map[string]store.Find{
		"query":         {Query: "other"},
		"field":         {Query: "recent", Equal: store.Fields{"number": int64(1)}},
		"type":          {Query: "plain", Equal: store.Fields{"state": int64(1)}},
		"any of":        {Query: "search"},
		"needless any":  {Query: "plain", AnyOf: values(1)},
		"any of type":   {Query: "search", AnyOf: []any{"x"}},
		"no range":      {Query: "plain", From: day(1)},
		"range type":    {Query: "recent", Until: "x"},
		"group, scoped": {Query: "everywhere"},
	} {
		f.Scope, f.Collection, f.Limit = scope, Kind, 1
		if _, err := s.Find(t.Context(), f); err == nil || errors.Is(err, model.ErrInvalid) {
			t.Errorf("%s: a mistake of the program is answered with %v", name, err)
		}
	}
	for name, f := range map[string]store.Find{
		"no scope":   {Collection: Kind, Query: "plain", Limit: 1},
		"bad scope":  {Collection: Kind, Query: "plain", Limit: 1, Scope: model.Workspace("a/b")},
		"collection": {Collection: "others", Query: "plain", Limit: 1, Scope: scope},
	} {
		if _, err := s.Find(t.Context(), f); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	commit(t, s, store.Create(sample(scope, 1)))
	full := values(29)
	full = append(full, int64(101))
	for i := range 29 {
		full[i] = int64(-100 - i)
	}
	if got := ids(walk(t, s, store.Find{Scope: scope, Collection: Kind, Query: "search", AnyOf: full,
		Limit: store.MaxLimit})); got != "1" {
		t.Errorf("30 values: %s", got)
	}
}

func counts(t *testing.T, s *store.Store) {
	scope := newWorkspace()
	fill(t, s, scope, 10)
	f := store.Find{Scope: scope, Collection: Kind, Query: "recent"}
	for upTo, want := range map[int64]int64{1: 1, 9: 9, 10: 10, 11: 10} {
		if n := must[int64](t)(s.Count(t.Context(), f, upTo)); n != want {
			t.Errorf("up to %d: %d", upTo, n)
		}
	}
	f.From = day(7)
	if n := must[int64](t)(s.Count(t.Context(), f, 100)); n != 3 {
		t.Errorf("bounded: %d", n)
	}
	_, err := s.Count(t.Context(), f, 0)
	wantKind(t, err, model.ErrInvalid)
	f.Scope = newWorkspace()
	if n := must[int64](t)(s.Count(t.Context(), f, 100)); n != 0 {
		t.Errorf("elsewhere: %d", n)
	}
}
