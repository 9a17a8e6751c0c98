package firestore

import (
	"slices"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/firestore/resource"
)

// Limits of filters.
const (
	maxDisjunctions = 30
	maxIn           = 30
	maxNotIn        = 10
	maxInequalities = 10
	maxFilters      = 100
)

// op is the operator of a filter. IN and ARRAY_CONTAINS_ANY do not occur: they become alternatives of equal and
// contains.
type op uint8

const (
	equal op = iota
	contains
	less
	lessEqual
	greater
	greaterEqual
	except // none of the values, nor null
)

// filter is one condition.
type filter struct {
	field  resource.Field
	op     op
	values []*pb.Value // one, but for except
}

func (f filter) equality() bool { return f.op == equal || f.op == contains }

// never is a filter that nothing satisfies.
func never(f resource.Field) filter { return filter{field: f, op: equal} }

// filterParser turns a tree of filters into alternatives, each a list of conditions that hold together.
type filterParser struct {
	total    int
	excludes int // !=, not-in, is not null, is not NaN
	notIn    bool
	multiple bool // in, array-contains-any, or
}

func (q *query) parseWhere(w *pb.StructuredQuery_Filter) error {
	p := &filterParser{}
	or, err := p.tree(w)
	if err != nil {
		return err
	}
	if p.notIn && p.multiple {
		return invalid("'NOT_IN' cannot be used in the same query with 'IN', 'ARRAY_CONTAINS_ANY' or 'OR'.")
	}
	for _, and := range or {
		n := 0
		for _, f := range and {
			if f.op == contains {
				n++
			}
		}
		if n > 1 {
			return invalid("A maximum of 1 'ARRAY_CONTAINS' filter is allowed per disjunction.")
		}
	}
	q.or = or
	if err := q.checkNames(); err != nil {
		return err
	}
	if n := len(q.inequalities()); n > maxInequalities {
		return invalid("A query can have inequality filters on at most %d fields; it has %d.", maxInequalities, n)
	}
	return nil
}

// checkNames refuses a name that must be equal beside ranges of other fields, as Google does.
func (q *query) checkNames() error {
	fields := q.inequalities()
	if len(fields) == 0 || slices.ContainsFunc(fields, resource.Field.IsName) {
		return nil
	}
	for _, and := range q.or {
		if slices.ContainsFunc(and, func(f filter) bool { return f.equality() && f.field.IsName() }) {
			return invalid("Equality on key is not allowed if there are other inequality fields and key does not " +
				"appear in inequalities.")
		}
	}
	return nil
}

func (p *filterParser) tree(w *pb.StructuredQuery_Filter) ([][]filter, error) {
	switch t := w.GetFilterType().(type) {
	case nil:
		return [][]filter{nil}, nil
	case *pb.StructuredQuery_Filter_FieldFilter:
		return p.field(t.FieldFilter)
	case *pb.StructuredQuery_Filter_UnaryFilter:
		return p.unary(t.UnaryFilter)
	case *pb.StructuredQuery_Filter_CompositeFilter:
		return p.composite(t.CompositeFilter)
	}
	return nil, invalid("unknown kind of filter")
}

func (p *filterParser) composite(c *pb.StructuredQuery_CompositeFilter) ([][]filter, error) {
	if len(c.GetFilters()) == 0 {
		return nil, invalid("composite filter has no filters")
	}
	var or [][]filter
	switch c.GetOp() {
	case pb.StructuredQuery_CompositeFilter_AND:
		or = [][]filter{nil}
	case pb.StructuredQuery_CompositeFilter_OR:
		p.multiple = p.multiple || len(c.GetFilters()) > 1
	default:
		return nil, invalid("composite filter has no operator")
	}
	for _, f := range c.GetFilters() {
		part, err := p.tree(f)
		if err != nil {
			return nil, err
		}
		if c.GetOp() == pb.StructuredQuery_CompositeFilter_OR {
			or = append(or, part...)
		} else {
			or = product(or, part)
		}
		if len(or) > maxDisjunctions {
			return nil, invalid("Too many disjunctions after normalization. Result had %d disjunctions which is more "+
				"than the maximum of %d", len(or), maxDisjunctions)
		}
	}
	return or, nil
}

// product makes (a or b) and (c or d) into alternatives.
func product(a, b [][]filter) [][]filter {
	out := make([][]filter, 0, len(a)*len(b))
	for _, x := range a {
		for _, y := range b {
			out = append(out, append(append([]filter{}, x...), y...))
		}
	}
	return out
}

func one(f filter) [][]filter { return [][]filter{{f}} }

func (p *filterParser) count(field *pb.StructuredQuery_FieldReference) (resource.Field, error) {
	if p.total++; p.total > maxFilters {
		return resource.Field{}, invalid("A query can have at most %d filters.", maxFilters)
	}
	return resource.ParseField(field.GetFieldPath())
}

func (p *filterParser) unary(u *pb.StructuredQuery_UnaryFilter) ([][]filter, error) {
	f, err := p.count(u.GetField())
	if err != nil {
		return nil, err
	}
	null, nan := &pb.Value{ValueType: &pb.Value_NullValue{}}, double(nanValue)
	switch u.GetOp() {
	case pb.StructuredQuery_UnaryFilter_IS_NULL:
		return one(filter{f, equal, []*pb.Value{null}}), nil
	case pb.StructuredQuery_UnaryFilter_IS_NAN:
		return one(filter{f, equal, []*pb.Value{nan}}), nil
	case pb.StructuredQuery_UnaryFilter_IS_NOT_NULL:
		return p.except(f, nil)
	case pb.StructuredQuery_UnaryFilter_IS_NOT_NAN:
		return p.except(f, []*pb.Value{nan})
	}
	return nil, invalid("unary filter has no operator")
}

func (p *filterParser) except(f resource.Field, values []*pb.Value) ([][]filter, error) {
	if p.excludes++; p.excludes > 1 {
		return nil, invalid("Only a single 'NOT_EQUAL', 'NOT_IN', 'IS_NOT_NAN', or 'IS_NOT_NULL' filter " +
			"allowed per query.")
	}
	return one(filter{f, except, values}), nil
}

func (p *filterParser) field(w *pb.StructuredQuery_FieldFilter) ([][]filter, error) {
	f, err := p.count(w.GetField())
	if err != nil {
		return nil, err
	}
	if err := checkOperand(f, w); err != nil {
		return nil, err
	}
	v := w.GetValue()
	switch w.GetOp() {
	case pb.StructuredQuery_FieldFilter_EQUAL:
		return one(simpleFilter(f, equal, v)), nil
	case pb.StructuredQuery_FieldFilter_ARRAY_CONTAINS:
		return one(simpleFilter(f, contains, v)), nil
	case pb.StructuredQuery_FieldFilter_LESS_THAN:
		return one(simpleFilter(f, less, v)), nil
	case pb.StructuredQuery_FieldFilter_LESS_THAN_OR_EQUAL:
		return one(simpleFilter(f, lessEqual, v)), nil
	case pb.StructuredQuery_FieldFilter_GREATER_THAN:
		return one(simpleFilter(f, greater, v)), nil
	case pb.StructuredQuery_FieldFilter_GREATER_THAN_OR_EQUAL:
		return one(simpleFilter(f, greaterEqual, v)), nil
	case pb.StructuredQuery_FieldFilter_NOT_EQUAL:
		return p.notEqual(f, v)
	case pb.StructuredQuery_FieldFilter_NOT_IN:
		return p.parseNotIn(f, v)
	case pb.StructuredQuery_FieldFilter_IN:
		return p.in(f, equal, v, "IN")
	case pb.StructuredQuery_FieldFilter_ARRAY_CONTAINS_ANY:
		return p.in(f, contains, v, "ARRAY_CONTAINS_ANY")
	}
	return nil, invalid("field filter has no operator")
}
