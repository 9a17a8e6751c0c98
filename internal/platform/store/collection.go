package store

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"
)

// FieldType is the type of an index field.
type FieldType int

// The types that index fields can have, with the Go types of their values.
const (
	String  FieldType = iota + 1 // string
	Int                          // int64
	Bool                         // bool
	Time                         // time.Time, kept to the microsecond, in UTC
	Strings                      // []string
	Ints                         // []int64
)

// Field declares a value that stands outside the body, for queries.
type Field struct {
	Name string
	Type FieldType
	// Indexed asks for a single-field index. Queries get those they need without it; without either the field is
	// exempt.
	Indexed bool
	// Unread says that the field serves queries only: reads do not bring it back, except to a Find with a Filter.
	Unread bool
}

// Order is one step of a query's order. A document without the field is not among the results.
type Order struct {
	Field string
	Desc  bool
}

// Query declares a query. One that is not declared cannot be run.
type Query struct {
	Name string
	// Equal are fields compared with ==. Each is optional: any subset may be given.
	Equal []string
	// AnyOf is "", or a Strings or Ints field of which at least one element must be among the given 1 to 30 values.
	AnyOf string
	// Range is "", or the first field of Order, which may then be bounded.
	Range string
	// Order is followed by the document's name, in the direction of the last step, so that it is total.
	Order []Order
	// Together lists sets of Equal and AnyOf fields that are so often given at once that they deserve an index of their
	// own. Without it, indexes of single fields that share the order are merged.
	Together [][]string
	// All says that every Find gives all of Equal, and no AnyOf. Then one index is enough, and none begins with the
	// order: where that is a time and the query goes over all scopes, it would grow at one end only.
	All bool
	// Group queries go over all scopes. They are for the platform's own tasks only.
	Group bool
}

// Collection declares the documents of one name in every scope.
type Collection struct {
	Name    string
	Fields  []Field
	Queries []Query
	// TTL is "", or the Time field from which on the database may delete the document.
	TTL string
}

// The fields that each stored document has beside the declared ones.
const (
	versionField = "version"
	bodyField    = "body"
	createdField = "created"
	updatedField = "updated"
	proofField   = "proof"
	commitField  = "commit" // 128 random bits per commit, by which a lost answer is found out
)

var ownFields = []string{bodyField, commitField, createdField, proofField, updatedField, versionField}

var nameForm = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`)

// collection is a declaration made ready for use.
type collection struct {
	Collection
	types   map[string]FieldType
	queries map[string]*Query
	show    []string // see shown
	all     []string // every field, the store's own included
}

func prepare(c Collection) (*collection, error) {
	p := &collection{Collection: c, types: map[string]FieldType{}, queries: map[string]*Query{}}
	if !nameForm.MatchString(c.Name) {
		return nil, fmt.Errorf("collection %q: bad name", c.Name)
	}
	for _, f := range c.Fields {
		if err := p.addField(f); err != nil {
			return nil, fmt.Errorf("collection %s: field %q: %w", c.Name, f.Name, err)
		}
	}
	for i := range c.Queries {
		if err := p.addQuery(&c.Queries[i]); err != nil {
			return nil, fmt.Errorf("collection %s: query %q: %w", c.Name, c.Queries[i].Name, err)
		}
	}
	p.show = p.shown()
	p.all = slices.Concat(ownFields, slices.Sorted(maps.Keys(p.types)))
	if c.TTL != "" && p.types[c.TTL] != Time {
		return nil, fmt.Errorf("collection %s: TTL %q is no time field", c.Name, c.TTL)
	}
	return p, nil
}

func (c *collection) addField(f Field) error {
	switch {
	case !nameForm.MatchString(f.Name):
		return errors.New("bad name")
	case slices.Contains(ownFields, f.Name):
		return errors.New("this name is the store's own")
	case c.types[f.Name] != 0:
		return errors.New("declared twice")
	case f.Type < String || f.Type > Ints:
		return errors.New("unknown type")
	}
	c.types[f.Name] = f.Type
	return nil
}

func (c *collection) addQuery(q *Query) error {
	if q.Name == "" || c.queries[q.Name] != nil {
		return errors.New("without a name or declared twice")
	}
	used := map[string]bool{}
	for _, name := range q.Equal {
		if err := c.use(used, name, String, Int, Bool, Time); err != nil {
			return err
		}
	}
	for _, o := range q.Order {
		if err := c.use(used, o.Field, String, Int, Bool, Time); err != nil {
			return err
		}
	}
	if q.AnyOf != "" {
		if err := c.use(used, q.AnyOf, Strings, Ints); err != nil {
			return err
		}
	}
	if q.Range != "" && (len(q.Order) == 0 || q.Order[0].Field != q.Range) {
		return fmt.Errorf("the range %q must be the first field of the order", q.Range)
	}
	if q.All && (len(q.Equal) == 0 || q.AnyOf != "" || len(q.Together) > 0) {
		return errors.New("all are to be given, and there are none or others")
	}
	c.queries[q.Name] = q
	return q.checkTogether()
}

// use notes that a query names a field, once and with a fitting type.
func (c *collection) use(used map[string]bool, name string, types ...FieldType) error {
	if !slices.Contains(types, c.types[name]) {
		return fmt.Errorf("%q is not declared or has the wrong type for this", name)
	}
	if used[name] {
		return fmt.Errorf("%q is named twice", name)
	}
	used[name] = true
	return nil
}

func (q *Query) checkTogether() error {
	for _, set := range q.Together {
		for _, name := range set {
			if name != q.AnyOf && !slices.Contains(q.Equal, name) {
				return fmt.Errorf("%q stands together with others but is not compared", name)
			}
		}
	}
	return nil
}
