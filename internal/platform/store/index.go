package store

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// IndexSpec lists the indexes that the declared queries need.
type IndexSpec struct {
	Composites []Index
	Fields     []FieldIndexes
}

// Index is a composite index. The document's name follows its fields, in the direction of the last one.
type Index struct {
	Collection string
	Group      bool // over the collections of this name in all scopes
	Fields     []IndexField
}

// IndexField is one step of an index.
type IndexField struct {
	Name string
	Mode Mode
}

// Mode is how an index holds a field.
type Mode string

// The ways to index a field: in order, or by the elements of a list.
const (
	Ascending  Mode = "ASCENDING"
	Descending Mode = "DESCENDING"
	Contains   Mode = "CONTAINS"
)

// FieldIndexes says which single-field indexes a field has instead of the automatic ones. With none at all, it is
// exempt.
type FieldIndexes struct {
	Collection, Field string
	TTL               bool
	Single            []SingleIndex
}

// SingleIndex is an index of one field.
type SingleIndex struct {
	Mode  Mode
	Group bool
}

// Indexes derives what the declared queries need, for every subset of their filters: one composite index for each
// compared field with the order (the database merges these), one for the list field with the order, one for the order
// alone, and those for fields declared Together. Every field gets exactly the single-field indexes that are used.
func Indexes(list []Collection) IndexSpec {
	var spec IndexSpec
	for _, c := range list {
		n := newNeeds(c)
		for i := range c.Queries {
			n.query(&c.Queries[i])
		}
		spec.Composites = append(spec.Composites, n.composites...)
		spec.Fields = append(spec.Fields, n.fields()...)
	}
	return spec
}

// needs collects the indexes that one collection needs.
type needs struct {
	collection Collection
	lists      map[string]bool
	single     map[string]map[SingleIndex]bool
	composites []Index
	seen       map[string]bool
}

func newNeeds(c Collection) *needs {
	n := &needs{collection: c, lists: map[string]bool{}, single: map[string]map[SingleIndex]bool{},
		seen: map[string]bool{}}
	for _, name := range ownFields {
		n.single[name] = map[SingleIndex]bool{}
	}
	for _, f := range c.Fields {
		n.single[f.Name] = map[SingleIndex]bool{}
		n.lists[f.Name] = f.Type == Strings || f.Type == Ints
		if f.Indexed {
			n.one(f.Name, n.held(f.Name), false)
		}
	}
	return n
}

// held is how a compared field is indexed.
func (n *needs) held(name string) Mode {
	if n.lists[name] {
		return Contains
	}
	return Ascending
}

func (n *needs) one(name string, mode Mode, group bool) {
	n.single[name][SingleIndex{mode, group}] = true
}

func (n *needs) query(q *Query) {
	if q.All {
		n.index(q, q.Equal)
		return
	}
	compared := slices.Clone(q.Equal)
	if q.AnyOf != "" {
		n.index(q, []string{q.AnyOf})
		compared = append(compared, q.AnyOf)
	} else {
		n.index(q, nil)
	}
	for _, name := range q.Equal {
		n.index(q, []string{name})
	}
	for _, set := range q.Together {
		n.index(q, inOrder(compared, set))
	}
}

// inOrder puts a set into the order in which the query declares its fields.
func inOrder(declared, set []string) []string {
	return slices.DeleteFunc(slices.Clone(declared), func(name string) bool { return !slices.Contains(set, name) })
}

// index adds the index of the compared fields followed by the order.
func (n *needs) index(q *Query, compared []string) {
	x := Index{Collection: n.collection.Name, Group: q.Group}
	for _, name := range compared {
		x.Fields = append(x.Fields, IndexField{name, n.held(name)})
	}
	for _, o := range q.Order {
		x.Fields = append(x.Fields, IndexField{o.Field, ordered(o.Desc)})
	}
	switch key := x.String(); {
	case len(x.Fields) == 0 || n.seen[key]:
	case len(x.Fields) == 1:
		n.one(x.Fields[0].Name, x.Fields[0].Mode, q.Group)
	default:
		n.seen[key] = true
		n.composites = append(n.composites, x)
	}
}

func ordered(desc bool) Mode {
	if desc {
		return Descending
	}
	return Ascending
}

// String is the index in one line, as in "reports(state ASCENDING, filed DESCENDING)".
func (x Index) String() string {
	parts := make([]string, len(x.Fields))
	for i, f := range x.Fields {
		parts[i] = f.Name + " " + string(f.Mode)
	}
	group := ""
	if x.Group {
		group = "**/"
	}
	return fmt.Sprintf("%s%s(%s)", group, x.Collection, strings.Join(parts, ", "))
}

// fields lists every field, sorted by name, because a field that is not listed would be indexed automatically.
func (n *needs) fields() []FieldIndexes {
	var list []FieldIndexes
	for name, modes := range n.single {
		f := FieldIndexes{Collection: n.collection.Name, Field: name, TTL: name == n.collection.TTL}
		for s := range modes {
			f.Single = append(f.Single, s)
		}
		slices.SortFunc(f.Single, func(a, b SingleIndex) int {
			return cmp.Or(cmp.Compare(a.Mode, b.Mode), compareBool(a.Group, b.Group))
		})
		list = append(list, f)
	}
	slices.SortFunc(list, func(a, b FieldIndexes) int { return cmp.Compare(a.Field, b.Field) })
	return list
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}
