package firestore_test

import (
	"context"
	"encoding/base64"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	gcfs "cloud.google.com/go/firestore"
	"cloud.google.com/go/firestore/apiv1/admin/adminpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/firestore"
)

// answerOf runs a query and creates the indexes that the server asks for, as a developer would by following the link.
func (w *world) answerOf(ctx context.Context, s spec) ([]string, error) {
	for range 40 {
		out, err := paths(ctx, s.query(w.Client))
		link := linkIn(err)
		if link == "" {
			return out, err
		}
		if err := w.makeIndex(ctx, link); err != nil {
			return nil, fmt.Errorf("make index: %w", err)
		}
	}
	return nil, fmt.Errorf("the server keeps asking for indexes")
}

func linkIn(err error) string {
	if status.Code(err) != codes.FailedPrecondition {
		return ""
	}
	_, rest, _ := strings.Cut(err.Error(), "create_composite=")
	link, _, _ := strings.Cut(rest, " ")
	return link
}

func (w *world) makeIndex(ctx context.Context, link string) error {
	data, err := base64.RawURLEncoding.DecodeString(link)
	if err != nil {
		return err
	}
	index := &adminpb.Index{}
	if err := proto.Unmarshal(data, index); err != nil {
		return err
	}
	parent, _, _ := strings.Cut(index.GetName(), "/indexes/")
	index.Name = ""
	return w.conn.Invoke(ctx, "/google.firestore.admin.v1.FirestoreAdmin/CreateIndex",
		&adminpb.CreateIndexRequest{Parent: parent, Index: index}, &longrunning{})
}

func paths(ctx context.Context, q gcfs.Query) ([]string, error) {
	docs, err := q.Documents(ctx).GetAll()
	if err != nil {
		return nil, err
	}
	out := []string{}
	for _, d := range docs {
		out = append(out, shortPath(d.Ref))
	}
	return out, nil
}

func TestQueriesFindWhatTheModelFinds(t *testing.T) {
	t.Parallel()
	cloud := newWorld(t, firestore.Options{})
	round := 0
	rapid.Check(t, func(rt *rapid.T) {
		round++
		w := cloud.database(t, fmt.Sprint("d", round))
		ctx := context.Background()
		c := choose(func(n int) int { return rapid.IntRange(0, n-1).Draw(rt, "n") })
		docs := map[string]modelDoc{}
		for range 5 + c(40) {
			path := c.path()
			fields := c.fields(w.Doc)
			if _, err := w.Doc(path).Set(ctx, fields); err != nil {
				rt.Fatal(err)
			}
			docs[path] = modelDoc{path, fields}
		}
		for _, path := range slices.Sorted(maps.Keys(docs)) {
			if c.chance(10) {
				if _, err := w.Doc(path).Delete(ctx); err != nil {
					rt.Fatal(err)
				}
				delete(docs, path)
			}
		}
		for range 15 {
			s := c.spec(w.Doc)
			got, err := w.answerOf(ctx, s)
			if s.refused() != (status.Code(err) == codes.InvalidArgument) {
				rt.Fatalf("refused: %v, %v\n%s", s.refused(), err, s)
			}
			if s.refused() {
				continue
			}
			if err != nil {
				rt.Fatalf("%v\n%s", err, s)
			}
			if want := s.run(docs); !slices.Equal(got, want) {
				rt.Fatalf("got  %v\nwant %v\n%s", got, want, s)
			}
			if s.start == nil && s.end == nil && s.offset == 0 && s.limit == 0 {
				w.samePages(ctx, rt, s, got, 1+c(4))
			}
		}
		if err := w.server.CheckConsistency(); err != nil {
			rt.Fatal(err)
		}
	})
}

// refused: an order that continues after the name, and a name that must be equal together with ranges of other fields.
func (s spec) refused() bool {
	if s.where == nil {
		return false
	}
	fields := s.where.inequalities()
	byName := slices.ContainsFunc(s.orders, func(k sortKey) bool { return k.path == gcfs.DocumentID })
	for _, f := range fields {
		if byName && f != gcfs.DocumentID && !slices.ContainsFunc(s.orders, func(k sortKey) bool {
			return k.path == f
		}) {
			return true
		}
	}
	return s.where.equalName() && len(fields) > 0 && !slices.Contains(fields, gcfs.DocumentID)
}

func (c condition) equalName() bool {
	return slices.ContainsFunc(c.parts, condition.equalName) || c.path == gcfs.DocumentID &&
		(c.op == "==" || c.op == "in")
}

// samePages reads a query page by page, each after the last document of the page before.
func (w *world) samePages(ctx context.Context, rt *rapid.T, s spec, want []string, size int) {
	var got []string
	if s.where != nil && !s.clientPages() {
		return
	}
	q := s.query(w.Client).Limit(size)
	for len(got) <= len(want) {
		docs, err := q.Documents(ctx).GetAll()
		for link := linkIn(err); link != ""; link = linkIn(err) {
			if err := w.makeIndex(ctx, link); err != nil {
				rt.Fatal(err)
			}
			docs, err = q.Documents(ctx).GetAll()
		}
		if err != nil {
			rt.Fatalf("%v\n%s", err, s)
		}
		if len(docs) == 0 {
			break
		}
		for _, d := range docs {
			got = append(got, shortPath(d.Ref))
		}
		q = s.query(w.Client).Limit(size).StartAfter(docs[len(docs)-1])
	}
	if !slices.Equal(got, want) && len(want) > 0 {
		rt.Fatalf("pages of %d: %v\nwhole: %v\n%s", size, got, want, s)
	}
}

// clientPages tells whether the client can continue after a document. It cannot where it orders by the name twice, or
// by less than the query does: it takes no account of "is not null" and "is not NaN", nor of any condition once an
// order is given.
func (s spec) clientPages() bool {
	seen := s.where.inequalities()
	if len(s.orders) > 0 {
		return !slices.Contains(seen, gcfs.DocumentID) && len(s.fullOrder()) <= len(s.orders)+1
	}
	return !slices.Contains(seen, gcfs.DocumentID) && !s.where.unaryNot()
}

func (c condition) unaryNot() bool {
	f, isFloat := c.value.(float64)
	return slices.ContainsFunc(c.parts, condition.unaryNot) || c.op == "!=" && (c.value == nil || isFloat &&
		math.IsNaN(f))
}

func (s spec) String() string {
	where := "everything"
	if s.where != nil {
		where = s.where.String()
	}
	return fmt.Sprintf("%s group=%v where %s order %v start %#v after %v end %#v before %v offset %d limit %d",
		s.collection, s.group, where, s.orders, s.start, s.startAfter, s.end, s.endBefore, s.offset, s.limit)
}

func (c condition) String() string {
	if len(c.parts) == 0 {
		return fmt.Sprintf("%s %s %#v", c.path, c.op, c.value)
	}
	parts := make([]string, len(c.parts))
	for i, p := range c.parts {
		parts[i] = p.String()
	}
	return "(" + strings.Join(parts, " "+c.op+" ") + ")"
}
