package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"

	"github.com/tinyoperahouse/toh/internal/model"
)

// Get reads one document. It is ErrNotFound when there is none.
func (s *Store) Get(ctx context.Context, r Ref) (*Doc, error) { return one(s.GetAll(ctx, r)) }

func one(docs []*Doc, err error) (*Doc, error) {
	if err != nil {
		return nil, err
	}
	if docs[0] == nil {
		return nil, &model.Error{Kind: model.ErrNotFound}
	}
	return docs[0], nil
}

// GetAll reads documents in one round trip. The result has the order of refs, with nil for those that do not exist.
func (s *Store) GetAll(ctx context.Context, refs ...Ref) ([]*Doc, error) {
	ctx, cancel := s.bound(ctx)
	defer cancel()
	return s.getAll(ctx, refs, nil)
}

func (s *Store) getAll(ctx context.Context, refs []Ref, tx []byte) ([]*Doc, error) {
	docs, names, asked := make([]*Doc, len(refs)), make([]string, len(refs)), make([]string, 0, len(refs))
	for i, r := range refs {
		if _, err := s.collection(r.Collection); err != nil {
			return nil, err
		}
		if r.valid() { // an impossible name cannot exist
			names[i] = s.name(r)
			asked = append(asked, names[i])
		}
	}
	if len(asked) == 0 {
		return docs, nil
	}
	req := &pb.BatchGetDocumentsRequest{Database: s.database, Documents: distinct(asked), Mask: s.mask(refs)}
	if tx != nil {
		req.ConsistencySelector = &pb.BatchGetDocumentsRequest_Transaction{Transaction: tx}
	}
	found, err := s.batchGet(ctx, req)
	if err != nil {
		return nil, failed(ctx, "get", err)
	}
	return docs, s.pick(docs, refs, names, found)
}

// pick decodes what was found, and puts each document at the place of its name.
func (s *Store) pick(docs []*Doc, refs []Ref, names []string, found map[string]*pb.Document) error {
	for i, r := range refs {
		stored := found[names[i]]
		if stored == nil {
			continue
		}
		d, err := s.collections[r.Collection].decode(r, stored)
		if err != nil {
			return fmt.Errorf("store: %w", err)
		}
		docs[i] = d
	}
	return nil
}

// batchGet reads documents by name, and repeats that when the connection fails.
func (s *Store) batchGet(ctx context.Context, req *pb.BatchGetDocumentsRequest) (map[string]*pb.Document, error) {
	var found map[string]*pb.Document
	again := func(err error) bool { return req.GetTransaction() == nil && passing(err) }
	err := retry(ctx, again, func() error {
		stream, err := s.client.BatchGetDocuments(ctx, req, once)
		if err != nil {
			return err
		}
		found = make(map[string]*pb.Document, len(req.Documents))
		return each(stream.Recv, func(m *pb.BatchGetDocumentsResponse) {
			if d := m.GetFound(); d != nil {
				found[d.GetName()] = d
			}
		})
	})
	return found, err
}

// each calls take with every message of a stream.
func each[T any](recv func() (T, error), take func(T)) error {
	for {
		m, err := recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		take(m)
	}
}

// few is the number up to which a linear search is faster than a map.
const few = 16

// distinct drops repeated names, because the database answers each name once.
func distinct(names []string) []string {
	if len(names) < 2 {
		return names
	}
	if len(names) <= few {
		kept := names[:0]
		for _, n := range names {
			if !slices.Contains(kept, n) {
				kept = append(kept, n)
			}
		}
		return kept
	}
	seen, kept := make(map[string]bool, len(names)), names[:0]
	for _, n := range names {
		if !seen[n] {
			seen[n] = true
			kept = append(kept, n)
		}
	}
	return kept
}
