package store

import (
	"fmt"
	"slices"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/tinyoperahouse/toh/internal/model"
)

// Limits of a page.
const (
	MaxLimit = 500  // documents of a page
	MaxScan  = 2000 // documents read for a page when a Filter drops some
	maxAnyOf = 30   // values of an AnyOf
)

// Find asks for a page of a declared query.
type Find struct {
	Collection, Query string
	// Scope is the owner of the documents. It is zero for a Group query, and only there.
	Scope model.Scope
	// Equal compares any subset of the query's Equal fields.
	Equal Fields
	// AnyOf are strings or int64s, as declared for the query's AnyOf field.
	AnyOf []any
	// From (inclusive) and Until (exclusive) bound the values of the Range field from below and above, whatever the
	// direction of the order. Nil leaves a side open.
	From, Until any
	// Limit is the page's length, 1 to MaxLimit. One more document is read, to know whether there is a next page.
	Limit int
	// Cursor is the Next of the page before. It is valid for the same scope, query, Equal and AnyOf; the bounds may
	// have moved.
	Cursor string
	// Filter keeps only some documents. With it a page can end early, and even be empty, and still have a Next: after
	// MaxScan documents.
	Filter func(*Doc) bool
}

// plan is a Find that was checked and mapped to the database's form.
type plan struct {
	collection *collection
	query      *Query
	parent     string
	where      []*pb.StructuredQuery_Filter
	seal       []byte // what a cursor is bound to
	whole      bool   // return all fields of the documents
}

func (s *Store) plan(f *Find) (*plan, error) {
	c, err := s.collection(f.Collection)
	if err != nil {
		return nil, err
	}
	q := c.queries[f.Query]
	if q == nil {
		return nil, fmt.Errorf("store: query %q of %s is not declared", f.Query, f.Collection)
	}
	if q.Group != (f.Scope == model.Scope{}) || !q.Group && !f.Scope.Valid() {
		return nil, fmt.Errorf("store: query %s of %s was called with scope %q", q.Name, c.Name, f.Scope)
	}
	p := &plan{collection: c, query: q, parent: s.database + "/documents", whole: f.Filter != nil}
	if !q.Group {
		p.parent += "/" + f.Scope.String()
	}
	if err := p.filters(f); err != nil {
		return nil, fmt.Errorf("store: query %s of %s: %w", q.Name, c.Name, err)
	}
	p.seal = p.binding(f)
	return p, nil
}

// filters maps the comparisons, in the declared order.
func (p *plan) filters(f *Find) error {
	for name := range f.Equal {
		if !slices.Contains(p.query.Equal, name) {
			return fmt.Errorf("the query does not compare %q", name)
		}
	}
	for _, name := range p.query.Equal {
		v, given := f.Equal[name]
		if !given && p.query.All {
			return fmt.Errorf("%q is missing, and the query requires all of its fields", name)
		}
		if !given {
			continue
		}
		if err := p.compare(name, pb.StructuredQuery_FieldFilter_EQUAL, v); err != nil {
			return err
		}
	}
	if err := p.anyOf(f.AnyOf); err != nil {
		return err
	}
	return p.bounds(f)
}

func (p *plan) compare(name string, op pb.StructuredQuery_FieldFilter_Operator, v any) error {
	value, err := encode(p.collection.types[name], v)
	if err != nil {
		return fmt.Errorf("%q: %w", name, err)
	}
	if len(value.GetStringValue()) > MaxString {
		return model.Invalid("A value to look for is too long.")
	}
	p.where = append(p.where, fieldFilter(name, op, value))
	return nil
}

func (p *plan) anyOf(given []any) error {
	name := p.query.AnyOf
	if name == "" && len(given) == 0 {
		return nil
	}
	if name == "" || len(given) == 0 {
		return fmt.Errorf("AnyOf is given without being declared, or declared without being given")
	}
	if len(given) > maxAnyOf {
		return model.Invalid("At most %d values can be looked for at once.", maxAnyOf)
	}
	element := p.collection.types[name].element()
	values := make([]*pb.Value, len(given))
	for i, v := range given {
		value, err := encode(element, v)
		if err != nil {
			return fmt.Errorf("%q: %w", name, err)
		}
		values[i] = value
	}
	p.where = append(p.where, contains(name, values))
	return nil
}

// contains uses the plain form for a single value, because it is cheaper.
func contains(name string, values []*pb.Value) *pb.StructuredQuery_Filter {
	if len(values) == 1 {
		return fieldFilter(name, pb.StructuredQuery_FieldFilter_ARRAY_CONTAINS, values[0])
	}
	list := &pb.Value{ValueType: &pb.Value_ArrayValue{ArrayValue: &pb.ArrayValue{Values: values}}}
	return fieldFilter(name, pb.StructuredQuery_FieldFilter_ARRAY_CONTAINS_ANY, list)
}

func (p *plan) bounds(f *Find) error {
	if f.From == nil && f.Until == nil {
		return nil
	}
	if p.query.Range == "" {
		return fmt.Errorf("it does not declare a range")
	}
	if f.From != nil {
		if err := p.compare(p.query.Range, pb.StructuredQuery_FieldFilter_GREATER_THAN_OR_EQUAL, f.From); err != nil {
			return err
		}
	}
	if f.Until == nil {
		return nil
	}
	return p.compare(p.query.Range, pb.StructuredQuery_FieldFilter_LESS_THAN, f.Until)
}

func fieldFilter(name string, op pb.StructuredQuery_FieldFilter_Operator, v *pb.Value) *pb.StructuredQuery_Filter {
	return &pb.StructuredQuery_Filter{FilterType: &pb.StructuredQuery_Filter_FieldFilter{
		FieldFilter: &pb.StructuredQuery_FieldFilter{Field: field(name), Op: op, Value: v},
	}}
}

func field(name string) *pb.StructuredQuery_FieldReference {
	return &pb.StructuredQuery_FieldReference{FieldPath: name}
}

// build makes the query as it is sent, from a position on.
func (p *plan) build(after *pb.Cursor, limit int) *pb.StructuredQuery {
	q := &pb.StructuredQuery{
		Select: p.projection(),
		From: []*pb.StructuredQuery_CollectionSelector{{CollectionId: p.collection.Name,
			AllDescendants: p.query.Group}},
		Where:   conjunction(p.where),
		OrderBy: p.order(),
		StartAt: after,
		Limit:   wrapperspb.Int32(int32(limit)), // #nosec G115 -- at most MaxLimit+1
	}
	return q
}

func conjunction(list []*pb.StructuredQuery_Filter) *pb.StructuredQuery_Filter {
	switch len(list) {
	case 0:
		return nil
	case 1:
		return list[0]
	}
	return &pb.StructuredQuery_Filter{FilterType: &pb.StructuredQuery_Filter_CompositeFilter{
		CompositeFilter: &pb.StructuredQuery_CompositeFilter{Op: pb.StructuredQuery_CompositeFilter_AND, Filters: list},
	}}
}

// order is the declared order followed by the name, in the direction of the last step.
func (p *plan) order() []*pb.StructuredQuery_Order {
	list := make([]*pb.StructuredQuery_Order, 0, len(p.query.Order)+1)
	last := false
	for _, o := range p.query.Order {
		last = o.Desc
		list = append(list, &pb.StructuredQuery_Order{Field: field(o.Field), Direction: direction(o.Desc)})
	}
	return append(list, &pb.StructuredQuery_Order{Field: field("__name__"), Direction: direction(last)})
}

func direction(desc bool) pb.StructuredQuery_Direction {
	if desc {
		return pb.StructuredQuery_DESCENDING
	}
	return pb.StructuredQuery_ASCENDING
}
