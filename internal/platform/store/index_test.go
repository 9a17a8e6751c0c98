package store_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/gcp"
	"github.com/tinyoperahouse/toh/internal/platform/store"
	"github.com/tinyoperahouse/toh/internal/platform/store/storetest"
)

func TestIndexes(t *testing.T) {
	t.Parallel()
	spec := store.Indexes(storetest.Collections())
	var got []string
	for _, x := range spec.Composites {
		got = append(got, x.String())
	}
	slices.Sort(got)
	want := []string{
		"**/reports(state ASCENDING, filed ASCENDING)",
		"reports(production ASCENDING, filed DESCENDING)",
		"reports(production ASCENDING, number DESCENDING)",
		"reports(sealed ASCENDING, filed DESCENDING)",
		"reports(state ASCENDING, filed DESCENDING)",
		"reports(state ASCENDING, production ASCENDING, filed DESCENDING)",
		"reports(state ASCENDING, production ASCENDING, number DESCENDING)",
		"reports(tokens CONTAINS, filed DESCENDING)",
	}
	if !slices.Equal(got, want) {
		t.Errorf("composites:\n%s", strings.Join(got, "\n"))
	}
	fields := map[string]string{}
	for _, f := range spec.Fields {
		text := ""
		for _, s := range f.Single {
			text += fmt.Sprintf(" %s/%v", s.Mode, s.Group)
		}
		if f.TTL {
			text += " TTL"
		}
		fields[f.Collection+"."+f.Field] = text
	}
	wantFields := map[string]string{
		"reports.state": " ASCENDING/false", "reports.sealed": " ASCENDING/false", "reports.number": " ASCENDING/false",
		"reports.people": " CONTAINS/false", "reports.filed": " ASCENDING/true DESCENDING/false",
		"reports.expires":    " TTL",
		"reports.production": "", "reports.tokens": "", "reports.note": "", "counters.n": "",
	}
	for _, c := range []string{"reports.", "counters."} {
		for _, f := range []string{"body", "commit", "created", "proof", "updated", "version"} {
			wantFields[c+f] = ""
		}
	}
	if !maps.Equal(fields, wantFields) {
		t.Errorf("fields: %v", fields)
	}
}

func TestIndexedFieldsGetTheirIndex(t *testing.T) {
	t.Parallel()
	spec := store.Indexes([]store.Collection{{Name: "c", Fields: []store.Field{
		{Name: "a", Type: store.Time, Indexed: true}, {Name: "b", Type: store.Ints, Indexed: true},
		{Name: "n", Type: store.Int},
	}}})
	got := map[string][]store.SingleIndex{}
	for _, f := range spec.Fields {
		got[f.Field] = f.Single
	}
	if len(got["a"]) != 1 || got["a"][0].Mode != store.Ascending || len(got["b"]) != 1 ||
		got["b"][0].Mode != store.Contains || got["n"] != nil {
		t.Fatalf("got %v", got)
	}
}

func TestIndexesAsJSON(t *testing.T) {
	t.Parallel()
	raw, err := store.Indexes([]store.Collection{{
		Name: "notes",
		Fields: []store.Field{{Name: "at", Type: store.Time}, {Name: "who", Type: store.Strings},
			{Name: "end", Type: store.Time}},
		Queries: []store.Query{
			{Name: "a", AnyOf: "who", Order: []store.Order{{Field: "at", Desc: true}}},
			{Name: "b", Order: []store.Order{{Field: "at"}}, Group: true},
		},
		TTL: "end",
	}}).JSON()
	if err != nil {
		t.Fatal(err)
	}
	var got any
	if err := json.Unmarshal(raw, &got); err != nil {
		t.Fatal(err)
	}
	exempt := func(name string) string {
		return `{"collectionGroup":"notes","fieldPath":"` + name + `","indexes":[]}`
	}
	want := `{"fieldOverrides":[` +
		`{"collectionGroup":"notes","fieldPath":"at","indexes":[{"order":"ASCENDING","queryScope":"COLLECTION_GROUP"}]},` +
		exempt("body") + "," + exempt("commit") + "," + exempt("created") + "," +
		`{"collectionGroup":"notes","fieldPath":"end","indexes":[],"ttl":true},` +
		exempt("proof") + "," + exempt("updated") + "," + exempt("version") + "," + exempt("who") + `],` +
		`"indexes":[{"collectionGroup":"notes","fields":[{"arrayConfig":"CONTAINS","fieldPath":"who"},{"fieldPath":"at","order":"DESCENDING"}],"queryScope":"COLLECTION"}]}`
	if text, _ := json.Marshal(got); string(text) != want {
		t.Fatalf("got\n%s\nwant\n%s", text, want)
	}
}

// TestIndexesAreWhatTheAdvisorAsksFor asks the emulator's index advisor about every query with every subset of its
// filters. The advisor asks for one index with all compared fields, where Google's Firestore merges one for each; it is
// these that must be declared.
func TestIndexesAreWhatTheAdvisorAsksFor(t *testing.T) {
	t.Parallel()
	clients, host := emulatorClients(t)
	declared := map[string]bool{}
	for _, x := range store.Indexes(storetest.Collections()).Composites {
		declared[x.String()] = false
	}
	database := 0
	for _, q := range storetest.Collections()[0].Queries {
		for subset := range 1 << len(q.Equal) {
			database++
			name := fmt.Sprintf("projects/opera-test/databases/advise-%d", database)
			run(t, clients, name, q, subset)
			for _, asked := range advised(t, host, name) {
				for _, x := range parts(asked, q) {
					if _, ok := declared[x]; !ok {
						t.Errorf("%s, filters %b: %s is not declared (asked for: %s)", q.Name, subset, x, asked)
					}
					declared[x] = true
				}
			}
		}
		for _, set := range q.Together { // an optimization; the query works without it
			declared["reports(state ASCENDING, "+set[0]+" ASCENDING, filed DESCENDING)"] = true
		}
	}
	for x, used := range declared {
		if !used {
			t.Errorf("%s is declared and never asked for", x)
		}
	}
}

// run runs a query with a subset of its filters in a database of its own.
func run(t *testing.T, clients *gcp.Clients, database string, q store.Query, subset int) {
	t.Helper()
	s, err := store.New(store.Options{
		Client: clients.Firestore.Client, Database: database,
		Collections: storetest.Collections(), CursorKey: storetest.CursorKey, Timeout: 20 * time.Second,
	})
	if err != nil {
		t.Fatal(err)
	}
	f := store.Find{Collection: storetest.Kind, Query: q.Name, Equal: store.Fields{}, Limit: 1}
	if !q.Group {
		f.Scope = model.Workspace("room")
	}
	values := map[string]any{"state": "x", "production": "x", "sealed": true, "number": int64(1)}
	for i, name := range q.Equal {
		if subset&(1<<i) != 0 {
			f.Equal[name] = values[name]
		}
	}
	switch q.AnyOf {
	case "tokens":
		f.AnyOf = []any{int64(1), int64(2)}
	case "people":
		f.AnyOf = []any{"x", "y"}
	}
	if _, err := s.Find(t.Context(), f); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Count(t.Context(), f, 10); err != nil {
		t.Fatal(err)
	}
}

// advice is the advisor's answer, by collection.
type advice map[string][]struct {
	Index struct {
		QueryScope string `json:"queryScope"`
		Fields     []struct {
			FieldPath, Order, ArrayConfig string
		} `json:"fields"`
	} `json:"index"`
}

// advised returns the indexes that the advisor recommends for a database, without the name at the end.
func advised(t *testing.T, host, database string) []store.Index {
	t.Helper()
	resp, err := http.Get("http://" + host + "/emulator/v1/projects/opera-test:indexUsage?database=" + database)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	var a advice
	if err := json.NewDecoder(resp.Body).Decode(&a); err != nil {
		t.Fatal(err)
	}
	var list []store.Index
	for collection, entries := range a {
		for _, e := range entries {
			x := store.Index{Collection: collection, Group: e.Index.QueryScope == "COLLECTION_GROUP"}
			for _, f := range e.Index.Fields {
				if f.FieldPath != "__name__" {
					x.Fields = append(x.Fields, store.IndexField{Name: f.FieldPath,
						Mode: store.Mode(f.Order + f.ArrayConfig)})
				}
			}
			list = append(list, x)
		}
	}
	return list
}

// parts are the composite indexes that Google's Firestore merges where the advisor asks for one with all compared
// fields.
func parts(asked store.Index, q store.Query) []string {
	compared, order := asked.Fields[:len(asked.Fields)-len(q.Order)], asked.Fields[len(asked.Fields)-len(q.Order):]
	if len(compared) == 0 {
		compared = []store.IndexField{{}}
	}
	var list []string
	for _, c := range compared {
		x := store.Index{Collection: asked.Collection, Group: asked.Group, Fields: order}
		if c.Name != "" {
			x.Fields = append([]store.IndexField{c}, order...)
		}
		if len(x.Fields) > 1 {
			list = append(list, x.String())
		}
	}
	return list
}
