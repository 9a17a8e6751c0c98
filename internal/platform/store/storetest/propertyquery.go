package storetest

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"github.com/tinyoperahouse/toh/internal/platform/store"
)

// query draws a query, and computes the model's answer.
func (m *machine) query(t *rapid.T) (store.Find, []store.Doc) {
	f := store.Find{Scope: rapid.SampledFrom(m.scopes).Draw(t, "scope"), Collection: Kind, Equal: store.Fields{}}
	f.Query = rapid.SampledFrom([]string{"plain", "recent", "search", "numbered", "people"}).Draw(t, "query")
	q := queryOf(f.Query)
	values := m.doc(t)
	for _, name := range q.Equal {
		if v, ok := values.Fields[name]; ok && rapid.IntRange(0, 2).Draw(t, "compare "+name) == 0 {
			f.Equal[name] = v
		}
	}
	switch q.AnyOf {
	case "tokens":
		for _, v := range rapid.SliceOfN(rapid.Int64Range(0, 5), 1, 3).Draw(t, "any") {
			f.AnyOf = append(f.AnyOf, v)
		}
	case "people":
		for _, v := range rapid.SliceOfN(rapid.SampledFrom([]string{"x", "y", "w"}), 1, 3).Draw(t, "any") {
			f.AnyOf = append(f.AnyOf, v)
		}
	}
	if q.Range != "" && rapid.Bool().Draw(t, "bounded") {
		f.From, f.Until = m.doc(t).Fields[q.Range], m.doc(t).Fields[q.Range]
	}
	return f, m.answer(f, q)
}

func queryOf(name string) store.Query {
	for _, q := range Collections()[0].Queries {
		if q.Name == name {
			return q
		}
	}
	panic(name)
}

// answer is the model's answer to a query.
func (m *machine) answer(f store.Find, q store.Query) []store.Doc {
	var docs []store.Doc
	for _, d := range m.docs {
		if d.Ref.Scope == f.Scope && matches(d, f, q) {
			docs = append(docs, d)
		}
	}
	slices.SortFunc(docs, func(a, b store.Doc) int {
		desc := false
		for _, o := range q.Order {
			desc = o.Desc
			if c := compare(a.Fields[o.Field], b.Fields[o.Field]); c != 0 {
				return turn(c, desc)
			}
		}
		return turn(strings.Compare(a.Ref.ID, b.Ref.ID), desc)
	})
	return docs
}

func turn(c int, desc bool) int {
	if desc {
		return -c
	}
	return c
}

func matches(d store.Doc, f store.Find, q store.Query) bool {
	for name, v := range f.Equal {
		if got, ok := d.Fields[name]; !ok || compare(got, v) != 0 {
			return false
		}
	}
	for _, o := range q.Order {
		if _, ok := d.Fields[o.Field]; !ok {
			return false
		}
	}
	if f.From != nil && compare(d.Fields[q.Range], f.From) < 0 || f.Until != nil &&
		compare(d.Fields[q.Range], f.Until) >= 0 {
		return false
	}
	return q.AnyOf == "" || overlap(d.Fields[q.AnyOf], f.AnyOf)
}

func overlap(list any, values []any) bool {
	switch list := list.(type) {
	case []int64:
		return slices.ContainsFunc(list, func(v int64) bool { return slices.Contains(values, any(v)) })
	case []string:
		return slices.ContainsFunc(list, func(v string) bool { return slices.Contains(values, any(v)) })
	}
	return false
}

func compare(a, b any) int {
	switch a := a.(type) {
	case string:
		return strings.Compare(a, b.(string))
	case int64:
		return int(a - b.(int64))
	case time.Time:
		return a.Compare(b.(time.Time))
	case bool:
		if a == b.(bool) {
			return 0
		}
		return 1
	}
	panic(fmt.Sprintf("%T", a))
}

func (m *machine) find(t *rapid.T) {
	f, want := m.query(t)
	f.Limit = rapid.IntRange(1, 12).Draw(t, "limit")
	if rapid.Bool().Draw(t, "filter") {
		odd := func(version int64) bool { return version%2 == 1 }
		f.Filter = func(d *store.Doc) bool { return odd(d.Version) }
		want = slices.DeleteFunc(want, func(d store.Doc) bool { return !odd(d.Version) })
	}
	for i, s := range m.sides {
		var got []store.Doc
		for f.Cursor = ""; ; {
			page, err := s.store.Find(t.Context(), f)
			if err != nil {
				t.Fatalf("side %d: %v", i, err)
			}
			if len(page.Docs) == 0 && page.Next != "" {
				t.Fatalf("side %d: an empty page that is not the last", i)
			}
			for _, d := range page.Docs {
				got = append(got, unstamped(d))
			}
			if f.Cursor = page.Next; f.Cursor == "" {
				break
			}
		}
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Fatalf("side %d: %+v (-want +got):\n%s", i, f, diff)
		}
	}
}

func unstamped(d *store.Doc) store.Doc {
	u := *d
	u.Stamp = time.Time{}
	return u
}

func (m *machine) count(t *rapid.T) {
	f, want := m.query(t)
	upTo := rapid.Int64Range(1, 12).Draw(t, "up to")
	for i, s := range m.sides {
		n, err := s.store.Count(t.Context(), f, upTo)
		if err != nil || n != min(upTo, int64(len(want))) {
			t.Fatalf("side %d: counted %d of %d up to %d, %v", i, n, len(want), upTo, err)
		}
	}
}

func (m *machine) get(t *rapid.T) {
	refs := make([]store.Ref, rapid.IntRange(1, 5).Draw(t, "refs"))
	for i := range refs {
		refs[i] = m.ref(t)
	}
	for i, s := range m.sides {
		docs, err := s.store.GetAll(t.Context(), refs...)
		if err != nil {
			t.Fatal(err)
		}
		for j, d := range docs {
			want, there := m.docs[refs[j]]
			switch {
			case there != (d != nil):
				t.Fatalf("side %d: %s there: %v, want %v", i, refs[j], d != nil, there)
			case there && !cmp.Equal(unstamped(d), want):
				t.Fatalf("side %d: %s", i, cmp.Diff(want, unstamped(d)))
			case there && !d.Stamp.Equal(s.stamps[refs[j]]):
				t.Fatalf("side %d: %s has stamp %v, want %v", i, refs[j], d.Stamp, s.stamps[refs[j]])
			}
		}
	}
}
