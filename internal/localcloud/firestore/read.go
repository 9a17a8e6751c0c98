package firestore

import (
	"context"
	"errors"
	"slices"
	"time"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tinyoperahouse/toh/internal/localcloud/firestore/lock"
	"github.com/tinyoperahouse/toh/internal/localcloud/firestore/resource"
	"github.com/tinyoperahouse/toh/internal/localcloud/kv"
)

// view is what one call reads from: the newest state, or a snapshot. Close it.
type view struct {
	kv.Reader
	at    time.Time
	close func() error
}

func (v view) time() *timestamppb.Timestamp { return timestamppb.New(v.at) }

// snapshot is a view of now.
func (s *Server) snapshot() view {
	snap := s.kv.Snapshot()
	return view{Reader: snap, at: s.now(), close: snap.Close}
}

// locksFor says what a read in a read-write transaction has to lock.
type locksFor func() []string

// view opens what a read looks at: for a read-only transaction its snapshot; for a read-write transaction the newest state, once the locks
// are there; without a transaction, now.
func (s *Server) view(ctx context.Context, d *database, txn []byte, needs locksFor) (view, error) {
	if len(txn) == 0 {
		return s.snapshot(), nil
	}
	t, err := s.transaction(d, txn)
	if err != nil {
		return view{}, err
	}
	defer t.mu.Unlock()
	if t.snap != nil {
		snap := t.snap.use()
		return view{Reader: snap, at: t.at, close: snap.free}, nil
	}
	if err := s.lockAll(ctx, t, needs(), lock.Exclusive); err != nil {
		return view{}, answer(err)
	}
	return s.snapshot(), nil
}

// lockKey is the lock of a document.
func lockKey(key []byte) string { return string(key) }

func (s service) BatchGetDocuments(r *pb.BatchGetDocumentsRequest, stream pb.Firestore_BatchGetDocumentsServer) error {
	d, err := s.database(r.GetDatabase())
	if err != nil {
		return err
	}
	txn, err := consistency(r.GetTransaction(), r.GetNewTransaction(), r.GetReadTime())
	if err != nil {
		return err
	}
	names, keys, err := d.distinctKeys(r.GetDocuments())
	if err != nil {
		return err
	}
	mask, err := parseMask(r.GetMask())
	if err != nil {
		return err
	}
	v, err := s.batchView(stream.Context(), d, txn, keys)
	if err != nil {
		return err
	}
	s.reads.Add(int64(len(keys)))
	return answer(errors.Join(sendDocuments(v, names, keys, mask, stream), v.close()))
}

// batchView avoids a snapshot for the most frequent read there is: one document, no transaction.
func (s *Server) batchView(ctx context.Context, d *database, txn []byte, keys [][]byte) (view, error) {
	if len(keys) == 1 && len(txn) == 0 {
		return view{Reader: s.kv, at: s.now(), close: func() error { return nil }}, nil
	}
	return s.view(ctx, d, txn, func() []string {
		locks := make([]string, len(keys))
		for i, k := range keys {
			locks[i] = lockKey(k)
		}
		slices.Sort(locks)
		return locks
	})
}

// consistency accepts a transaction or nothing; reading the past and beginning a transaction with a read are not served.
func consistency(txn []byte, begin *pb.TransactionOptions, past *timestamppb.Timestamp) ([]byte, error) {
	switch {
	case begin != nil:
		return nil, status.Error(codes.Unimplemented, "beginning a transaction with a read is not served")
	case past != nil && past.GetNanos()%1000 != 0:
		return nil, invalid("timestamp cannot have more than microseconds precision")
	case past != nil:
		return nil, errReadTime()
	}
	return txn, nil
}

// distinctKeys drops names that are there twice; each is answered once.
func (d *database) distinctKeys(documents []string) (names []string, keys [][]byte, err error) {
	names, keys = make([]string, 0, len(documents)), make([][]byte, 0, len(documents))
	seen := make(map[string]bool, len(documents))
	for _, name := range documents {
		if seen[name] {
			continue
		}
		seen[name] = true
		doc, err := d.parse(name)
		if err != nil {
			return nil, nil, err
		}
		names, keys = append(names, name), append(keys, docKey(d.id, doc))
	}
	return names, keys, nil
}

// parse reads the name of a document of this database.
func (d *database) parse(name string) (resource.Doc, error) {
	doc, err := resource.ParseDoc(name)
	if err == nil && doc.Database != d.name {
		err = invalid("The document %q does not belong to the database %s.", name, d.name)
	}
	return doc, err
}

func sendDocuments(v view, names []string, keys [][]byte, mask *mask, stream pb.Firestore_BatchGetDocumentsServer) error {
	at := v.time()
	for i, name := range names {
		if err := stream.Context().Err(); err != nil {
			return err
		}
		out := &pb.BatchGetDocumentsResponse{ReadTime: at}
		doc, err := readMasked(v, keys[i], mask)
		switch {
		case errors.Is(err, kv.ErrNotFound):
			out.Result = &pb.BatchGetDocumentsResponse_Missing{Missing: name}
		case err != nil:
			return err
		default:
			out.Result = &pb.BatchGetDocumentsResponse_Found{Found: doc}
		}
		if err := stream.Send(out); err != nil {
			return err
		}
		at = proto.CloneOf(at)
	}
	return nil
}

// readDocument decodes the document at key, or returns kv.ErrNotFound.
func readDocument(r kv.Reader, key []byte) (*pb.Document, error) { return readMasked(r, key, nil) }

// readMasked decodes what the mask names of the document at key.
func readMasked(r kv.Reader, key []byte, m *mask) (doc *pb.Document, err error) {
	err = r.View(key, func(stored []byte) error {
		doc, err = m.decode(stored)
		return err
	})
	return doc, err
}
