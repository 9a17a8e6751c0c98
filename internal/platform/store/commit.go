package store

import (
	"bytes"
	"context"
	"crypto/rand"
	"time"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"github.com/googleapis/gax-go/v2"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// once turns the client's own retries off, because only the store knows which calls are safe to repeat.
var once = gax.WithRetry(func() gax.Retryer { return nil })

// Commit makes all writes or none, and returns the new stamp of what was written.
//
// It is ErrConflict when a condition does not hold; errors.As finds the *Clash that names the document. If the answer
// gets lost, the store looks for the commit's mark, so that it does not take its own first attempt for somebody else's
// change when it repeats the commit. When even that cannot be done in time, the error is ErrUnavailable and wraps
// ErrUnsettled.
func (s *Store) Commit(ctx context.Context, writes ...Write) (time.Time, error) {
	ctx, cancel := s.bound(ctx)
	defer cancel()
	return s.commit(ctx, writes, nil)
}

// commit sends writes, within a transaction if there is one, in which case it is not repeated.
func (s *Store) commit(ctx context.Context, writes []Write, tx []byte) (time.Time, error) {
	mark := make([]byte, 16)
	_, _ = rand.Read(mark) // never fails
	list, err := s.compile(writes, mark)
	if err != nil {
		return time.Time{}, err
	}
	req := &pb.CommitRequest{Database: s.database, Writes: list, Transaction: tx}
	var at time.Time
	var sent bool
	again := func(err error) bool { return tx == nil && repeatable(err) }
	err = retry(ctx, again, func() error {
		resp, err := s.client.Commit(ctx, req, once)
		sent = sent || lost(err)
		at = resp.GetCommitTime().AsTime()
		return err
	})
	if err == nil {
		return at, nil
	}
	return s.settle(ctx, writes, mark, sent, err)
}

// repeatable reports whether sending the commit again can help. If it did take place, its conditions or its mark will
// show that.
func repeatable(err error) bool {
	switch status.Code(err) {
	case codes.Unavailable, codes.Aborted, codes.ResourceExhausted:
		return true
	}
	return false
}

// settle finds out what a failed commit did. An attempt may have been carried out although its answer was lost.
func (s *Store) settle(ctx context.Context, writes []Write, mark []byte, sent bool, cause error) (time.Time, error) {
	if !sent && !refused(cause) {
		return time.Time{}, failed(ctx, "commit", cause)
	}
	found, err := s.lookAt(ctx, writes)
	if err != nil {
		return time.Time{}, s.unclear(ctx, sent, writes, cause)
	}
	for _, d := range found {
		if bytes.Equal(d.GetFields()[commitField].GetBytesValue(), mark) {
			return d.GetUpdateTime().AsTime(), nil
		}
	}
	if !refused(cause) {
		return time.Time{}, unsettled(ctx, cause)
	}
	return time.Time{}, clash(s.culprit(writes, found))
}

// unclear is the answer when nothing more can be learned: if there was only one attempt and it was refused, that
// stands; everything else is unknown.
func (s *Store) unclear(ctx context.Context, sent bool, writes []Write, cause error) error {
	if sent {
		return unsettled(ctx, cause)
	}
	return clash(s.culprit(writes, nil))
}

// lookAt reads the marks of the documents that were to be written, by name.
func (s *Store) lookAt(ctx context.Context, writes []Write) (map[string]*pb.Document, error) {
	names := make([]string, 0, len(writes))
	for _, w := range writes {
		if w.conditional() || w.verb == put {
			names = append(names, s.name(w.Ref()))
		}
	}
	found, err := s.batchGet(ctx, &pb.BatchGetDocumentsRequest{
		Database:  s.database,
		Documents: distinct(names),
		Mask:      &pb.DocumentMask{FieldPaths: []string{commitField}},
	})
	if err != nil {
		return nil, failed(ctx, "look after a commit", err)
	}
	return found, nil
}

// culprit is the first write whose condition does not hold. If all of them hold by now, because the document changed
// once more in the meantime, it is the first write that has a condition.
func (s *Store) culprit(writes []Write, found map[string]*pb.Document) Ref {
	first := Ref{}
	for _, w := range writes {
		if !w.conditional() {
			continue
		}
		if first == (Ref{}) {
			first = w.Ref()
		}
		d := found[s.name(w.Ref())]
		if found != nil && (w.verb == create) == (d != nil) {
			return w.Ref()
		}
		if d != nil && !w.ifStamp.IsZero() && !d.GetUpdateTime().AsTime().Equal(w.ifStamp) {
			return w.Ref()
		}
	}
	return first
}
