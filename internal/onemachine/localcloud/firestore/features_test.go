package firestore_test

import (
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	gcfs "cloud.google.com/go/firestore"
	"cloud.google.com/go/firestore/apiv1/admin/adminpb"
	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/firestore"
	"github.com/tinyoperahouse/toh/internal/test/testclock"
)

func TestUpdateTimes(t *testing.T) {
	t.Parallel()
	w := newWorld(t, firestore.Options{})
	ctx := testContext(t)
	doc := w.Doc("c/d")
	first, err := doc.Create(ctx, map[string]any{"n": 1, "at": gcfs.ServerTimestamp})
	if err != nil {
		t.Fatal(err)
	}
	s, err := doc.Get(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if !s.CreateTime.Equal(first.UpdateTime) || !s.UpdateTime.Equal(first.UpdateTime) ||
		s.ReadTime.Before(s.UpdateTime) {
		t.Errorf("created %v updated %v read %v, committed %v", s.CreateTime, s.UpdateTime, s.ReadTime,
			first.UpdateTime)
	}
	if at := s.Data()["at"].(time.Time); at.Nanosecond()%1e6 != 0 || s.UpdateTime.Sub(at) >= time.Millisecond {
		t.Errorf("server time %v", at)
	}
	same, err := doc.Set(ctx, map[string]any{"n": 1}, gcfs.MergeAll)
	if err != nil || !same.UpdateTime.Equal(first.UpdateTime) {
		t.Errorf("a change that changes nothing: %v %v", same, err)
	}
	second, err := doc.Update(ctx, []gcfs.Update{{Path: "n", Value: 2}}, gcfs.LastUpdateTime(first.UpdateTime))
	if err != nil || !second.UpdateTime.After(first.UpdateTime) {
		t.Errorf("%v %v", second, err)
	}
	if _, err := doc.Update(ctx, []gcfs.Update{{Path: "n", Value: 3}},
		gcfs.LastUpdateTime(first.UpdateTime)); status.Code(err) != codes.FailedPrecondition {
		t.Errorf("stale update: %v", err)
	}
	batch := newBatch(w.Client)
	if _, err := batch.Delete(doc).Create(doc, map[string]any{"n": 2}).Commit(ctx); err != nil {
		t.Fatal(err)
	}
	if again, err := doc.Get(ctx); err != nil || !again.CreateTime.After(s.CreateTime) {
		t.Errorf("deleted and created, but created at %v, %v", again.CreateTime, err)
	}
}

func TestEmptyMaskAndTransformAlone(t *testing.T) {
	t.Parallel()
	w := newWorld(t, firestore.Options{})
	ctx := testContext(t)
	raw := pb.NewFirestoreClient(w.conn)
	commit := func(write *pb.Write) *pb.WriteResult {
		r, err := raw.Commit(ctx, &pb.CommitRequest{Database: database, Writes: []*pb.Write{write}})
		if err != nil {
			t.Fatal(err)
		}
		return r.GetWriteResults()[0]
	}
	commit(masked(update(root+"/c/new", "a", num(1))))
	if s, err := w.Doc("c/new").Get(ctx); err != nil || len(s.Data()) != 0 {
		t.Errorf("empty mask on nothing: %v %v", s.Data(), err)
	}
	commit(update(root+"/c/old", "t0", num(41)))
	r := commit(incremented(masked(update(root+"/c/old", "a", num(1))), 2))
	if fmt.Sprint(r.GetTransformResults()[0].GetIntegerValue(), r.GetTransformResults()[1].GetIntegerValue()) !=
		"42 1" {
		t.Errorf("results %v", r)
	}
	if s, err := w.Doc("c/old").Get(ctx); err != nil || fmt.Sprint(s.Data()) != "map[t0:42 t1:1]" {
		t.Errorf("%v %v", s.Data(), err)
	}
}

func TestBulkWriter(t *testing.T) {
	t.Parallel()
	w := newWorld(t, firestore.Options{})
	ctx := testContext(t)
	mustSet(t, ctx, w.Doc("c/5"), 0)
	bulk := w.BulkWriter(ctx)
	var jobs []*gcfs.BulkWriterJob
	for i := range 45 {
		j, err := bulk.Create(w.Doc(fmt.Sprint("c/", i)), map[string]any{"n": i})
		if err != nil {
			t.Fatal(err)
		}
		jobs = append(jobs, j)
	}
	bulk.End()
	for i, j := range jobs {
		_, err := j.Results()
		if want := map[bool]codes.Code{true: codes.AlreadyExists}[i == 5]; status.Code(err) != want {
			t.Errorf("%d: %v", i, err)
		}
	}
	raw := pb.NewFirestoreClient(w.conn)
	twice := []*pb.Write{update(root+"/c/x", "a", num(1)), deleted(root + "/c/x")}
	if _, err := raw.BatchWrite(ctx, &pb.BatchWriteRequest{Database: database, Writes: twice}); status.Code(
		err) != codes.InvalidArgument {
		t.Errorf("one document twice: %v", err)
	}
}

func TestListsAcrossPages(t *testing.T) {
	t.Parallel()
	w := newWorld(t, firestore.Options{})
	ctx := testContext(t)
	batch := newBatch(w.Client)
	for i := range 350 {
		if i%2 == 0 {
			batch.Set(w.Doc(fmt.Sprintf("c/%03d", i)), map[string]any{"n": i})
		}
		batch.Set(w.Doc(fmt.Sprintf("c/%03d/sub%03d/x", i, i)), map[string]any{"n": i})
		batch.Set(w.Doc(fmt.Sprintf("top%03d/x", i)), map[string]any{})
	}
	if _, err := batch.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	refs, err := w.Collection("c").DocumentRefs(ctx).GetAll()
	if err != nil || len(refs) != 350 || refs[349].ID != "349" {
		t.Errorf("%d documents, %v", len(refs), err)
	}
	tops, err := w.Collections(ctx).GetAll()
	if err != nil || len(tops) != 351 || tops[0].ID != "c" || tops[350].ID != "top349" {
		t.Errorf("%d collections, %v", len(tops), err)
	}
	below, err := w.Doc("c/007").Collections(ctx).GetAll()
	if err != nil || len(below) != 1 || below[0].ID != "sub007" {
		t.Errorf("below a missing document: %v %v", below, err)
	}
	raw := pb.NewFirestoreClient(w.conn)
	r, err := raw.ListDocuments(ctx, &pb.ListDocumentsRequest{Parent: root, CollectionId: "c", PageSize: 3})
	if err != nil || len(r.GetDocuments()) != 3 || r.GetDocuments()[1].GetName() != root+"/c/002" {
		t.Errorf("without the missing: %v %v", r, err)
	}
	if _, err := raw.ListDocuments(ctx, &pb.ListDocumentsRequest{Parent: root, CollectionId: "c",
		PageToken: "%"}); status.Code(err) != codes.InvalidArgument {
		t.Errorf("bad token: %v", err)
	}
}

func TestProjectionAndSums(t *testing.T) {
	t.Parallel()
	w := newWorld(t, firestore.Options{})
	ctx := testContext(t)
	for i := range 10 {
		data := map[string]any{"n": i, "m": map[string]any{"x": i, "y": "z"}}
		if i%2 == 0 {
			data["half"] = 0.5
		}
		if _, err := w.Doc(fmt.Sprint("c/", i)).Set(ctx, data); err != nil {
			t.Fatal(err)
		}
	}
	docs, err := w.Collection("c").Select("m.x", "none").Limit(1).Documents(ctx).GetAll()
	if err != nil || fmt.Sprint(docs[0].Data()) != "map[m:map[x:0]]" {
		t.Errorf("%v %v", docs, err)
	}
	docs, err = w.Collection("c").Select().Limit(1).Documents(ctx).GetAll()
	if err != nil || len(docs[0].Data()) != 0 || docs[0].UpdateTime.IsZero() {
		t.Errorf("%v %v", docs, err)
	}
	r, err := w.Collection("c").NewAggregationQuery().WithCount("c").WithSum("n", "s").WithAvg("n", "a").WithSum("half",
		"h").WithAvg("none", "x").Get(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"c": "integer_value:0", "s": "integer_value:0",
		"a": "null_value:NULL_VALUE"} {
		if got := strings.ReplaceAll(fmt.Sprint(r[name]), " ", ""); got != want {
			t.Errorf("%s with a field that no document has: %s", name, got)
		}
	}
	r, err = w.Collection("c").NewAggregationQuery().WithCount("c").WithSum("n", "s").WithAvg("n", "a").WithSum("half",
		"h").Get(ctx)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{"c": "integer_value:5", "s": "integer_value:20", "a": "double_value:4",
		"h": "double_value:2.5"} {
		if got := strings.ReplaceAll(fmt.Sprint(r[name]), " ", ""); got != want {
			t.Errorf("%s: %s", name, got)
		}
	}
	raw := pb.NewFirestoreClient(w.conn)
	six := &pb.StructuredAggregationQuery{QueryType: &pb.StructuredAggregationQuery_StructuredQuery{
		StructuredQuery: &pb.StructuredQuery{From: []*pb.StructuredQuery_CollectionSelector{{CollectionId: "c"}}}}}
	for range 6 {
		six.Aggregations = append(six.Aggregations,
			&pb.StructuredAggregationQuery_Aggregation{Operator: &pb.StructuredAggregationQuery_Aggregation_Count_{
				Count: &pb.StructuredAggregationQuery_Aggregation_Count{}}})
	}
	stream, err := raw.RunAggregationQuery(ctx, &pb.RunAggregationQueryRequest{Parent: root,
		QueryType: &pb.RunAggregationQueryRequest_StructuredAggregationQuery{StructuredAggregationQuery: six}})
	if err == nil {
		_, err = stream.Recv()
	}
	if status.Code(err) != codes.InvalidArgument {
		t.Errorf("six aggregations: %v", err)
	}
}

func TestSweepDeletesWhatHasExpired(t *testing.T) {
	t.Parallel()
	var now atomic.Int64
	now.Store(1000)
	w := newWorld(t, firestore.Options{Clock: func() time.Time { return time.Unix(now.Load(), 0) }})
	ctx := testContext(t)
	for i := range 500 {
		if _, err := w.Doc(fmt.Sprintf("w/%d/trail/%d", i%3, i)).Set(ctx,
			map[string]any{"expires": time.Unix(int64(2000+i), 0)}); err != nil {
			t.Fatal(err)
		}
	}
	err := w.server.DeclareIndexes(database, nil, firestore.FieldOverride{Collection: "trail", Path: "expires",
		TTL: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, doc := range []struct {
		path  string
		value any
	}{{"w/0/trail/never", nil}, {"w/0/trail/text", "2001"}, {"w/0/other/x", time.Unix(1, 0)}} {
		if _, err := w.Doc(doc.path).Set(ctx, map[string]any{"expires": doc.value}); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range []struct {
		at   int64
		want int
	}{{1999, 0}, {2000, 1}, {2299, 299}, {2299, 0}, {9999, 200}} {
		now.Store(c.at)
		if n, err := w.server.Sweep(ctx); n != c.want || err != nil {
			t.Errorf("at %d: %d swept, want %d, %v", c.at, n, c.want, err)
		}
	}
	left, err := paths(ctx, w.CollectionGroup("trail").Query)
	if err != nil || !slices.Equal(left, []string{"w/0/trail/never", "w/0/trail/text"}) {
		t.Errorf("left: %v %v", left, err)
	}
	if _, err := w.Doc("w/0/other/x").Get(ctx); err != nil {
		t.Error(err)
	}
	if err := w.server.CheckConsistency(); err != nil {
		t.Error(err)
	}
}

func TestDeclaredIndexesReplaceEachOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t, firestore.Options{})
	ctx := testContext(t)
	for i := range 10 {
		if _, err := w.Doc(fmt.Sprint("w/x/c/", i)).Set(ctx, map[string]any{"a": i % 2, "b": i, "secret": "s"}); err !=
			nil {
			t.Fatal(err)
		}
	}
	ab := firestore.Index{Collection: "c", Fields: []firestore.IndexField{{Path: "a", Mode: firestore.Ascending},
		{Path: "b", Mode: firestore.Ascending}}}
	allAB := ab
	allAB.GroupScope = true
	inCollection := w.Collection("w/x/c").Where("a", "==", 1).OrderBy("b", gcfs.Asc)
	inGroup := w.CollectionGroup("c").Where("a", "==", 1).OrderBy("b", gcfs.Asc)
	secret := w.Collection("w/x/c").Where("secret", "==", "s")
	found := func(q gcfs.Query) string {
		docs, err := paths(ctx, q)
		if status.Code(err) == codes.FailedPrecondition {
			return "no index"
		}
		return fmt.Sprint(len(docs), err)
	}
	for _, c := range []struct {
		name    string
		indexes []firestore.Index
		fields  []firestore.FieldOverride
		want    [3]string // in the collection, in the group, by the secret
	}{
		{"nothing", nil, nil, [3]string{"no index", "no index", "10 <nil>"}},
		{"collection", []firestore.Index{ab}, nil, [3]string{"5 <nil>", "no index", "10 <nil>"}},
		{"both", []firestore.Index{allAB, ab}, nil, [3]string{"5 <nil>", "5 <nil>", "10 <nil>"}},
		{"group", []firestore.Index{allAB}, nil, [3]string{"no index", "5 <nil>", "10 <nil>"}},
		{"exempt field", nil, []firestore.FieldOverride{{Collection: "c", Path: "secret"}},
			[3]string{"no index", "no index", "no index"}},
		{"exempt group", []firestore.Index{ab}, []firestore.FieldOverride{{Collection: "c", Path: "*"}},
			[3]string{"5 <nil>", "no index", "no index"}},
		{"all but one", nil, []firestore.FieldOverride{{Collection: "c", Path: "*"}, {Collection: "c", Path: "secret",
			Indexes: []firestore.FieldIndex{{Mode: firestore.Ascending}}}}, [3]string{"no index", "no index",
			"10 <nil>"}},
	} {
		if err := w.server.DeclareIndexes(database, c.indexes, c.fields...); err != nil {
			t.Fatal(err)
		}
		if got := [3]string{found(inCollection), found(inGroup), found(secret)}; got != c.want {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
		if err := w.server.CheckConsistency(); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
	}
	for _, bad := range []firestore.Index{
		{Collection: "c"},
		{Collection: "c", Fields: []firestore.IndexField{{Path: "a..b", Mode: firestore.Ascending}}},
		{Collection: "c", Fields: []firestore.IndexField{{Path: "a"}}},
		{Collection: "", Fields: ab.Fields},
		{Collection: "c", Fields: []firestore.IndexField{{Path: "a", Mode: firestore.Contains},
			{Path: "b", Mode: firestore.Contains}}},
	} {
		if err := w.server.DeclareIndexes(database, []firestore.Index{bad}); status.Code(err) != codes.InvalidArgument {
			t.Errorf("%v: %v", bad, err)
		}
	}
	if err := w.server.DeclareIndexes(database, []firestore.Index{ab, ab}); status.Code(err) != codes.AlreadyExists {
		t.Errorf("twice the same: %v", err)
	}
}

func TestIndexesAndDatabasesAreKept(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	server, store, client, err := serve(dir)
	if err != nil {
		t.Fatal(err)
	}
	ctx := testContext(t)
	mustSet(t, ctx, client.Doc("c/d"), 7)
	for _, err := range []error{client.Close(), server.Close(), store.Close()} {
		if err != nil {
			t.Fatal(err)
		}
	}
	server, store, client, err = serve(dir)
	if err != nil {
		t.Fatal(err)
	}
	if n := number(t, ctx, client.Doc("c/d")); n != 7 {
		t.Errorf("found %d", n)
	}
	if err := server.CheckConsistency(); err != nil {
		t.Error(err)
	}
	for _, err := range []error{client.Close(), server.Close(), store.Close()} {
		if err != nil {
			t.Error(err)
		}
	}
}

func TestAdministration(t *testing.T) {
	t.Parallel()
	w := newWorld(t, firestore.Options{})
	ctx := testContext(t)
	admin := adminpb.NewFirestoreAdminClient(w.conn)
	native := &adminpb.Database{LocationId: "europe-west1", Type: adminpb.Database_FIRESTORE_NATIVE}
	op, err := admin.CreateDatabase(ctx, &adminpb.CreateDatabaseRequest{Parent: "projects/p", DatabaseId: "keys",
		Database: native})
	if err != nil || !op.GetDone() {
		t.Fatal(op, err)
	}
	if _, err := admin.CreateDatabase(ctx, &adminpb.CreateDatabaseRequest{Parent: "projects/p", DatabaseId: "keys",
		Database: native}); status.Code(err) != codes.AlreadyExists {
		t.Errorf("again: %v", err)
	}
	dbs, err := admin.ListDatabases(ctx, &adminpb.ListDatabasesRequest{Parent: "projects/p"})
	if err != nil || len(dbs.GetDatabases()) != 2 {
		t.Errorf("%v %v", dbs, err)
	}
	if _, err := admin.GetDatabase(ctx, &adminpb.GetDatabaseRequest{Name: "projects/p/databases/none"}); status.Code(
		err) != codes.NotFound {
		t.Error(err)
	}
	parent := database + "/collectionGroups/c"
	index := &adminpb.Index{QueryScope: adminpb.Index_COLLECTION, Fields: []*adminpb.Index_IndexField{
		{FieldPath: "a", ValueMode: &adminpb.Index_IndexField_ArrayConfig_{
			ArrayConfig: adminpb.Index_IndexField_CONTAINS}},
		{FieldPath: "b", ValueMode: &adminpb.Index_IndexField_Order_{Order: adminpb.Index_IndexField_DESCENDING}},
	}}
	if _, err := admin.CreateIndex(ctx, &adminpb.CreateIndexRequest{Parent: parent, Index: index}); err != nil {
		t.Fatal(err)
	}
	if _, err := admin.CreateIndex(ctx, &adminpb.CreateIndexRequest{Parent: parent, Index: index}); status.Code(
		err) != codes.AlreadyExists {
		t.Errorf("again: %v", err)
	}
	listed, err := admin.ListIndexes(ctx, &adminpb.ListIndexesRequest{Parent: parent})
	if err != nil || len(listed.GetIndexes()) != 1 || listed.GetIndexes()[0].GetState() != adminpb.Index_READY {
		t.Fatal(listed, err)
	}
	name := listed.GetIndexes()[0].GetName()
	if got, err := admin.GetIndex(ctx, &adminpb.GetIndexRequest{Name: name}); err != nil || len(got.GetFields()) != 3 {
		t.Errorf("%v %v", got, err)
	}
	for _, want := range []codes.Code{codes.OK, codes.NotFound} {
		if _, err := admin.DeleteIndex(ctx, &adminpb.DeleteIndexRequest{Name: name}); status.Code(err) != want {
			t.Errorf("delete: %v", err)
		}
	}
	field := &adminpb.Field{Name: parent + "/fields/expires", TtlConfig: &adminpb.Field_TtlConfig{},
		IndexConfig: &adminpb.Field_IndexConfig{}}
	if _, err := admin.UpdateField(ctx, &adminpb.UpdateFieldRequest{Field: field,
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"ttl_config"}}}); err != nil {
		t.Fatal(err)
	}
	got, err := admin.GetField(ctx, &adminpb.GetFieldRequest{Name: field.Name})
	if err != nil || got.GetTtlConfig().GetState() != adminpb.Field_TtlConfig_ACTIVE ||
		!got.GetIndexConfig().GetUsesAncestorConfig() {
		t.Errorf("%v %v", got, err)
	}
	if _, err := admin.UpdateField(ctx, &adminpb.UpdateFieldRequest{Field: field}); err != nil {
		t.Fatal(err)
	}
	fields, err := admin.ListFields(ctx, &adminpb.ListFieldsRequest{Parent: parent,
		Filter: "indexConfig.usesAncestorConfig:false"})
	if err != nil || len(fields.GetFields()) != 1 || len(fields.GetFields()[0].GetIndexConfig().GetIndexes()) != 0 {
		t.Errorf("%v %v", fields, err)
	}
	if _, err := w.Collection("c").Where("expires", ">", testclock.Now()).Documents(ctx).
		GetAll(); status.Code(err) != codes.FailedPrecondition {
		t.Errorf("query by an exempt field: %v", err)
	}
	if _, err := admin.ExportDocuments(ctx, &adminpb.ExportDocumentsRequest{}); status.Code(
		err) != codes.Unimplemented {
		t.Error(err)
	}
}
