package firestore

import (
	"bytes"
	"errors"
	"time"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/firestore/resource"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/firestore/wire"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/kv"
)

// apply makes the writes and returns the function that waits for the disk. The caller holds the locks until apply
// returns.
func (s *Server) apply(c *commit) (wait func() error, err error) {
	c.database.mu.RLock()
	defer c.database.mu.RUnlock()
	if c.database.deleted {
		return nil, errNoDatabase(c.database.name)
	}
	now, err := s.timeOf(c)
	if err != nil {
		return nil, err
	}
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
	s.keepTime(b)
	return s.kv.Apply(b)
}

// change is what a commit does to one document.
type change struct {
	doc     resource.Doc
	key     []byte
	old     *pb.Document // as stored; nil when there is none
	now     *pb.Document // nil when it no longer exists
	deleted bool         // in this commit, at some point
	results []*pb.WriteResult
}

// change finds or starts the change of a document.
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

// settle drops a change that left the document as it was: the document keeps its time, and all writes to it report
// that.
func (ch *change) settle() {
	if ch.old == nil || ch.now == nil || ch.deleted || !wire.EqualFields(ch.old.GetFields(), ch.now.GetFields()) {
		return
	}
	ch.now = ch.old
	for _, r := range ch.results {
		r.UpdateTime = ch.old.GetUpdateTime()
	}
}

// fill puts the changed documents and index entries into b.
func (c *commit) fill(b *kv.Batch) error {
	for _, ch := range c.docs {
		if ch.settle(); ch.now == ch.old {
			continue
		}
		if err := c.database.fillChange(b, ch, c.at.AsTime()); err != nil {
			return err
		}
	}
	return nil
}

func (d *database) fillChange(b *kv.Batch, ch *change, at time.Time) error {
	x, err := d.indexer(ch.doc)
	if err != nil {
		return err
	}
	changed := ch.changed()
	keepOld(b, ch, at)
	before, after := &entrySet{}, &entrySet{}
	if ch.old != nil {
		before = x.entries(ch.old.GetFields(), changed)
		defer before.free()
	}
	if ch.now == nil {
		b.Delete(ch.key)
		replaceEntries(b, before.keys, nil)
		return nil
	}
	after = x.entries(ch.now.GetFields(), changed)
	defer after.free()
	if err := x.checkGrowth(ch, before, after); err != nil {
		return err
	}
	b.SetFrom(ch.key, wire.Size(ch.now), func(dst []byte) []byte { return wire.AppendDocument(dst, ch.now) })
	replaceEntries(b, before.keys, after.keys)
	return nil
}

// changed names the top-level fields that the change affects; nil means all.
func (ch *change) changed() map[string]bool {
	if ch.old == nil || ch.now == nil {
		return nil
	}
	out := map[string]bool{}
	for name, v := range ch.now.GetFields() {
		if old := ch.old.GetFields()[name]; old == nil || !wire.Equal(old, v) {
			out[name] = true
		}
	}
	for name := range ch.old.GetFields() {
		if ch.now.GetFields()[name] == nil {
			out[name] = true
		}
	}
	return out
}

// checkGrowth checks the limits on all entries of a document. Entries that a change leaves unchanged need not be
// computed for that unless the others have grown.
func (x *indexer) checkGrowth(ch *change, before, after *entrySet) error {
	oldKeys, oldBytes := before.size()
	newKeys, newBytes := after.size()
	if err := after.check(); err != nil || ch.old == nil || newKeys <= oldKeys && newBytes <= oldBytes {
		return err
	}
	all := x.entries(ch.now.GetFields(), nil)
	defer all.free()
	return all.check()
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
