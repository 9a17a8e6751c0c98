package store

import (
	"context"
	"fmt"
	"time"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"

	"github.com/tinyoperahouse/toh/internal/model"
)

// Clear removes up to limit documents of a collection in one scope, in one commit, and returns how many it removed:
// fewer than limit mean that none is left. It reads only their names, so whatever they hold is removed. It is for a
// scope that ends, and must never be called for one that is in use.
func (s *Store) Clear(ctx context.Context, scope model.Scope, collection string, limit int) (int, error) {
	p, err := s.everything(scope, collection)
	if err != nil {
		return 0, err
	}
	found, err := s.names(ctx, p, min(max(limit, 1), MaxLimit))
	if err != nil || len(found) == 0 {
		return 0, err
	}
	r := &reader{store: s, plan: p, find: &Find{Scope: scope}}
	writes := make([]Write, len(found))
	for i, raw := range found {
		ref, ok := r.ref(raw.GetName())
		if !ok {
			return 0, fmt.Errorf("store: %s holds a document whose name is not one of ours", collection)
		}
		writes[i] = Delete(ref, time.Time{})
	}
	_, err = s.Commit(ctx, writes...)
	return len(writes), err
}

// CountAll returns how many documents a collection has in one scope, counting up to upTo.
func (s *Store) CountAll(ctx context.Context, scope model.Scope, collection string, upTo int64) (int64, error) {
	p, err := s.everything(scope, collection)
	if err != nil {
		return 0, err
	}
	ctx, cancel := s.bound(ctx)
	defer cancel()
	n, err := s.count(ctx, p, upTo)
	return n, failed(ctx, "count", err)
}

func (s *Store) names(ctx context.Context, p *plan, limit int) ([]*pb.Document, error) {
	ctx, cancel := s.bound(ctx)
	defer cancel()
	found, err := s.query(ctx, p, nil, limit, nil)
	return found, failed(ctx, "list names", err)
}

// everything is a query for the names of all documents of a collection in a scope. It needs no index.
func (s *Store) everything(scope model.Scope, collection string) (*plan, error) {
	c, err := s.collection(collection)
	if err != nil {
		return nil, err
	}
	if !scope.Valid() {
		return nil, fmt.Errorf("store: %q is no scope", scope)
	}
	named := *c
	named.show = []string{"__name__"}
	return &plan{collection: &named, query: &Query{Name: "all"},
		parent: s.database + "/documents/" + scope.String()}, nil
}
