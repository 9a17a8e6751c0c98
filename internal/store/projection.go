package store

import (
	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
)

// shown are the fields of a collection that reads bring back, its own included; nil if that is all of them.
func (c *collection) shown() []string {
	hidden := false
	names := make([]string, 0, len(c.Fields)+len(ownFields))
	for _, f := range c.Fields {
		if f.Unread {
			hidden = true
			continue
		}
		names = append(names, f.Name)
	}
	if !hidden {
		return nil
	}
	return append(names, ownFields...)
}

// projection asks for what is shown. A filter may look at everything.
func (p *plan) projection() *pb.StructuredQuery_Projection {
	if p.whole || p.collection.show == nil {
		return nil
	}
	list := make([]*pb.StructuredQuery_FieldReference, len(p.collection.show))
	for i, name := range p.collection.show {
		list[i] = field(name)
	}
	return &pb.StructuredQuery_Projection{Fields: list}
}

// mask asks for what is shown of documents of several collections; nil if that is everything.
func (s *Store) mask(refs []Ref) *pb.DocumentMask {
	hidden := false
	for _, r := range refs {
		hidden = hidden || s.collections[r.Collection].show != nil
	}
	if !hidden {
		return nil
	}
	seen := make(map[string]bool, 16*len(refs))
	m := &pb.DocumentMask{}
	add := func(name string) {
		if !seen[name] {
			seen[name] = true
			m.FieldPaths = append(m.FieldPaths, name)
		}
	}
	for _, r := range refs {
		for _, f := range s.collections[r.Collection].Fields {
			if !f.Unread {
				add(f.Name)
			}
		}
	}
	for _, name := range ownFields {
		add(name)
	}
	return m
}
