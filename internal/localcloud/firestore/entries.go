package firestore

import (
	"bytes"
	"slices"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"

	"github.com/tinyoperahouse/toh/internal/localcloud/firestore/order"
	"github.com/tinyoperahouse/toh/internal/localcloud/firestore/resource"
)

// Limits of index entries.
const (
	maxEntries      = 40_000
	maxEntryBytes   = 7_680
	maxEntriesBytes = 8 << 20
)

// entrySet is a list of index keys in one piece of memory.
type entrySet struct {
	data []byte
	ends []int
}

func (e *entrySet) len() int { return len(e.ends) }

func (e *entrySet) at(i int) []byte {
	from := 0
	if i > 0 {
		from = e.ends[i-1]
	}
	return e.data[from:e.ends[i]:e.ends[i]]
}

func (e *entrySet) close() { e.ends = append(e.ends, len(e.data)) }

// sorted returns the keys in order.
func (e *entrySet) sorted() [][]byte {
	out := make([][]byte, e.len())
	for i := range out {
		out[i] = e.at(i)
	}
	slices.SortFunc(out, bytes.Compare)
	return out
}

// indexer makes the entries of one document.
type indexer struct {
	*entrySet
	group      *group
	base       []byte // what all entries of the collection group begin with
	collection []byte // path of the collection, with End
	id         []byte // last segment, with End
	path       []byte // whole path, with End
}

// entries lists all index entries of a document, membership included. The caller holds mu.
func (d *database) entries(name resource.Doc, fields map[string]*pb.Value) (*entrySet, error) {
	x := indexer{entrySet: &entrySet{data: make([]byte, 0, 2048)}, group: d.schema.of(name.Group()), base: groupKey(d.id, name.Group())}
	x.collection = append(name.Collection(), resource.End)
	x.id = appendID(nil, name.ID())
	x.path = append(name.Collection(), x.id...)
	x.key(indexMembers, x.path)
	x.close()
	x.fields(nil, "", fields, x.group.other)
	for _, c := range x.group.composites {
		x.composite(c, fields)
	}
	for _, ttl := range x.group.ttl {
		x.expiry(ttl, fields)
	}
	return x.entrySet, x.check()
}

func (x *indexer) check() error {
	if x.len() > maxEntries {
		return invalid("too many index entries for entity: %d is more than %d", x.len(), maxEntries)
	}
	if len(x.data) > maxEntriesBytes {
		return invalid("The sum of the sizes of the index entries of a document cannot exceed %d bytes.", maxEntriesBytes)
	}
	for i := range x.len() {
		if len(x.at(i)) > maxEntryBytes {
			return invalid("index entry too large: an index entry cannot exceed %d bytes.", maxEntryBytes)
		}
	}
	return nil
}

// key begins an entry.
func (x *indexer) key(kind byte, parts ...[]byte) {
	x.data = append(append(x.data, x.base...), kind)
	for _, p := range parts {
		x.data = append(x.data, p...)
	}
}

// fields makes the single-field entries of a map of fields that lies at path.
func (x *indexer) fields(path []string, text string, fields map[string]*pb.Value, above *fieldRule) {
	if above.none() && len(x.group.rules) == 0 {
		return
	}
	for name, v := range fields {
		rule, full, fieldText := above, append(path, name), ""
		if len(x.group.rules) > 0 {
			fieldText = join(text, resource.MakeField([]string{name}).Text)
			rule = x.group.rule(fieldText, above)
		}
		x.field(full, v, rule)
		if m, ok := v.GetValueType().(*pb.Value_MapValue); ok {
			if _, vector := order.Vector(m.MapValue.GetFields()); !vector {
				x.fields(full, fieldText, m.MapValue.GetFields(), rule)
			}
		}
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
	for _, element := range distinct(list.ArrayValue.GetValues()) {
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
	x.data = order.AppendIndexed(x.data, v)
	x.name(all, false)
}

// name ends an entry: by the id where the collection's path is in front, else by the whole path.
func (x *indexer) name(whole, desc bool) {
	from := len(x.data)
	if whole {
		x.data = append(x.data, x.path...)
	} else {
		x.data = append(x.data, x.id...)
	}
	if desc {
		invert(x.data[from:])
	}
	x.close()
}

// composite makes the entries of one composite index: one, or one for every element of its array field; none when a field is missing.
func (x *indexer) composite(c *composite, fields map[string]*pb.Value) {
	values := make([]*pb.Value, len(c.fields))
	array := -1
	for i, f := range c.fields {
		if values[i] = lookup(fields, f.Segments); values[i] == nil {
			return
		}
		if c.Fields[i].Mode == Contains {
			array = i
		}
	}
	if array < 0 {
		x.compositeEntry(c, values)
		return
	}
	for _, element := range distinct(values[array].GetArrayValue().GetValues()) {
		values[array] = element
		x.compositeEntry(c, values)
	}
}

func (x *indexer) compositeEntry(c *composite, values []*pb.Value) {
	x.data = append(x.data, compositeKey(x.base, c.ID)...)
	if !c.GroupScope {
		x.data = append(x.data, x.collection...)
	}
	for i, v := range values {
		from := len(x.data)
		x.data = order.AppendIndexed(x.data, v)
		if c.Fields[i].Mode == Descending {
			invert(x.data[from:])
		}
	}
	x.name(c.GroupScope, c.nameDesc)
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
