package firestore

import (
	"bytes"
	"context"
	"errors"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// union walks over the results of all alternatives in the order of the query, each document once.
type union struct {
	walks   []*walk
	live    []*walk // those that have a result, at their places
	last    []byte
	started bool
}

// union plans the query and opens its indexes. It must be closed.
func (q *query) union(r reader) (*union, error) {
	u := &union{}
	if q.kindless {
		return q.everyGroup(r)
	}
	for _, and := range q.or {
		w, err := q.conjunction(and).walk(r)
		if err != nil {
			return nil, errors.Join(err, u.close())
		}
		u.walks = append(u.walks, w)
	}
	return u, nil
}

func (u *union) close() error {
	var errs []error
	for _, w := range u.walks {
		errs = append(errs, w.close())
	}
	return errors.Join(errs...)
}

// next moves to the next document and returns the walk that is at it, or nil.
func (u *union) next() *walk {
	if !u.started {
		u.started = true
		for _, w := range u.walks {
			if w.next() {
				u.live = append(u.live, w)
			}
		}
		return u.least()
	}
	if len(u.walks) == 1 {
		if !u.walks[0].next() {
			return nil
		}
		return u.walks[0]
	}
	u.skip()
	return u.least()
}

// skip moves every walk off the place of the last result.
func (u *union) skip() {
	kept := u.live[:0]
	for _, w := range u.live {
		if !bytes.Equal(w.place, u.last) || w.next() {
			kept = append(kept, w)
		}
	}
	u.live = kept
}

func (u *union) least() *walk {
	if len(u.live) == 0 {
		return nil
	}
	best := u.live[0]
	for _, w := range u.live[1:] {
		if bytes.Compare(w.place, best.place) < 0 {
			best = w
		}
	}
	u.last = append(u.last[:0], best.place...)
	return best
}

// each calls fn with the results from the offset to the limit; skipped counts those before the offset.
func (q *query) each(ctx context.Context, r reader, fn func(*walk) error) (skipped int, err error) {
	q.database.mu.RLock()
	u, err := q.union(r)
	q.database.mu.RUnlock()
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, u.close()) }()
	for n := 0; n < q.limit; {
		w := u.next()
		if w == nil {
			return skipped, nil
		}
		if skipped < q.offset {
			skipped++
			continue
		}
		if n++; n%256 == 0 && ctx.Err() != nil {
			return skipped, ctx.Err()
		}
		if err := fn(w); err != nil {
			return skipped, err
		}
	}
	return skipped, nil
}

func (q *query) needs() needs { return needs{locks: q.locks, group: q.group} }

// locks are what a query in a read-write transaction holds, so that nobody else writes where its results could come
// from.
func (q *query) locks() ([]string, error) {
	switch {
	case q.kindless:
		return nil, errUnserved("a query without a collection in a read-write transaction")
	case q.all:
		return []string{groupLock(q.database.id, q.group)}, nil
	}
	return []string{collectionLock(q.database.id, q.collection())}, nil
}

func (s service) RunQuery(r *pb.RunQueryRequest, stream pb.Firestore_RunQueryServer) error {
	if r.GetExplainOptions() != nil {
		return errUnserved("explain")
	}
	d, err := s.databaseOf(r.GetParent())
	if err != nil {
		return err
	}
	q, err := d.parseQuery(r.GetParent(), r.GetStructuredQuery())
	if err != nil {
		return err
	}
	v, err := s.view(stream.Context(), d, consistency{r.GetTransaction(), r.GetNewTransaction(), r.GetReadTime()},
		q.needs())
	if err != nil {
		return err
	}
	sent, err := s.send(q, v, stream)
	s.reads.Add(int64(sent))
	return s.endView(v, err)
}

// found is the answer with a document. Answer and time share one allocation.
func (v view) found(doc *pb.Document) *pb.RunQueryResponse {
	out := &struct {
		pb.RunQueryResponse
		at timestamppb.Timestamp
	}{}
	out.at.Seconds, out.at.Nanos = v.at.Unix(), int32(v.at.Nanosecond()) // #nosec G115 -- below a second
	out.Document, out.ReadTime = doc, &out.at
	return &out.RunQueryResponse
}

// send streams the results and counts them. The last message says when they were read, even when there are none.
func (s *Server) send(q *query, v view, stream pb.Firestore_RunQueryServer) (sent int, err error) {
	if id := v.id(); id != nil {
		if err := stream.Send(&pb.RunQueryResponse{Transaction: id}); err != nil {
			return 0, err
		}
	}
	skipped, err := q.each(stream.Context(), v, func(w *walk) error {
		doc, err := s.lendAt(w, q.mask)
		if err != nil {
			return err
		}
		sent++
		return stream.Send(v.found(doc))
	})
	if err != nil || sent > 0 {
		return sent, err
	}
	return 0, stream.Send(&pb.RunQueryResponse{ReadTime: v.time(), SkippedResults: int32(min(skipped, 1<<30))}) // #nosec G115 -- bounded
}

func (s service) RunAggregationQuery(r *pb.RunAggregationQueryRequest,
	stream pb.Firestore_RunAggregationQueryServer) error {
	if r.GetExplainOptions() != nil {
		return errUnserved("explain")
	}
	d, err := s.databaseOf(r.GetParent())
	if err != nil {
		return err
	}
	q, err := d.parseQuery(r.GetParent(), r.GetStructuredAggregationQuery().GetStructuredQuery())
	if err != nil {
		return err
	}
	a, err := parseAggregations(r.GetStructuredAggregationQuery().GetAggregations())
	if err != nil {
		return err
	}
	v, err := s.view(stream.Context(), d, consistency{r.GetTransaction(), r.GetNewTransaction(), r.GetReadTime()},
		q.needs())
	if err != nil {
		return err
	}
	return s.endView(v, a.send(q, v, stream))
}

// send streams the results, after the id of a transaction that they began.
func (a *aggregations) send(q *query, v view, stream pb.Firestore_RunAggregationQueryServer) error {
	fields, err := a.run(stream.Context(), q, v)
	if err != nil {
		return err
	}
	if id := v.id(); id != nil {
		if err := stream.Send(&pb.RunAggregationQueryResponse{Transaction: id}); err != nil {
			return err
		}
	}
	return stream.Send(&pb.RunAggregationQueryResponse{Result: &pb.AggregationResult{AggregateFields: fields},
		ReadTime: v.time()})
}
