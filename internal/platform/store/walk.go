package store

import (
	"context"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
)

// Walk goes through all documents of a collection in all scopes, in the order of their names, one page at a time. It
// reads every one, so it is for the operator's work and never for a request. Only the named fields are read, besides
// the times and the version; the body only if it is asked for.
type Walk struct {
	Collection string
	Fields     []string
	Body       bool
	After      Ref // continue after this document; zero is the start
	Limit      int // 1 to MaxLimit
}

// Walk reads one page. Fewer documents than the limit mean the end.
func (s *Store) Walk(ctx context.Context, w Walk) ([]*Doc, error) {
	ctx, cancel := s.bound(ctx)
	defer cancel()
	c, err := s.collection(w.Collection)
	if err != nil {
		return nil, err
	}
	p := &plan{collection: c.narrowed(w), query: &Query{Name: "walk", Group: true}, parent: s.database + "/documents"}
	r := &reader{store: s, plan: p}
	if w.After != (Ref{}) {
		r.after = &pb.Cursor{Values: []*pb.Value{refValue(s.name(w.After))}}
	}
	stored, err := s.query(ctx, p, r.after, min(max(w.Limit, 1), MaxLimit), nil)
	if err != nil {
		return nil, failed(ctx, "walk", err)
	}
	docs := make([]*Doc, len(stored))
	for i, raw := range stored {
		if docs[i], err = r.decode(raw); err != nil {
			return nil, err
		}
	}
	return docs, nil
}

// narrowed is the collection with another projection.
func (c *collection) narrowed(w Walk) *collection {
	n := *c
	n.show = append([]string{createdField, updatedField, versionField}, w.Fields...)
	if w.Body {
		n.show = append(n.show, bodyField)
	}
	return &n
}
