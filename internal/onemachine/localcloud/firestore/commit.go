package firestore

import (
	"bytes"
	"context"
	"errors"
	"slices"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/firestore/lock"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/firestore/wire"
)

// maxRequest is the size of the largest request that Google accepts.
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

// commit is one commit in progress.
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

// applyAlone locks and applies, and returns the function that waits for the disk. It waits for whoever holds the
// documents; if it would wait in a cycle it releases everything and starts again, which is not visible outside.
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
		size += writeSize(w)
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

// writeSize is the size of a write in a request, except for a few bytes.
func writeSize(w *pb.Write) int {
	if u := w.GetUpdate(); u != nil && len(w.GetUpdateTransforms()) == 0 {
		return wire.Size(u)
	}
	return proto.Size(w)
}

// checkSequence refuses what makes no sense: creating a document that the same commit has just written, or updating one
// that it has just deleted.
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

// lockWrites locks the documents exclusively, and their collections and groups against queries of transactions. All
// callers take locks in the same order.
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

func groupLock(id uint32, group string) string { return "g" + string(tableKey(tableIndex, id)) + group }
