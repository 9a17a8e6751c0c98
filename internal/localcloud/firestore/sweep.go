package firestore

import (
	"context"
	"errors"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tinyoperahouse/toh/internal/localcloud/firestore/order"
	"github.com/tinyoperahouse/toh/internal/localcloud/firestore/resource"
	"github.com/tinyoperahouse/toh/internal/localcloud/kv"
)

// sweepBatch is how many documents are deleted in one commit.
const sweepBatch = 200

// Sweep deletes the documents whose time to live is over, and returns how many there were; it finds them by an index of their own. Then it
// makes the backups that are due, and deletes those whose retention is over. What documents were is forgotten when nobody can ask for it any more.
func (s *Server) Sweep(ctx context.Context) (int, error) {
	total, err := s.sweepDocuments(ctx)
	return total, errors.Join(err, s.forgetOld(ctx), s.makeDueBackups(ctx), s.dropOldBackups())
}

func (s *Server) sweepDocuments(ctx context.Context) (int, error) {
	total := 0
	for _, d := range s.databasesUnder("") {
		for _, group := range d.expiringGroups() {
			n, err := s.sweepGroup(ctx, d, group)
			if total += n; err != nil {
				return total, err
			}
		}
	}
	return total, nil
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

// sweepNames deletes those of the documents that are still expired once they are locked.
func (s *Server) sweepNames(ctx context.Context, d *database, names []string) (int, error) {
	n := 0
	for _, name := range names {
		deleted, err := s.sweepOne(ctx, d, name)
		if err != nil {
			return n, err
		}
		if deleted {
			n++
		}
	}
	return n, nil
}

// sweepOne deletes a document if its time is still over. The precondition guards against a change between look and delete.
func (s *Server) sweepOne(ctx context.Context, d *database, name string) (bool, error) {
	doc, err := d.parse(name)
	if err != nil {
		return false, err
	}
	stored, err := readDocument(s.kv, docKey(d.id, doc))
	if errors.Is(err, kv.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if !s.isExpired(d, doc.Group(), stored) {
		return false, nil
	}
	_, err = s.commitAlone(ctx, d, []*pb.Write{{
		Operation:       &pb.Write_Delete{Delete: name},
		CurrentDocument: &pb.Precondition{ConditionType: &pb.Precondition_UpdateTime{UpdateTime: stored.GetUpdateTime()}},
	}})
	if isPrecondition(err) || isNotFound(err) { // changed meanwhile, or its database was deleted
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
