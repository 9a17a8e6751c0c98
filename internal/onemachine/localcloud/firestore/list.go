package firestore

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"strings"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/firestore/resource"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/kv"
)

// defaultPage is the size of a page of a list when the request gives none.
const defaultPage = 300

// databaseOf finds the database of a parent.
func (s *Server) databaseOf(parent string) (*database, error) {
	name, _, _ := strings.Cut(parent, "/documents")
	return s.database(name)
}

// parent finds the database and the parent of a list.
func (s *Server) parent(name string) (*database, resource.Doc, error) {
	d, err := s.databaseOf(name)
	if err != nil {
		return nil, resource.Doc{}, err
	}
	p, err := resource.ParseParent(name)
	return d, p, err
}

func (s service) ListCollectionIds(ctx context.Context, r *pb.ListCollectionIdsRequest) (*pb.ListCollectionIdsResponse,
	error) {
	d, parent, err := s.parent(r.GetParent())
	if err != nil {
		return nil, err
	}
	below := resource.AppendPath(tableKey(tableDocs, d.id), parent.Segments)
	token, err := decodeToken(r.GetPageToken())
	if err != nil {
		return nil, err
	}
	out := &pb.ListCollectionIdsResponse{}
	v, err := s.view(ctx, d, consistency{past: r.GetReadTime()}, needs{})
	if err != nil {
		return nil, err
	}
	segments, next, err := v.segments(below, token, pageSize(r.GetPageSize()))
	for _, seg := range segments {
		id, _ := resource.TakeSegment(seg)
		out.CollectionIds = append(out.CollectionIds, id)
	}
	out.NextPageToken = encodeToken(next)
	return out, s.endView(v, err)
}

// segments lists the different segments that follow prefix in the keys of documents, skipping what is below each. next
// is where the following page begins, or nil.
func (v view) segments(prefix, from []byte, most int) (out [][]byte, next []byte, err error) {
	it, err := v.Iter(prefix, kv.PrefixEnd(prefix))
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, it.Close()) }()
	if from == nil {
		from = []byte{resource.End + 1} // past the documents of the collection itself
	}
	for ok := it.SeekGE(append(bytes.Clone(prefix), from...)); ok; {
		rest := it.Key()[len(prefix):]
		seg := bytes.Clone(rest[:resource.SegmentLen(rest)])
		if len(out) == most {
			return out, seg, nil
		}
		out = append(out, seg)
		ok = it.SeekGE(kv.PrefixEnd(append(bytes.Clone(prefix), seg...)))
	}
	return out, nil, nil
}

func (s service) ListDocuments(ctx context.Context, r *pb.ListDocumentsRequest) (*pb.ListDocumentsResponse, error) {
	d, parent, err := s.parent(r.GetParent())
	if err != nil {
		return nil, err
	}
	if err := checkList(r); err != nil {
		return nil, err
	}
	m, err := parseMask(r.GetMask())
	if err != nil {
		return nil, err
	}
	token, err := decodeToken(r.GetPageToken())
	if err != nil {
		return nil, err
	}
	collection := resource.AppendSegment(resource.AppendPath(nil, parent.Segments), r.GetCollectionId())
	locks := func() ([]string, error) { return []string{collectionLock(d.id, collection)}, nil }
	about := needs{locks: locks, group: r.GetCollectionId()}
	if r.GetShowMissing() { // what is below a missing document belongs to another group
		about.group = ""
	}
	v, err := s.view(ctx, d, consistency{txn: r.GetTransaction(), past: r.GetReadTime()}, about)
	if err != nil {
		return nil, err
	}
	l := lister{view: v, database: d, collection: collection}
	ids, next, err := l.page(token, pageSize(r.GetPageSize()), r.GetShowMissing())
	out := &pb.ListDocumentsResponse{NextPageToken: encodeToken(next)}
	for _, id := range ids {
		if err != nil {
			break
		}
		var doc *pb.Document
		if doc, err = l.document(id); err == nil {
			m.project(doc)
			out.Documents = append(out.Documents, doc)
		}
	}
	return out, s.endView(v, err)
}

func checkList(r *pb.ListDocumentsRequest) error {
	switch {
	case r.GetOrderBy() != "":
		return errUnserved("ordering a list")
	case r.GetCollectionId() == "":
		return errUnserved("listing all collections")
	}
	return resource.CheckCollection(r.GetCollectionId())
}

// lister lists the ids of a collection: its documents, and those that only have something below them.
type lister struct {
	view
	database   *database
	collection []byte
}

// page lists the next ids, encoded, without End.
func (l lister) page(from []byte, most int, missing bool) (ids [][]byte, next []byte, err error) {
	docs := collectionKey(l.database.id, l.collection)
	below := docs[:len(docs)-1]
	have, err := l.Iter(docs, kv.PrefixEnd(docs))
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, have.Close()) }()
	deep, err := l.Iter(append(bytes.Clone(below), resource.End+1), kv.PrefixEnd(below))
	if err != nil {
		return nil, nil, err
	}
	defer func() { err = errors.Join(err, deep.Close()) }()
	for {
		id := idAt(have, have.SeekGE(append(bytes.Clone(docs), from...)), len(docs))
		if missing {
			id = lesser(id, idAt(deep, deep.SeekGE(append(bytes.Clone(below), from...)), len(below)))
		}
		if id == nil || len(ids) == most {
			return ids, id, nil
		}
		ids = append(ids, id)
		from = kv.PrefixEnd(id)
	}
}

func idAt(it iterator, ok bool, prefix int) []byte {
	if !ok {
		return nil
	}
	rest := it.Key()[prefix:]
	return bytes.Clone(rest[:resource.SegmentLen(rest)])
}

func lesser(a, b []byte) []byte {
	if a == nil || b != nil && bytes.Compare(b, a) < 0 {
		return b
	}
	return a
}

// document reads a document of the list; one that is missing has only its name.
func (l lister) document(id []byte) (*pb.Document, error) {
	doc, err := readDocument(l, append(append(collectionKey(l.database.id, l.collection), id...), resource.End))
	if errors.Is(err, kv.ErrNotFound) {
		path := append(bytes.Clone(l.collection), id...)
		return &pb.Document{Name: l.database.name + "/documents/" + resource.Path(path)}, nil
	}
	return doc, err
}

func pageSize(n int32) int {
	if n <= 0 || n > defaultPage {
		return defaultPage
	}
	return int(n)
}

func encodeToken(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func decodeToken(s string) ([]byte, error) {
	if s == "" {
		return nil, nil
	}
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return nil, invalid("invalid page token")
	}
	return b, nil
}
