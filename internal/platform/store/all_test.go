package store_test

import (
	"slices"
	"testing"

	firestore "cloud.google.com/go/firestore/apiv1"

	"github.com/tinyoperahouse/toh/internal/platform/store"
)

// TestAllGivenNeedsOneIndex: a query whose comparisons are always all given has one index, and none that begins with
// its order.
func TestAllGivenNeedsOneIndex(t *testing.T) {
	t.Parallel()
	c := store.Collection{
		Name: "notes", Fields: []store.Field{{Name: "by", Type: store.String}, {Name: "at", Type: store.Time}},
		Queries: []store.Query{{Name: "of", Equal: []string{"by"}, All: true, Range: "at",
			Order: []store.Order{{Field: "at"}}, Group: true}},
	}
	spec := store.Indexes([]store.Collection{c})
	if len(spec.Composites) != 1 || spec.Composites[0].String() != "**/notes(by ASCENDING, at ASCENDING)" {
		t.Errorf("composites: %v", spec.Composites)
	}
	if i := slices.IndexFunc(spec.Fields, func(f store.FieldIndexes) bool { return len(f.Single) > 0 }); i >= 0 {
		t.Errorf("%s has an index of its own", spec.Fields[i].Field)
	}
}

func TestAllMustBeGiven(t *testing.T) {
	t.Parallel()
	field := []store.Field{{Name: "by", Type: store.String}, {Name: "tags", Type: store.Strings}}
	for name, q := range map[string]store.Query{
		"fine": {Name: "of", Equal: []string{"by"}, All: true}, "nothing": {Name: "of", All: true},
		"a list": {Name: "of", Equal: []string{"by"}, AnyOf: "tags", All: true},
	} {
		_, err := store.New(store.Options{
			Client: new(firestore.Client), Database: "projects/p/databases/d", CursorKey: make([]byte, 32),
			Collections: []store.Collection{{Name: "notes", Fields: field, Queries: []store.Query{q}}},
		})
		if (err == nil) != (name == "fine") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
