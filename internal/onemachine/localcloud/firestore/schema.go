package firestore

import (
	"fmt"
	"slices"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/firestore/resource"
)

// Mode is how a field is in an index.
type Mode string

// The ways to index a field.
const (
	Ascending  Mode = "ASCENDING"
	Descending Mode = "DESCENDING"
	Contains   Mode = "CONTAINS"
)

// Index is a composite index.
type Index struct {
	// Collection is the id of the collection or, with GroupScope, of the collection group.
	Collection string `json:"collection"`
	// GroupScope makes the index serve queries over the whole collection group, and only those.
	GroupScope bool         `json:"group_scope,omitempty"`
	Fields     []IndexField `json:"fields"`
	ID         uint32       `json:"id,omitempty"`
}

// IndexField is one field of an index.
type IndexField struct {
	Path string `json:"path"`
	Mode Mode   `json:"mode"`
}

// FieldOverride replaces the automatic indexes of a field and of everything below it.
type FieldOverride struct {
	Collection string `json:"collection"`
	// Path is a field's path, or "*" for all fields of the collection group that have no override of their own.
	Path string `json:"path"`
	// Indexes are the single-field indexes to keep; none is an exemption.
	Indexes []FieldIndex `json:"indexes,omitempty"`
	// Automatic keeps the indexes that the field has without an override, for a field that has only TTL set.
	Automatic bool `json:"automatic,omitempty"`
	// TTL makes documents expire some time after the time in this field.
	TTL bool `json:"ttl,omitempty"`
}

// FieldIndex is one single-field index.
type FieldIndex struct {
	Mode       Mode `json:"mode"`
	GroupScope bool `json:"group_scope,omitempty"`
}

const (
	maxComposites  = 1000
	maxIndexFields = 100
)

// schema is the indexing of a database's collection groups. It is never changed, only replaced.
type schema map[string]*group

// group is the indexing of one collection group.
type group struct {
	composites []*composite
	rules      map[string]*fieldRule // by path
	other      *fieldRule
	ttl        []resource.Field
}

// fieldRule says which single-field indexes a field has.
type fieldRule struct {
	asc, desc, contains          bool
	allAsc, allDesc, allContains bool
}

// composite is an Index, prepared.
type composite struct {
	Index
	fields   []resource.Field // without the name
	nameDesc bool
	array    int // place of the field whose elements are held, or -1
}

var (
	automatic = &fieldRule{asc: true, desc: true, contains: true}
	plain     = &group{other: automatic}
)

// of returns the indexing of a collection group.
func (s schema) of(name string) *group {
	if g := s[name]; g != nil {
		return g
	}
	return plain
}

// rule returns the rule of a field, given the one of the field above it.
func (g *group) rule(path string, above *fieldRule) *fieldRule {
	if r := g.rules[path]; r != nil {
		return r
	}
	return above
}

// ruleOf finds the rule of a field from the top.
func (g *group) ruleOf(f resource.Field) *fieldRule {
	r := g.other
	if len(g.rules) == 0 {
		return r
	}
	for i := range f.Segments {
		r = g.rule(resource.MakeField(f.Segments[:i+1]).Text, r)
	}
	return r
}

func (r *fieldRule) ordered() bool    { return r.asc || r.desc }
func (r *fieldRule) allOrdered() bool { return r.allAsc || r.allDesc }
func (r *fieldRule) none() bool {
	return !r.ordered() && !r.allOrdered() && !r.contains && !r.allContains
}

// makeSchema checks indexes and overrides and prepares them.
func makeSchema(indexes []Index, fields []FieldOverride) (schema, error) {
	if len(indexes) > maxComposites {
		return nil, invalid("a database cannot have more than %d composite indexes", maxComposites)
	}
	s := schema{}
	for _, i := range indexes {
		c, err := makeComposite(i)
		if err != nil {
			return nil, err
		}
		g := s.edit(i.Collection)
		g.composites = append(g.composites, c)
	}
	for _, f := range fields {
		if err := s.override(f); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s schema) edit(name string) *group {
	g := s[name]
	if g == nil {
		g = &group{other: automatic, rules: map[string]*fieldRule{}}
		s[name] = g
	}
	return g
}

func (s schema) override(f FieldOverride) error {
	if err := resource.CheckCollection(f.Collection); err != nil {
		return err
	}
	rule, err := makeRule(f)
	if err != nil {
		return err
	}
	g := s.edit(f.Collection)
	if f.Path == "*" {
		g.other = rule
		return nil
	}
	path, err := resource.ParseField(f.Path)
	if err != nil {
		return err
	}
	if f.TTL {
		g.ttl = append(g.ttl, path)
	}
	if !f.Automatic {
		g.rules[path.Text] = rule
	}
	return nil
}

func makeRule(f FieldOverride) (*fieldRule, error) {
	if f.Automatic {
		return automatic, nil
	}
	r := &fieldRule{}
	for _, i := range f.Indexes {
		flags := map[Mode]*bool{Ascending: &r.asc, Descending: &r.desc, Contains: &r.contains}
		if i.GroupScope {
			flags = map[Mode]*bool{Ascending: &r.allAsc, Descending: &r.allDesc, Contains: &r.allContains}
		}
		flag := flags[i.Mode]
		if flag == nil {
			return nil, invalid("index of field %s has no mode", f.Path)
		}
		*flag = true
	}
	return r, nil
}

func makeComposite(i Index) (*composite, error) {
	if err := resource.CheckCollection(i.Collection); err != nil {
		return nil, err
	}
	if len(i.Fields) == 0 || len(i.Fields) > maxIndexFields {
		return nil, invalid("an index has between 1 and %d fields", maxIndexFields)
	}
	c := &composite{Index: i, array: -1}
	arrays := 0
	for n, f := range i.Fields {
		path, err := resource.ParseField(f.Path)
		if err != nil {
			return nil, err
		}
		switch {
		case f.Mode != Ascending && f.Mode != Descending && f.Mode != Contains:
			return nil, invalid("index field %s has no mode", f.Path)
		case path.IsName() && n != len(i.Fields)-1:
			return nil, invalid("__name__ can only be the last field of an index")
		case f.Mode == Contains:
			arrays++
			c.array = n
		}
		c.nameDesc = f.Mode == Descending
		if !path.IsName() {
			c.fields = append(c.fields, path)
		}
	}
	if arrays > 1 {
		return nil, invalid("an index can have one array field")
	}
	return c, nil
}

// same says whether two indexes serve the same queries.
func (i Index) same(other Index) bool {
	return i.Collection == other.Collection && i.GroupScope == other.GroupScope &&
		slices.Equal(i.normal(), other.normal())
}

// normal has the name at the end, which an Index may leave out.
func (i Index) normal() []IndexField {
	if len(i.Fields) == 0 {
		return nil
	}
	last := i.Fields[len(i.Fields)-1]
	if last.Path == resource.NameField {
		return i.Fields
	}
	name := IndexField{Path: resource.NameField, Mode: Ascending}
	if last.Mode == Descending {
		name.Mode = Descending
	}
	return append(slices.Clone(i.Fields), name)
}

// String is a short form for people.
func (i Index) String() string {
	parts := make([]string, len(i.Fields))
	for n, f := range i.Fields {
		parts[n] = fmt.Sprintf("%s %s", f.Path, f.Mode)
	}
	scope := "collection"
	if i.GroupScope {
		scope = "collection group"
	}
	return fmt.Sprintf("%s %s (%s)", scope, i.Collection, strings.Join(parts, ", "))
}

// errExists: an equal index already exists.
func errExists(i Index) error {
	return status.Errorf(codes.AlreadyExists, "index already exists: %s", i)
}
