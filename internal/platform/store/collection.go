package store

import (
	"errors"
	"fmt"
	"maps"
	"regexp"
	"slices"

	"github.com/tinyoperahouse/toh/internal/model"
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

// Field declares a value that is stored in the clear beside the body, for queries.
type Field struct {
	Name string
	Type FieldType
	// Indexed asks for a single-field index. Queries get the indexes they need without it. A field with neither is
	// exempt from indexing.
	Indexed bool
	// Unread says that the field serves queries only: reads do not return it, except to a Find with a Filter.
	Unread bool
}

// Order is one step of a query's order. A document without the field is not in the result.
type Order struct {
	Field string
	Desc  bool
}

// Query declares a query. A query that is not declared cannot be run.
type Query struct {
	Name string
	// Equal are fields compared with ==. Each is optional: any subset may be given.
	Equal []string
	// AnyOf is "", or a Strings or Ints field that must contain at least one of the given 1 to 30 values.
	AnyOf string
	// Range is "", or the first field of Order, which may then be bounded.
	Range string
	// Order is completed by the document's name, in the direction of the last step, so that it is total.
	Order []Order
	// Together lists sets of Equal and AnyOf fields that are given at once so often that they deserve an index of their
	// own. Without it, the database merges indexes of single fields that share the order.
	Together [][]string
	// All says that every Find gives all of Equal, and no AnyOf. Then one index is enough, and none begins with the
	// order. An index that begins with a time, over all scopes, would grow at one end only.
	All bool
	// Group queries run over all scopes. They are for the platform's own tasks only.
	Group bool
}

// Collection declares the documents of one name in every scope.
type Collection struct {
	Name    string
	Fields  []Field
	Queries []Query
	// TTL is "", or the Time field that says from when on the database may delete the document.
	TTL string
	// About says what its documents are for and how they end.
	About model.About
}

// The fields that each stored document has besides the declared ones.
const (
	versionField = "version"
	bodyField    = "body"
	createdField = "created"
	updatedField = "updated"
	proofField   = "proof"
	commitField  = "commit" // 128 random bits per commit; they show whether a commit without an answer took place
)

var ownFields = []string{bodyField, commitField, createdField, proofField, updatedField, versionField}

var nameForm = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`)

// collection is a declaration, prepared for use.
type collection struct {
	Collection
	types   map[string]FieldType
	queries map[string]*Query
	show    []string // see shown
	all     []string // every field, including the store's own
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
		return nil, fmt.Errorf("collection %s: TTL %q is not a time field", c.Name, c.TTL)
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
		return errors.New("a query with All requires Equal fields and no AnyOf")
	}
	c.queries[q.Name] = q
	return q.checkTogether()
}

// use notes that a query names a field, and checks that it does so once and with a suitable type.
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
				return fmt.Errorf("%q is in Together but is not compared", name)
			}
		}
	}
	return nil
}
