package firestore

import (
	"context"
	"errors"
	"slices"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/protobuf/proto"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/firestore/resource"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/firestore/wire"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/kv"
)

// lockKey is the lock of a document.
func lockKey(key []byte) string { return string(key) }

func (s service) BatchGetDocuments(r *pb.BatchGetDocumentsRequest, stream pb.Firestore_BatchGetDocumentsServer) error {
	d, err := s.database(r.GetDatabase())
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
	c := consistency{r.GetTransaction(), r.GetNewTransaction(), r.GetReadTime()}
	v, err := s.batchView(stream.Context(), d, c, keys)
	if err != nil {
		return err
	}
	s.reads.Add(int64(len(keys)))
	return s.endView(v, s.sendDocuments(v, names, keys, mask, stream))
}

// batchView avoids a snapshot for the most frequent read: one document, no transaction.
func (s *Server) batchView(ctx context.Context, d *database, c consistency, keys [][]byte) (view, error) {
	if len(keys) == 1 && c.plain() {
		return view{reader: newest{s.kv}, at: s.now(), close: func() error { return nil }}, nil
	}
	return s.view(ctx, d, c, needs{keys: true, locks: func() ([]string, error) {
		locks := make([]string, len(keys))
		for i, k := range keys {
			locks[i] = lockKey(k)
		}
		slices.Sort(locks)
		return locks, nil
	}})
}

// distinctKeys drops repeated names; each is answered once.
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

func (s *Server) sendDocuments(v view, names []string, keys [][]byte, mask *mask,
	stream pb.Firestore_BatchGetDocumentsServer) error {
	if id := v.id(); id != nil {
		if err := stream.Send(&pb.BatchGetDocumentsResponse{Transaction: id}); err != nil {
			return err
		}
	}
	at := v.time()
	for i, name := range names {
		if err := stream.Context().Err(); err != nil {
			return err
		}
		out := &pb.BatchGetDocumentsResponse{ReadTime: at}
		doc, err := s.lend(v, keys[i], mask)
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

// viewer is a reader of single values.
type viewer interface {
	View(key []byte, fn func(value []byte) error) error
}

// readDocument decodes the document at key, or returns kv.ErrNotFound.
func readDocument(r viewer, key []byte) (doc *pb.Document, err error) {
	err = r.View(key, func(stored []byte) error {
		doc, err = wire.Document(stored, nil)
		return err
	})
	return doc, err
}

// lend decodes what the mask names of the document at key. The document may be shared with other answers.
func (s *Server) lend(r viewer, key []byte, m *mask) (doc *pb.Document, err error) {
	err = r.View(key, func(stored []byte) error {
		doc, err = s.decoded.document(key, stored, m)
		return err
	})
	return doc, err
}
