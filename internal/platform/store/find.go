package store

import (
	"context"
	"fmt"
	"strings"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"

	"github.com/tinyoperahouse/toh/internal/model"
)

// Page is one part of a query's result.
type Page struct {
	Docs []*Doc
	// Next is the cursor of the next page, "" at the end.
	Next string
}

// Find reads a page of a declared query. A cursor that was not issued for exactly this list is ErrInvalid.
func (s *Store) Find(ctx context.Context, f Find) (Page, error) {
	ctx, cancel := s.bound(ctx)
	defer cancel()
	return s.find(ctx, f, nil)
}

func (s *Store) find(ctx context.Context, f Find, tx []byte) (Page, error) {
	if f.Limit < 1 || f.Limit > MaxLimit {
		return Page{}, model.Invalid("A page has 1 to %d entries.", MaxLimit)
	}
	p, err := s.plan(&f)
	if err != nil {
		return Page{}, err
	}
	after, err := s.position(p, f.Cursor)
	if err != nil {
		return Page{}, err
	}
	r := &reader{store: s, plan: p, find: &f, tx: tx, after: after}
	if err := r.fill(ctx); err != nil {
		return Page{}, err
	}
	return r.page, nil
}

// reader fills one page.
type reader struct {
	store   *Store
	plan    *plan
	find    *Find
	tx      []byte
	after   *pb.Cursor
	last    *pb.Document // the last document that the page has passed
	scanned int
	page    Page
}

// fill reads until the page is full and one further document is known, the end is reached, or the limit of documents to
// look at is used up.
func (r *reader) fill(ctx context.Context) error {
	want := r.find.Limit + 1
	for {
		stored, err := r.store.query(ctx, r.plan, r.after, want, r.tx)
		if err != nil {
			return failed(ctx, "find", err)
		}
		full, err := r.take(stored)
		if err != nil || full || len(stored) < want {
			return err
		}
		r.after, err = r.store.position(r.plan, r.next())
		if err != nil {
			return err
		}
		want = min(max(2*want, 64), MaxLimit, MaxScan-r.scanned)
	}
}

// take processes what was read, and reports whether the page is complete.
func (r *reader) take(stored []*pb.Document) (bool, error) {
	for _, raw := range stored {
		d, err := r.decode(raw)
		if err != nil {
			return false, err
		}
		keep := r.find.Filter == nil || r.find.Filter(d)
		if keep && len(r.page.Docs) == r.find.Limit {
			r.page.Next = r.next()
			return true, nil
		}
		if keep {
			r.page.Docs = append(r.page.Docs, d)
		}
		r.last = raw
		r.scanned++
		if r.find.Filter != nil && r.scanned == MaxScan {
			r.page.Next = r.next()
			return true, nil
		}
	}
	return false, nil
}

// next is the cursor of what follows the last document that the page has passed.
func (r *reader) next() string { return r.store.cursorAfter(r.plan, r.last) }

func (r *reader) decode(raw *pb.Document) (*Doc, error) {
	ref, ok := r.ref(raw.GetName())
	if !ok {
		return nil, fmt.Errorf("store: %s holds a document whose name is not one of ours", r.plan.collection.Name)
	}
	d, err := r.plan.collection.decode(ref, raw)
	if err != nil {
		return nil, fmt.Errorf("store: %w", err)
	}
	return d, nil
}

func (r *reader) ref(name string) (Ref, bool) {
	path := strings.TrimPrefix(name, r.store.root)
	if r.plan.query.Group {
		return parseRef(path)
	}
	id := path[strings.LastIndexByte(path, '/')+1:]
	ref := Ref{r.find.Scope, r.plan.collection.Name, id}
	return ref, model.ValidID(id)
}

// query runs a query and returns at most limit documents.
func (s *Store) query(ctx context.Context, p *plan, after *pb.Cursor, limit int, tx []byte) ([]*pb.Document, error) {
	req := &pb.RunQueryRequest{
		Parent:    p.parent,
		QueryType: &pb.RunQueryRequest_StructuredQuery{StructuredQuery: p.build(after, limit)},
	}
	if tx != nil {
		req.ConsistencySelector = &pb.RunQueryRequest_Transaction{Transaction: tx}
	}
	var found []*pb.Document
	again := func(err error) bool { return tx == nil && passing(err) }
	err := retry(ctx, again, func() error {
		stream, err := s.client.RunQuery(ctx, req, once)
		if err != nil {
			return err
		}
		found = make([]*pb.Document, 0, limit)
		return each(stream.Recv, func(m *pb.RunQueryResponse) {
			if d := m.GetDocument(); d != nil {
				found = append(found, d)
			}
		})
	})
	return found, err
}
