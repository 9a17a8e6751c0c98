package store_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/tinyoperahouse/toh/internal/platform/gcp"
	"github.com/tinyoperahouse/toh/internal/platform/store"
)

func TestDeclarationsAreChecked(t *testing.T) {
	t.Parallel()
	clients, err := gcp.Open(t.Context(), gcp.Options{
		Project: "opera-test", FirestoreDatabase: "content", KeysDatabase: "keys", Dial: refusing{},
	})
	if err != nil {
		t.Fatal(err)
	}
	fields := []store.Field{
		{Name: "state", Type: store.String}, {Name: "at", Type: store.Time}, {Name: "words", Type: store.Ints},
		{Name: "n", Type: store.Int},
	}
	query := func(q store.Query) store.Collection {
		q.Name = "q"
		return store.Collection{Name: "c", Fields: fields, Queries: []store.Query{q}}
	}
	at := []store.Order{{Field: "at"}}
	for name, c := range map[string]struct {
		list []store.Collection
		want string // in the error; "" for none
	}{
		"good": {[]store.Collection{query(store.Query{
			Equal: []string{"state", "n"}, AnyOf: "words", Order: at, Range: "at", Together: [][]string{{"words", "n"}},
		})}, ""},
		"no name": {[]store.Collection{{}}, "bad name"},
		"name":    {[]store.Collection{{Name: "a/b"}}, "bad name"},
		"twice":   {[]store.Collection{{Name: "c"}, {Name: "c"}}, "twice"},
		"field name": {[]store.Collection{{Name: "c", Fields: []store.Field{{Name: "a.b", Type: store.Int}}}},
			"bad name"},
		"reserved": {[]store.Collection{{Name: "c", Fields: []store.Field{{Name: "__x__", Type: store.Int}}}},
			"bad name"},
		"own field": {[]store.Collection{{Name: "c",
			Fields: []store.Field{{Name: "commit", Type: store.Int}}}}, "own"},
		"field twice": {[]store.Collection{{Name: "c", Fields: append(slices.Clone(fields), fields[0])}},
			"twice"},
		"no type": {[]store.Collection{{Name: "c", Fields: []store.Field{{Name: "a"}}}}, "type"},
		"unknown type": {[]store.Collection{{Name: "c",
			Fields: []store.Field{{Name: "a", Type: store.Ints + 1}}}}, "type"},
		"TTL":                {[]store.Collection{{Name: "c", Fields: fields, TTL: "n"}}, "TTL"},
		"TTL unknown":        {[]store.Collection{{Name: "c", TTL: "x"}}, "TTL"},
		"query without name": {[]store.Collection{{Name: "c", Queries: []store.Query{{}}}}, "name"},
		"query twice": {[]store.Collection{{Name: "c", Queries: []store.Query{{Name: "q"}, {Name: "q"}}}},
			"twice"},
		"equal unknown":   {[]store.Collection{query(store.Query{Equal: []string{"x"}})}, `"x"`},
		"equal of a list": {[]store.Collection{query(store.Query{Equal: []string{"words"}})}, `"words"`},
		"equal twice":     {[]store.Collection{query(store.Query{Equal: []string{"n", "n"}})}, "twice"},
		"order unknown":   {[]store.Collection{query(store.Query{Order: []store.Order{{Field: "x"}}})}, `"x"`},
		"order of a list": {[]store.Collection{query(store.Query{Order: []store.Order{{Field: "words"}}})},
			`"words"`},
		"order of an equal": {[]store.Collection{query(store.Query{Equal: []string{"at"}, Order: at})}, "twice"},
		"any of a scalar":   {[]store.Collection{query(store.Query{AnyOf: "n"})}, `"n"`},
		"range, no order":   {[]store.Collection{query(store.Query{Range: "at"})}, "range"},
		"range of another": {[]store.Collection{query(store.Query{Range: "n", Order: append(slices.Clone(at),
			store.Order{Field: "n"})})}, "range"},
		"together": {[]store.Collection{query(store.Query{Equal: []string{"n"},
			Together: [][]string{{"n", "at"}}})}, "Together"},
	} {
		o := store.Options{Client: clients.Firestore.Client, Database: clients.Firestore.Name, Collections: c.list,
			CursorKey: make([]byte, 32)}
		s, err := store.New(o)
		switch {
		case c.want == "" && (err != nil || s == nil):
			t.Errorf("%s: %v", name, err)
		case c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)):
			t.Errorf("%s: got %v, want something with %q", name, err, c.want)
		}
	}
	for name, o := range map[string]store.Options{
		"no client":   {Database: "d", CursorKey: make([]byte, 32)},
		"no database": {Client: clients.Firestore.Client, CursorKey: make([]byte, 32)},
		"short key":   {Client: clients.Firestore.Client, Database: "d", CursorKey: make([]byte, 31)},
	} {
		if _, err := store.New(o); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
