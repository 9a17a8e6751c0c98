package firestore_test

import (
	"fmt"
	"testing"

	gcfs "cloud.google.com/go/firestore"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/firestore"
)

func TestSmoke(t *testing.T) {
	t.Parallel()
	w := newWorld(t, firestore.Options{})
	ctx := testContext(t)
	col := w.Collection("workspaces/w/reports")
	for i := range 20 {
		_, err := col.Doc(fmt.Sprint("r", i)).Set(ctx, map[string]any{"n": i, "state": []string{"draft", "filed"}[i%2],
			"tags": []int{i % 3, 7}, "m": map[string]any{"x": i % 5}})
		if err != nil {
			t.Fatal(err)
		}
	}
	s, err := col.Doc("r3").Get(ctx)
	if err != nil || s.Data()["n"] != int64(3) {
		t.Fatal(s, err)
	}
	if _, err := col.Doc("none").Get(ctx); status.Code(err) != codes.NotFound {
		t.Fatal(err)
	}
	ids := func(q gcfs.Query) string {
		docs, err := q.Documents(ctx).GetAll()
		if err != nil {
			return err.Error()
		}
		out := ""
		for _, d := range docs {
			out += d.Ref.ID + " "
		}
		return out
	}
	if err := w.server.DeclareIndexes(database,
		[]firestore.Index{{Collection: "reports", Fields: []firestore.IndexField{{"state", firestore.Ascending},
			{"n", firestore.Descending}}}}); err != nil {
		t.Fatal(err)
	}
	for _, q := range []gcfs.Query{
		col.Where("state", "==", "draft").Limit(3),
		col.Where("state", "==", "draft").OrderBy("n", gcfs.Desc).Limit(3),
		col.Where("state", "==", "draft").OrderBy("n", gcfs.Asc).Limit(3),
		col.Where("state", "in", []string{"draft", "filed"}).OrderBy("n", gcfs.Desc).Limit(5),
		col.OrderBy("n", gcfs.Desc).StartAfter(5),
		col.Where("n", ">", 3).Where("n", "<=", 7),
		col.Where("tags", "array-contains", 1).Where("state", "==", "draft"),
		col.Where("m.x", "==", 2),
		col.Where("n", "!=", 3).Limit(5),
		w.CollectionGroup("reports").Limit(3),
		col.OrderBy("n", gcfs.Asc).LimitToLast(3),
	} {
		t.Log(ids(q))
	}
	q := col.Where("state", "==", "draft")
	r, err := q.NewAggregationQuery().WithCount("c").Get(ctx)
	t.Log(r, err)
	it := w.Collection("workspaces").DocumentRefs(ctx)
	refs, err := it.GetAll()
	t.Log(len(refs), err)
	cols, err := w.Doc("workspaces/w").Collections(ctx).GetAll()
	t.Log(len(cols), err)
}
