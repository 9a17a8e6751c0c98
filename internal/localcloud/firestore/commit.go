package firestore

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"time"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tinyoperahouse/toh/internal/localcloud/firestore/lock"
	"github.com/tinyoperahouse/toh/internal/localcloud/firestore/resource"
	"github.com/tinyoperahouse/toh/internal/localcloud/kv"
)

// maxRequest is the size of the largest request that production takes.
const maxRequest = 10 << 20

func (s service) Commit(ctx context.Context, r *pb.CommitRequest) (*pb.CommitResponse, error) {
	d, err := s.database(r.GetDatabase())
	if err != nil {
		return nil, err
	}
	if len(r.GetTransaction()) == 0 {
		c, err := s.commitAlone(ctx, d, r.GetWrites())
		return c.response(), answer(err)
	}
	t, err := s.transaction(d, r.GetTransaction())
	if err != nil {
		return nil, err
	}
	defer t.mu.Unlock()
	if t.snap != nil && len(r.GetWrites()) > 0 {
		return nil, invalid("Cannot modify entities in a read-only transaction.")
	}
	c, err := s.commitIn(ctx, t, r.GetWrites())
	return c.response(), answer(err)
}

// commit is one commit on its way.
type commit struct {
	database *database
	at       *timestamppb.Timestamp
	writes   []*write
	docs     map[string]*change
	results  []*pb.WriteResult
}

func (c *commit) response() *pb.CommitResponse {
	if c == nil {
		return nil
	}
	return &pb.CommitResponse{CommitTime: c.at, WriteResults: c.results}
}

// commitAlone commits without a transaction.
func (s *Server) commitAlone(ctx context.Context, d *database, writes []*pb.Write) (*commit, error) {
	c, err := s.prepare(d, writes)
	if err != nil {
		return nil, err
	}
	wait, err := s.applyAlone(ctx, c)
	if err != nil {
		return nil, err
	}
	return c, wait()
}

// applyAlone locks and applies, and returns the function that waits for the disk. It waits for whoever holds the documents; when it would
// wait in a circle it lets go of everything and begins again, which nobody notices.
func (s *Server) applyAlone(ctx context.Context, c *commit) (wait func() error, err error) {
	owner := lock.Owner{Age: s.ages.Add(1), Yields: true}
	for {
		err := s.lockWrites(ctx, &owner, c)
		if err == nil {
			break
		}
		s.locks.Release(&owner)
		if !errors.Is(err, lock.ErrDeadlock) {
			return nil, err
		}
	}
	defer s.locks.Release(&owner)
	return s.apply(c)
}

// commitIn commits and ends a transaction, whose mu the caller holds. A commit that fails ends it too.
func (s *Server) commitIn(ctx context.Context, t *transaction, writes []*pb.Write) (*commit, error) {
	defer s.end(t)
	c, err := s.prepare(t.database, writes)
	if err != nil {
		return nil, err
	}
	if err := s.lockWrites(ctx, &t.owner, c); err != nil {
		return nil, err
	}
	wait, err := s.apply(c)
	s.end(t)
	if err != nil {
		return nil, err
	}
	return c, wait()
}

// prepare checks the writes as far as that is possible without the documents.
func (s *Server) prepare(d *database, writes []*pb.Write) (*commit, error) {
	c := &commit{database: d, docs: make(map[string]*change, len(writes))}
	size := 0
	for _, w := range writes {
		size += proto.Size(w)
		p, err := d.parseWrite(w)
		if err != nil {
			return nil, err
		}
		c.writes = append(c.writes, p)
	}
	if size > maxRequest {
		return nil, invalid("Request payload size exceeds the limit: %d bytes.", maxRequest)
	}
	return c, c.checkSequence()
}

// checkSequence refuses what cannot be meant: to create a document that the same commit has just written, or to update one that it has just
// deleted.
func (c *commit) checkSequence() error {
	if len(c.writes) < 2 {
		return nil
	}
	last := make(map[string]string, len(c.writes))
	transforms := make(map[string]int)
	for _, w := range c.writes {
		if transforms[string(w.key)] += len(w.transforms); transforms[string(w.key)] > maxTransforms {
			return errTransforms(transforms[string(w.key)])
		}
		before, now := last[string(w.key)], w.kind()
		if before == "delete" && w.condition.GetExists() || before != "" && before != "delete" && now == "insert" {
			return invalid("Cannot %s then %s an entity in the same request.", before, now)
		}
		last[string(w.key)] = now
	}
	return nil
}

// lockWrites locks the documents for itself, and their collections and groups against queries of transactions. Everyone takes locks in the
// same order.
func (s *Server) lockWrites(ctx context.Context, o *lock.Owner, c *commit) error {
	type want struct {
		key  string
		mode lock.Mode
	}
	wants := make([]want, 0, 3*len(c.writes))
	for _, w := range c.writes {
		wants = append(wants,
			want{collectionLock(c.database.id, w.doc.Collection()), lock.Intent},
			want{groupLock(c.database.id, w.doc.Group()), lock.Intent},
			want{lockKey(w.key), lock.Exclusive})
	}
	slices.SortFunc(wants, func(a, b want) int { return bytes.Compare([]byte(a.key), []byte(b.key)) })
	for i, w := range wants {
		if i > 0 && w == wants[i-1] {
			continue
		}
		if err := s.locks.Acquire(ctx, o, w.key, w.mode); err != nil {
			return err
		}
	}
	return nil
}

func collectionLock(id uint32, collection []byte) string {
	return "c" + string(collectionKey(id, collection))
}

func groupLock(id uint32, group string) string { return "g" + string(groupKey(id, group)) }

// apply makes the writes and returns the function that waits for the disk. The caller holds the locks until apply returns.
func (s *Server) apply(c *commit) (wait func() error, err error) {
	c.database.mu.RLock()
	defer c.database.mu.RUnlock()
	now := s.now()
	c.at = timestamppb.New(now)
	for _, w := range c.writes {
		result, err := s.applyWrite(c, w, now)
		if err != nil {
			return nil, err
		}
		c.results = append(c.results, result)
	}
	s.written.Add(int64(len(c.docs)))
	b := s.kv.Batch()
	if err := c.fill(b); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return s.kv.Apply(b)
}

// change is what a commit does to one document.
type change struct {
	doc     resource.Doc
	key     []byte
	old     *pb.Document // as stored; nil when there is none
	now     *pb.Document // nil when there is none any more
	deleted bool         // in this commit, at some point
	results []*pb.WriteResult
}

// change finds or begins the change of a document.
func (s *Server) change(c *commit, w *write) (*change, error) {
	if ch := c.docs[string(w.key)]; ch != nil {
		return ch, nil
	}
	old, err := readDocument(s.kv, w.key)
	if err != nil && !errors.Is(err, kv.ErrNotFound) {
		return nil, err
	}
	ch := &change{doc: w.doc, key: w.key, old: old, now: old}
	c.docs[string(w.key)] = ch
	return ch, nil
}

// applyWrite does one write to the documents in memory.
func (s *Server) applyWrite(c *commit, w *write, now time.Time) (*pb.WriteResult, error) {
	ch, err := s.change(c, w)
	if err != nil {
		return nil, err
	}
	if err := w.check(ch.now); err != nil {
		return nil, err
	}
	if w.deletes {
		ch.now, ch.deleted = nil, true
		return &pb.WriteResult{}, nil
	}
	next := &pb.Document{Name: w.name, UpdateTime: c.at}
	next.CreateTime, next.Fields = c.at, nil
	if ch.now != nil {
		next.CreateTime, next.Fields = ch.now.CreateTime, ch.now.Fields
	}
	result := &pb.WriteResult{UpdateTime: c.at}
	next.Fields = w.merge(next.Fields)
	next.Fields, result.TransformResults = w.transform(next.Fields, now)
	if err := w.checkTransformed(next); err != nil {
		return nil, err
	}
	ch.now = next
	ch.results = append(ch.results, result)
	return result, nil
}

// settle drops a change that left the document as it was: it keeps its time, and all writes to it report that.
func (ch *change) settle() {
	if ch.old == nil || ch.now == nil || ch.deleted || !sameFields(ch.old.GetFields(), ch.now.GetFields()) {
		return
	}
	ch.now = ch.old
	for _, r := range ch.results {
		r.UpdateTime = ch.old.GetUpdateTime()
	}
}

func sameFields(a, b map[string]*pb.Value) bool {
	if len(a) != len(b) {
		return false
	}
	for k, v := range a {
		other, ok := b[k]
		if !ok || v != other && !proto.Equal(v, other) {
			return false
		}
	}
	return true
}

// fill puts the changed documents and index entries into b.
func (c *commit) fill(b *kv.Batch) error {
	for _, ch := range c.docs {
		if ch.settle(); ch.now == ch.old {
			continue
		}
		if err := c.database.fillChange(b, ch); err != nil {
			return err
		}
	}
	return nil
}

func (d *database) fillChange(b *kv.Batch, ch *change) error {
	var before, after [][]byte
	if ch.old != nil {
		e, err := d.entries(ch.doc, ch.old.GetFields())
		if err != nil {
			return err
		}
		before = e.sorted()
	}
	if ch.now == nil {
		b.Delete(ch.key)
		replaceEntries(b, before, nil)
		return nil
	}
	e, err := d.entries(ch.doc, ch.now.GetFields())
	if err != nil {
		return err
	}
	after = e.sorted()
	data, err := proto.Marshal(ch.now)
	if err != nil {
		return err
	}
	b.Set(ch.key, data)
	replaceEntries(b, before, after)
	return nil
}

// replaceEntries writes the difference of two sorted lists of keys.
func replaceEntries(b *kv.Batch, before, after [][]byte) {
	for len(before) > 0 || len(after) > 0 {
		switch order := compareHeads(before, after); {
		case order < 0:
			b.Delete(before[0])
			before = before[1:]
		case order > 0:
			b.Set(after[0], nil)
			after = after[1:]
		default:
			before, after = before[1:], after[1:]
		}
	}
}

// compareHeads compares the first keys; an empty list is after everything.
func compareHeads(a, b [][]byte) int {
	switch {
	case len(a) == 0:
		return 1
	case len(b) == 0:
		return -1
	}
	return bytes.Compare(a[0], b[0])
}
