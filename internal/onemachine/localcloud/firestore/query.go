package firestore

import (
	"math"
	"slices"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/firestore/order"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/firestore/resource"
)

// query is a structured query, checked and in normal form.
type query struct {
	database *database
	parent   resource.Doc
	group    string
	all      bool // the whole collection group below parent
	kindless bool // of every collection group; all is set
	flat     bool // of a kindless query: only what lies in the parent's own collections
	or       [][]filter
	orders   []ordering // ends with the name
	explicit int        // how many of them the query itself gives
	start    *cursor
	end      *cursor
	offset   int
	limit    int
	mask     *mask
}

// ordering is one key of the sort order.
type ordering struct {
	field resource.Field
	desc  bool
}

// cursor is a position in the sort order: before or after everything that has these values.
type cursor struct {
	values []*pb.Value
	after  bool
}

func (d *database) parseQuery(parent string, q *pb.StructuredQuery) (*query, error) {
	if q == nil {
		return nil, invalid("a query must have a structured query")
	}
	out := &query{database: d, limit: math.MaxInt, offset: int(q.GetOffset())}
	steps := []func() error{
		func() error { return out.parseFrom(parent, q.GetFrom()) },
		func() error { return out.parseLimits(q) },
		func() error { return out.parseWhere(q.GetWhere()) },
		func() error { return out.parseOrder(q.GetOrderBy()) },
		func() error { return out.parseCursors(q) },
		func() error { return out.parseSelect(q.GetSelect()) },
		out.checkKindless,
	}
	for _, step := range steps {
		if err := step(); err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (q *query) parseFrom(parent string, from []*pb.StructuredQuery_CollectionSelector) error {
	var err error
	if q.parent, err = resource.ParseParent(parent); err != nil {
		return err
	}
	if q.parent.Database != q.database.name {
		return invalid("The parent %q does not belong to the database %s.", parent, q.database.name)
	}
	switch {
	case len(from) > 1:
		return invalid("StructuredQuery.from cannot have more than one collection selector.")
	case len(from) == 0 || from[0].GetCollectionId() == "":
		q.kindless, q.all = true, true
		q.flat = len(from) == 0 || !from[0].GetAllDescendants()
		return nil
	}
	q.group, q.all = from[0].GetCollectionId(), from[0].GetAllDescendants()
	return resource.CheckCollection(q.group)
}

func (q *query) parseLimits(p *pb.StructuredQuery) error {
	if p.GetOffset() < 0 {
		return invalid("offset is negative")
	}
	if l := p.GetLimit(); l != nil {
		if l.GetValue() < 0 {
			return invalid("limit is negative")
		}
		q.limit = int(l.GetValue())
	}
	if p.GetFindNearest() != nil {
		return errUnserved("findNearest")
	}
	return nil
}

// parseOrder completes the order: missing fields of inequalities, by name, then the document's name, all in its last
// direction.
func (q *query) parseOrder(list []*pb.StructuredQuery_Order) error {
	for _, o := range list {
		f, err := resource.ParseField(o.GetField().GetFieldPath())
		if err != nil {
			return err
		}
		if q.ordered(f.Text) {
			return invalid("order by clause cannot contain duplicate fields %s", f.Text)
		}
		if q.ordered(resource.NameField) {
			return errAfterName()
		}
		q.orders = append(q.orders, ordering{f, o.GetDirection() == pb.StructuredQuery_DESCENDING})
	}
	q.explicit = len(q.orders)
	desc := q.explicit > 0 && q.orders[q.explicit-1].desc
	named := q.ordered(resource.NameField)
	for _, f := range q.inequalities() {
		if !q.ordered(f.Text) && !f.IsName() {
			if named {
				return errAfterName()
			}
			q.orders = append(q.orders, ordering{f, desc})
		}
	}
	if !named {
		q.orders = append(q.orders, ordering{resource.MakeField([]string{resource.NameField}), desc})
	}
	return nil
}

func errAfterName() error {
	return invalid("order by clause cannot contain more fields after the key")
}

func (q *query) ordered(path string) bool {
	return slices.ContainsFunc(q.orders, func(o ordering) bool { return o.field.Text == path })
}

// inequalities lists the fields that filters other than equality name, by their paths.
func (q *query) inequalities() []resource.Field {
	var out []resource.Field
	for _, and := range q.or {
		for _, f := range and {
			if f.equality() || slices.ContainsFunc(out, func(o resource.Field) bool { return o.Text == f.field.Text }) {
				continue
			}
			out = append(out, f.field)
		}
	}
	slices.SortFunc(out, func(a, b resource.Field) int { return slices.Compare(a.Segments, b.Segments) })
	return out
}

func (q *query) parseCursors(p *pb.StructuredQuery) (err error) {
	if q.start, err = q.parseCursor(p.GetStartAt()); err != nil {
		return err
	}
	q.end, err = q.parseCursor(p.GetEndAt())
	if q.start != nil {
		q.start.after = !p.GetStartAt().GetBefore()
	}
	if q.end != nil {
		q.end.after = !p.GetEndAt().GetBefore()
	}
	return err
}

func (q *query) parseCursor(c *pb.Cursor) (*cursor, error) {
	if c == nil {
		return nil, nil
	}
	if len(c.GetValues()) > q.explicit {
		return nil, invalid("Cursor has too many values.")
	}
	for i, v := range c.GetValues() {
		if err := checkValue("cursor", v, 1); err != nil {
			return nil, err
		}
		if q.orders[i].field.IsName() && v.GetReferenceValue() == "" {
			return nil, invalid("Cursor __key__ value is not a document reference.")
		}
	}
	return &cursor{values: c.GetValues()}, nil
}

func (q *query) parseSelect(p *pb.StructuredQuery_Projection) error {
	if p == nil {
		return nil
	}
	m := &pb.DocumentMask{}
	for _, f := range p.GetFields() {
		m.FieldPaths = append(m.FieldPaths, f.GetFieldPath())
	}
	var err error
	q.mask, err = parseMask(m)
	return err
}

// collection is the encoded path of the collection that is asked, without End.
func (q *query) collection() []byte {
	return resource.AppendSegment(resource.AppendPath(nil, q.parent.Segments), q.group)
}

// namePath encodes the name in v as the names in keys are; ok is false for the document of another database.
func (q *query) namePath(v *pb.Value) (path []byte, ok bool) {
	d, err := resource.ParseDoc(v.GetReferenceValue())
	if err != nil || d.Database != q.database.name {
		return nil, false
	}
	return append(resource.AppendPath(nil, d.Segments), resource.End), true
}

// indexed encodes a value of a filter or a cursor as it is in an index.
func indexed(v *pb.Value) []byte { return order.AppendIndexed(nil, v) }
