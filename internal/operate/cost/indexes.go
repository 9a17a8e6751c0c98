package cost

import (
	"github.com/tinyoperahouse/toh/internal/platform/store"
)

// IndexEntries is how many entries a document of a collection has in the declared indexes. elements says for a field
// how many elements it has if it is a list, and whether the document has it at all.
func IndexEntries(spec store.IndexSpec, collection string, elements func(field string) (n int, there bool)) int {
	total := 0
	for _, x := range spec.Composites {
		if x.Collection == collection {
			total += entriesOf(x.Fields, elements)
		}
	}
	for _, f := range spec.Fields {
		if f.Collection != collection {
			continue
		}
		for _, s := range f.Single {
			total += entriesOf([]store.IndexField{{Name: f.Field, Mode: s.Mode}}, elements)
		}
	}
	return total
}

// entriesOf is one for a document that has all fields, or one for each element of the list among them.
func entriesOf(fields []store.IndexField, elements func(string) (int, bool)) int {
	entries := 1
	for _, f := range fields {
		n, there := elements(f.Name)
		if !there {
			return 0
		}
		if f.Mode == store.Contains {
			entries *= n
		}
	}
	return entries
}
