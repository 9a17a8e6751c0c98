package store

import (
	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
)

// shown are the fields of a collection that reads return, the store's own included; nil if that is all of them.
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

// projection selects the fields that are returned. With a Filter it selects all fields, because the filter may look at
// any.
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

// mask selects the fields that are returned of documents of several collections; nil means all. The mask of each set of
// collections that is read together is made once: there are only as many sets as there are kinds of requests.
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

// maxMasked limits the reads whose mask is cached: longer ones come in too many varieties.
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
