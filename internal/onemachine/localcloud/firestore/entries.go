package firestore

import (
	pb "cloud.google.com/go/firestore/apiv1/firestorepb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/firestore/order"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/firestore/resource"
)

// indexer makes the entries of one document.
type indexer struct {
	*entrySet
	group      *group
	base       []byte // what all entries of the collection group begin with
	collection []byte // number of the collection
	id         []byte // last segment, with End
	path       []byte // whole path, with End
	changed    map[string]bool
	head, tail []byte      // of the entries of one array
	values     []*pb.Value // of one composite index
}

// indexer prepares for a document. The caller holds mu.
func (d *database) indexer(name resource.Doc) (*indexer, error) {
	group, err := d.giveGroup(name.Group())
	if err != nil {
		return nil, err
	}
	path := name.Collection()
	collection, err := d.giveCollection(path)
	if err != nil {
		return nil, err
	}
	x := &indexer{group: d.schema.of(name.Group()), base: group, collection: collection}
	x.path = appendID(path, name.ID())
	x.id = x.path[len(path):]
	return x, nil
}

// entries lists the index entries of a document with these fields: those that changed affects or, when changed is nil,
// all, including membership. The result must be freed.
func (x *indexer) entries(fields map[string]*pb.Value, changed map[string]bool) *entrySet {
	x.entrySet, x.changed = newEntrySet(), changed
	if changed == nil {
		x.key(indexMembers, x.path)
		x.close()
	}
	if !x.group.other.none() || len(x.group.rules) > 0 {
		for name, v := range fields {
			if x.concerns(name) {
				x.named(nil, "", name, v, x.group.other)
			}
		}
	}
	for _, c := range x.group.composites {
		if x.concerned(c.fields) {
			x.composite(c, fields)
		}
	}
	for _, ttl := range x.group.ttl {
		if x.concerns(ttl.Segments[0]) {
			x.expiry(ttl, fields)
		}
	}
	x.sort()
	return x.entrySet
}

// concerns says whether the value of a top-level field may have changed.
func (x *indexer) concerns(name string) bool { return x.changed == nil || x.changed[name] }

func (x *indexer) concerned(fields []resource.Field) bool {
	for _, f := range fields {
		if x.concerns(f.Segments[0]) {
			return true
		}
	}
	return x.changed == nil
}

// key begins an entry.
func (x *indexer) key(kind byte, parts ...[]byte) {
	x.data = append(append(x.data, x.base...), kind)
	for _, p := range parts {
		x.data = append(x.data, p...)
	}
}

// named makes the single-field entries of a field that lies below path, and of the fields in it.
func (x *indexer) named(path []string, text, name string, v *pb.Value, above *fieldRule) {
	rule, full, fieldText := above, append(path, name), ""
	if len(x.group.rules) > 0 {
		fieldText = join(text, resource.MakeField([]string{name}).Text)
		rule = x.group.rule(fieldText, above)
	}
	x.field(full, v, rule)
	m, ok := v.GetValueType().(*pb.Value_MapValue)
	if !ok || rule.none() && len(x.group.rules) == 0 {
		return
	}
	if _, vector := order.Vector(m.MapValue.GetFields()); vector {
		return
	}
	for below, v := range m.MapValue.GetFields() {
		x.named(full, fieldText, below, v, rule)
	}
}

func join(above, name string) string {
	if above == "" {
		return name
	}
	return above + "." + name
}

// field makes the entries of one field.
func (x *indexer) field(path []string, v *pb.Value, rule *fieldRule) {
	if rule.ordered() {
		x.single(indexOrdered, path, v)
	}
	if rule.allOrdered() {
		x.single(indexAllOrdered, path, v)
	}
	list, ok := v.GetValueType().(*pb.Value_ArrayValue)
	if !ok || !rule.contains && !rule.allContains {
		return
	}
	for _, element := range list.ArrayValue.GetValues() {
		if rule.contains {
			x.single(indexContains, path, element)
		}
		if rule.allContains {
			x.single(indexAllContains, path, element)
		}
	}
}

func (x *indexer) single(kind byte, path []string, v *pb.Value) {
	x.key(kind)
	x.data = append(resource.AppendPath(x.data, path), resource.End)
	all := kind == indexAllOrdered || kind == indexAllContains
	if !all {
		x.data = append(x.data, x.collection...)
	}
	x.data = x.appendName(order.AppendIndexed(x.data, v), all, false)
	x.close()
}

// appendName ends an entry: with the id where the collection comes first, otherwise with the whole path.
func (x *indexer) appendName(dst []byte, whole, desc bool) []byte {
	from := len(dst)
	if whole {
		dst = append(dst, x.path...)
	} else {
		dst = append(dst, x.id...)
	}
	if desc {
		invert(dst[from:])
	}
	return dst
}

// composite makes the entries of one composite index: one, or one for every element of its array field; none when a
// field is missing.
func (x *indexer) composite(c *composite, fields map[string]*pb.Value) {
	x.values = x.values[:0]
	for _, f := range c.fields {
		v := lookup(fields, f.Segments)
		if v == nil {
			return
		}
		x.values = append(x.values, v)
	}
	x.head = appendComposite(append(x.head[:0], x.base...), c.ID)
	if !c.GroupScope {
		x.head = append(x.head, x.collection...)
	}
	before, after := len(x.values), len(x.values)
	if c.array >= 0 {
		before, after = c.array, c.array+1
	}
	x.head = c.appendValues(x.head, x.values, 0, before)
	x.tail = x.appendName(c.appendValues(x.tail[:0], x.values, after, len(x.values)), c.GroupScope, c.nameDesc)
	if c.array < 0 {
		x.data = append(append(x.data, x.head...), x.tail...)
		x.close()
		return
	}
	for _, element := range x.values[c.array].GetArrayValue().GetValues() {
		x.data = order.AppendIndexed(append(x.data, x.head...), element)
		x.data = append(x.data, x.tail...)
		x.close()
	}
}

// appendValues adds the values of some of the index's fields.
func (c *composite) appendValues(dst []byte, values []*pb.Value, from, to int) []byte {
	for i := from; i < to; i++ {
		at := len(dst)
		dst = order.AppendIndexed(dst, values[i])
		if c.Fields[i].Mode == Descending {
			invert(dst[at:])
		}
	}
	return dst
}

// expiry makes the entry by which Sweep finds the document.
func (x *indexer) expiry(ttl resource.Field, fields map[string]*pb.Value) {
	v := lookup(fields, ttl.Segments)
	if _, ok := v.GetValueType().(*pb.Value_TimestampValue); !ok {
		return
	}
	x.key(indexExpiry)
	x.data = append(order.Append(x.data, v), x.path...)
	x.close()
}

// lookup finds the value at a path; nil when there is none.
func lookup(fields map[string]*pb.Value, segments []string) *pb.Value {
	for i, s := range segments {
		v := fields[s]
		if v == nil || i == len(segments)-1 {
			return v
		}
		fields = v.GetMapValue().GetFields()
	}
	return nil
}

// distinct drops values that are equal to one before them.
func distinct(values []*pb.Value) []*pb.Value {
	if len(values) < 2 {
		return values
	}
	seen := make(map[string]bool, len(values))
	out := make([]*pb.Value, 0, len(values))
	for _, v := range values {
		key := string(order.AppendIndexed(nil, v))
		if !seen[key] {
			seen[key] = true
			out = append(out, v)
		}
	}
	return out
}

func invert(b []byte) {
	for i := range b {
		b[i] = ^b[i]
	}
}
