package firestore

import (
	"context"
	"errors"
	"fmt"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/firestore/order"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/firestore/resource"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/kv"
)

// sweepBatch is how many documents are deleted in one commit, because each commit waits for the disk once.
const sweepBatch = 500

// Sweep deletes the documents whose time to live is over, and returns how many it deleted; it finds them by an index of
// their own. When ctx ends first, the error says that more are left, and the next sweep continues. Then it makes the
// backups that are due, and deletes those whose retention is over. Earlier contents of documents are removed when they
// can no longer be requested.
func (s *Server) Sweep(ctx context.Context) (int, error) {
	total, err := s.sweepDocuments(ctx)
	return total, errors.Join(err, s.forgetOld(ctx), s.makeDueBackups(ctx), s.dropOldBackups())
}

func (s *Server) sweepDocuments(ctx context.Context) (int, error) {
	total := 0
	var failed error // a failure in one collection does not keep the others from being swept
	for _, d := range s.databasesUnder("") {
		for _, group := range d.expiringGroups() {
			n, err := s.sweepGroup(ctx, d, group)
			total, failed = total+n, errors.Join(failed, err)
		}
	}
	return total, failed
}

func (d *database) expiringGroups() []string {
	d.mu.RLock()
	defer d.mu.RUnlock()
	var out []string
	for name, g := range d.schema {
		if len(g.ttl) > 0 {
			out = append(out, name)
		}
	}
	return out
}

// sweepGroup deletes the expired documents of one collection group, batch after batch, until none is left or ctx ends.
func (s *Server) sweepGroup(ctx context.Context, d *database, group string) (total int, err error) {
	base, err := d.findGroup(group)
	if err != nil {
		return 0, err
	}
	lo := append(base, indexExpiry)
	now := &pb.Value{ValueType: &pb.Value_TimestampValue{TimestampValue: timestamppb.New(s.clock())}}
	hi := kv.PrefixEnd(order.Append(append([]byte{}, lo...), now))
	for {
		names, err := s.expired(d, lo, hi)
		if err != nil || len(names) == 0 {
			return total, err
		}
		if err := ctx.Err(); err != nil {
			return total, fmt.Errorf("sweep of %s: %d expired documents deleted, more are left: %w", group, total, err)
		}
		n, err := s.sweepNames(ctx, d, names)
		if total += n; err != nil {
			return total, err
		}
		if n == 0 {
			return total, nil // what is left is being changed; the next sweep looks again
		}
	}
}

// expired lists the next documents whose time is over.
func (s *Server) expired(d *database, lo, hi []byte) (names []string, err error) {
	err = s.kv.Scan(kv.Range{Lo: lo, Hi: hi}, func(key, _ []byte) error {
		rest := key[len(lo):]
		path := rest[order.Skip(rest, 0):]
		names = append(names, d.name+"/documents/"+resource.Path(path))
		if len(names) == sweepBatch {
			return kv.Stop
		}
		return nil
	})
	return names, err
}

// sweepNames deletes those of the documents that are still expired, in one commit, because each commit waits for the
// disk. If one of them has changed between the check and the commit, they are deleted one by one, so that it does not
// keep the others.
func (s *Server) sweepNames(ctx context.Context, d *database, names []string) (int, error) {
	deletes := make([]*pb.Write, 0, len(names))
	for _, name := range names {
		w, err := s.deleteExpired(d, name)
		if err != nil {
			return 0, err
		}
		if w != nil {
			deletes = append(deletes, w)
		}
	}
	if len(deletes) == 0 {
		return 0, nil
	}
	switch done, err := s.sweepCommit(ctx, d, deletes); {
	case err != nil:
		return 0, err
	case done:
		return len(deletes), nil
	}
	n := 0
	for _, w := range deletes {
		done, err := s.sweepCommit(ctx, d, []*pb.Write{w})
		if err != nil {
			return n, err
		}
		if done {
			n++
		}
	}
	return n, nil
}

// deleteExpired is the write that deletes an expired document; nil if it is not expired. The precondition protects
// against a change between check and delete.
func (s *Server) deleteExpired(d *database, name string) (*pb.Write, error) {
	doc, err := d.parse(name)
	if err != nil {
		return nil, err
	}
	stored, err := readDocument(s.kv, docKey(d.id, doc))
	if errors.Is(err, kv.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if !s.isExpired(d, doc.Group(), stored) {
		return nil, nil
	}
	return &pb.Write{
		Operation: &pb.Write_Delete{Delete: name},
		CurrentDocument: &pb.Precondition{ConditionType: &pb.Precondition_UpdateTime{
			UpdateTime: stored.GetUpdateTime()}},
	}, nil
}

// sweepCommit reports whether the deletes took effect. They did not if a document changed in the meantime, or its
// database was deleted.
func (s *Server) sweepCommit(ctx context.Context, d *database, deletes []*pb.Write) (bool, error) {
	_, err := s.commitAlone(ctx, d, deletes)
	if isPrecondition(err) || isNotFound(err) {
		return false, nil
	}
	return err == nil, err
}

func (s *Server) isExpired(d *database, group string, doc *pb.Document) bool {
	d.mu.RLock()
	defer d.mu.RUnlock()
	for _, f := range d.schema.of(group).ttl {
		if t := lookup(doc.GetFields(), f.Segments).GetTimestampValue(); t != nil && !t.AsTime().After(s.clock()) {
			return true
		}
	}
	return false
}
