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

// mask asks for what is shown of documents of several collections; nil if that is everything. Each set of collections
// that is read together gets its mask made once: there are as many as there are kinds of requests.
func (s *Store) mask(refs []Ref) *pb.DocumentMask {
	hidden := false
	var set [128]byte
	key := set[:0]
	for _, r := range refs {
		c := s.collections[r.Collection]
		hidden = hidden || c.show != nil
		key = append(append(key, r.Collection...), '/')
	}
	if !hidden {
		return nil
	}
	if m, ok := s.masks.Load(string(key)); ok {
		return m.(*pb.DocumentMask)
	}
	m := s.makeMask(refs)
	if len(refs) <= maxMasked {
		s.masks.Store(string(key), m)
	}
	return m
}

// maxMasked bounds the reads of which the mask is remembered: longer ones are many different ones.
const maxMasked = 8

func (s *Store) makeMask(refs []Ref) *pb.DocumentMask {
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
