package firestore

import (
	"strings"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/firestore/resource"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/firestore/wire"
)

// mask is a list of field paths; a nil mask means everything.
type mask struct {
	text  string // the same for the same paths in the same order
	paths []resource.Field
	flat  map[string]string // the names by themselves, if all paths are of fields at the top
}

// words distinguishes masks; that of everything from one of nothing, too.
func (m *mask) words() string {
	if m == nil {
		return "*"
	}
	return m.text
}

func parseMask(m *pb.DocumentMask) (*mask, error) {
	if m == nil {
		return nil, nil
	}
	out := &mask{text: strings.Join(m.GetFieldPaths(), "\n")}
	for _, p := range m.GetFieldPaths() {
		f, err := resource.ParseField(p)
		if err != nil {
			return nil, err
		}
		out.paths = append(out.paths, f)
	}
	out.flatten()
	return out, nil
}

// flatten records the names of the fields, unless one reaches into a map.
func (m *mask) flatten() {
	names := make(map[string]string, len(m.paths))
	for _, p := range m.paths {
		if len(p.Segments) != 1 {
			return
		}
		if !p.IsName() {
			names[p.Segments[0]] = p.Segments[0]
		}
	}
	m.flat = names
}

// decode decodes the fields of a stored document that the mask names. Other fields are not decoded, which saves most of
// the work for long lists.
func (m *mask) decode(stored []byte) (*pb.Document, error) {
	if m != nil && m.flat != nil {
		return wire.Document(stored, m.flat)
	}
	doc, err := wire.Document(stored, nil)
	m.project(doc)
	return doc, err
}

// project removes from doc what the mask does not name.
func (m *mask) project(doc *pb.Document) {
	if m == nil || doc == nil {
		return
	}
	kept := map[string]*pb.Value{}
	for _, p := range m.paths {
		if v := lookup(doc.GetFields(), p.Segments); v != nil && !p.IsName() {
			kept = withField(kept, p.Segments, v)
		}
	}
	doc.Fields = kept
}

// withField returns fields with v at the path; a nil v removes what is there. fields itself is not changed: the maps
// along the path are copied. A scalar along the path is replaced by a map, except when there is nothing to put into it.
func withField(fields map[string]*pb.Value, segments []string, v *pb.Value) map[string]*pb.Value {
	old, present := fields[segments[0]]
	if v == nil && (!present || len(segments) > 1 && old.GetMapValue() == nil) {
		return fields
	}
	out := make(map[string]*pb.Value, len(fields)+1)
	for k, f := range fields {
		out[k] = f
	}
	switch {
	case len(segments) > 1:
		below := withField(old.GetMapValue().GetFields(), segments[1:], v)
		out[segments[0]] = &pb.Value{ValueType: &pb.Value_MapValue{MapValue: &pb.MapValue{Fields: below}}}
	case v == nil:
		delete(out, segments[0])
	default:
		out[segments[0]] = v
	}
	return out
}
