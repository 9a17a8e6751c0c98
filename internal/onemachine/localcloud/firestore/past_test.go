package firestore_test

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	gcfs "cloud.google.com/go/firestore"
	"cloud.google.com/go/firestore/apiv1/admin/adminpb"
	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/fieldmaskpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/firestore"
)

// hand is a clock that a test moves.
type hand struct{ at atomic.Int64 }

func newHand() *hand {
	h := &hand{}
	h.at.Store(time.Date(2026, 5, 4, 20, 0, 0, 0, time.UTC).UnixMicro())
	return h
}

func (h *hand) now() time.Time        { return time.UnixMicro(h.at.Load()).UTC() }
func (h *hand) move(by time.Duration) { h.at.Add(by.Microseconds()) }

// reading is one way to read: with a time, or now when it is nil.
type reading func(ctx context.Context, at *timestamppb.Timestamp) (string, error)

func text(m proto.Message) string {
	raw, err := proto.MarshalOptions{Deterministic: true}.Marshal(m)
	if err != nil {
		return err.Error()
	}
	h := fnv.New64a()
	_, _ = h.Write(raw)
	return fmt.Sprintf("%x ", h.Sum64())
}

// stream reads the answers of a call to their end, each without its time.
func stream[M proto.Message](next interface{ Recv() (M, error) }, err error, show func(M) proto.Message) (string,
	error) {
	out := ""
	for err == nil {
		var m M
		if m, err = next.Recv(); err == nil {
			out += text(show(m))
		}
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return out, err
}

func runQuery(ctx context.Context, raw pb.FirestoreClient, q *pb.StructuredQuery, at *timestamppb.Timestamp) (string,
	error) {
	r := &pb.RunQueryRequest{Parent: root, QueryType: &pb.RunQueryRequest_StructuredQuery{StructuredQuery: q}}
	if at != nil {
		r.ConsistencySelector = &pb.RunQueryRequest_ReadTime{ReadTime: at}
	}
	s, err := raw.RunQuery(ctx, r)
	return stream(s, err, func(m *pb.RunQueryResponse) proto.Message { return m.GetDocument() })
}

func aggregateQuery(field string) *pb.RunAggregationQueryRequest_StructuredAggregationQuery {
	f := &pb.StructuredQuery_FieldReference{FieldPath: field}
	return &pb.RunAggregationQueryRequest_StructuredAggregationQuery{
		StructuredAggregationQuery: &pb.StructuredAggregationQuery{
			QueryType: &pb.StructuredAggregationQuery_StructuredQuery{StructuredQuery: &pb.StructuredQuery{
				From: from("c",
					false)}},
			Aggregations: []*pb.StructuredAggregationQuery_Aggregation{
				{Alias: "n", Operator: &pb.StructuredAggregationQuery_Aggregation_Count_{
					Count: &pb.StructuredAggregationQuery_Aggregation_Count{}}},
				{Alias: "s", Operator: &pb.StructuredAggregationQuery_Aggregation_Sum_{
					Sum: &pb.StructuredAggregationQuery_Aggregation_Sum{Field: f}}},
				{Alias: "a", Operator: &pb.StructuredAggregationQuery_Aggregation_Avg_{
					Avg: &pb.StructuredAggregationQuery_Aggregation_Avg{Field: f}}},
			}}}
}

func from(id string, all bool) []*pb.StructuredQuery_CollectionSelector {
	return []*pb.StructuredQuery_CollectionSelector{{CollectionId: id, AllDescendants: all}}
}

// readings are all the calls that take a time.
func readings(raw pb.FirestoreClient, names []string) []reading {
	out := []reading{
		func(ctx context.Context, at *timestamppb.Timestamp) (string, error) {
			return runQuery(ctx, raw, &pb.StructuredQuery{From: from("", true)}, at)
		},
		func(ctx context.Context, at *timestamppb.Timestamp) (string, error) {
			r := &pb.RunAggregationQueryRequest{Parent: root, QueryType: aggregateQuery("k")}
			if at != nil {
				r.ConsistencySelector = &pb.RunAggregationQueryRequest_ReadTime{ReadTime: at}
			}
			s, err := raw.RunAggregationQuery(ctx, r)
			return stream(s, err, func(m *pb.RunAggregationQueryResponse) proto.Message { return m.GetResult() })
		},
		func(ctx context.Context, at *timestamppb.Timestamp) (string, error) {
			m, err := raw.PartitionQuery(ctx, partitionQuery(at))
			return text(m), err
		},
		func(ctx context.Context, at *timestamppb.Timestamp) (string, error) {
			r := &pb.BatchGetDocumentsRequest{Database: database, Documents: names}
			if at != nil {
				r.ConsistencySelector = &pb.BatchGetDocumentsRequest_ReadTime{ReadTime: at}
			}
			s, err := raw.BatchGetDocuments(ctx, r)
			return stream(s, err, func(m *pb.BatchGetDocumentsResponse) proto.Message {
				m.ReadTime = nil
				return m
			})
		},
	}
	for _, parent := range []string{root, root + "/c/d1", root + "/z/q"} {
		out = append(out, func(ctx context.Context, at *timestamppb.Timestamp) (string, error) {
			r := &pb.ListCollectionIdsRequest{Parent: parent}
			if at != nil {
				r.ConsistencySelector = &pb.ListCollectionIdsRequest_ReadTime{ReadTime: at}
			}
			m, err := raw.ListCollectionIds(ctx, r)
			return text(m), err
		}, func(ctx context.Context, at *timestamppb.Timestamp) (string, error) {
			r := &pb.ListDocumentsRequest{Parent: parent, CollectionId: "c", ShowMissing: true}
			if at != nil {
				r.ConsistencySelector = &pb.ListDocumentsRequest_ReadTime{ReadTime: at}
			}
			m, err := raw.ListDocuments(ctx, r)
			return text(m), err
		})
	}
	return out
}

func partitionQuery(at *timestamppb.Timestamp) *pb.PartitionQueryRequest {
	r := &pb.PartitionQueryRequest{Parent: root, PartitionCount: 3,
		QueryType: &pb.PartitionQueryRequest_StructuredQuery{
			StructuredQuery: &pb.StructuredQuery{From: from("c", true), OrderBy: orders("__name__")}}}
	if at != nil {
		r.ConsistencySelector = &pb.PartitionQueryRequest_ReadTime{ReadTime: at}
	}
	return r
}

// seen is the result of a reading at a time.
type seen struct {
	what string
	at   *timestamppb.Timestamp
	read reading
	said string
}

// TestEarlierTimesReadAsTheyWere changes documents at random, records the result of every kind of read in between, and
// repeats all of them at the end: by time, in transactions at that time, and after a restart.
func TestEarlierTimesReadAsTheyWere(t *testing.T) {
	t.Parallel()
	clock := newHand()
	w := newWorld(t, firestore.Options{Clock: clock.now})
	raw, ctx := pb.NewFirestoreClient(w.conn), testContext(t)
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	c := choose(rand.New(rand.NewPCG(seed, 0)).IntN)
	var names []string
	for _, p := range []string{"c/d1", "c/__id9__", "c/é", "c/d1/s/d1", "z/q/c/d2", "c/n1", "c/n2"} {
		names = append(names, root+"/"+p)
	}
	var all []seen
	for range 25 {
		for range c(6) {
			_, _ = send(ctx, w.Client, c.batch(w.Doc)) // one that is refused changes nothing
			clock.move(time.Millisecond)
		}
		mark, err := w.Doc("marks/m").Set(ctx, map[string]any{"n": c(1 << 30)})
		if err != nil {
			t.Fatal(err)
		}
		at := timestamppb.New(mark.UpdateTime)
		list := readings(raw, names)
		for range 6 {
			list = append(list, asReading(w, c.spec(w.Doc)))
		}
		for i, read := range list {
			said, err := read(ctx, nil)
			if status.Code(err) == codes.InvalidArgument { // the generator also makes queries that are always refused
				continue
			}
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, seen{fmt.Sprint(i), at, read, said})
		}
	}
	different := 0
	for _, s := range all {
		if got, err := s.read(ctx, s.at); err != nil || got != s.said {
			t.Fatalf("reading %s at %v says\n%s %v, said\n%s", s.what, s.at.AsTime(), got, err, s.said)
		}
		if now, err := s.read(ctx, nil); err == nil && now != s.said {
			different++
		}
	}
	if different < len(all)/4 {
		t.Errorf("only %d of %d readings have changed since: the test shows little", different, len(all))
	}
	inTransactions(ctx, t, raw, names, all)
	if err := w.server.CheckConsistency(); err != nil {
		t.Error(err)
	}
}

// asReading makes the query of a spec a reading. The documents that it finds are told apart by their times.
func asReading(w *world, s spec) reading {
	return func(ctx context.Context, at *timestamppb.Timestamp) (string, error) {
		if _, err := w.answerOf(ctx, s); err != nil {
			return "", err
		}
		q := s.query(w.Client)
		if at != nil {
			q = *q.WithReadOptions(gcfs.ReadTime(at.AsTime()))
		}
		docs, err := q.Documents(ctx).GetAll()
		out := ""
		for _, d := range docs {
			out += fmt.Sprint(shortPath(d.Ref), "@", d.UpdateTime.UnixMicro(), " ")
		}
		return out, err
	}
}

// inTransactions reads the documents in read-only transactions of earlier times, begun before and with the read.
func inTransactions(ctx context.Context, t *testing.T, raw pb.FirestoreClient, names []string, all []seen) {
	t.Helper()
	for _, s := range all {
		if s.what != "3" {
			continue
		}
		o := &pb.TransactionOptions{Mode: &pb.TransactionOptions_ReadOnly_{ReadOnly: &pb.TransactionOptions_ReadOnly{
			ConsistencySelector: &pb.TransactionOptions_ReadOnly_ReadTime{ReadTime: s.at}}}}
		b, err := raw.BeginTransaction(ctx, &pb.BeginTransactionRequest{Database: database, Options: o})
		if err != nil {
			t.Fatal(err)
		}
		for _, r := range []*pb.BatchGetDocumentsRequest{
			{ConsistencySelector: &pb.BatchGetDocumentsRequest_Transaction{Transaction: b.GetTransaction()}},
			{ConsistencySelector: &pb.BatchGetDocumentsRequest_NewTransaction{NewTransaction: o}},
		} {
			r.Database, r.Documents = database, names
			answers, err := raw.BatchGetDocuments(ctx, r)
			got := ""
			for err == nil {
				var m *pb.BatchGetDocumentsResponse
				if m, err = answers.Recv(); err == nil && len(m.GetTransaction()) == 0 {
					if !proto.Equal(m.GetReadTime(), s.at) {
						t.Errorf("read at %v, not at %v", m.GetReadTime().AsTime(), s.at.AsTime())
					}
					m.ReadTime = nil
					got += text(m)
				}
			}
			if got != s.said || !errors.Is(err, io.EOF) {
				t.Fatalf("a transaction at %v says %s %v, the read said %s", s.at.AsTime(), got, err, s.said)
			}
		}
	}
}

// TestReadTimesThatAreRefused: times that are not kept, in the future, or finer than Google knows.
func TestReadTimesThatAreRefused(t *testing.T) {
	t.Parallel()
	clock := newHand()
	w := newWorld(t, firestore.Options{Clock: clock.now})
	raw, ctx := pb.NewFirestoreClient(w.conn), testContext(t)
	created := clock.now()
	clock.move(time.Second)
	first, err := w.Doc("c/d").Set(ctx, map[string]any{"n": 1})
	if err != nil {
		t.Fatal(err)
	}
	clock.move(time.Second)
	if _, err := w.Doc("c/d").Delete(ctx); err != nil {
		t.Fatal(err)
	}
	read := func(at *timestamppb.Timestamp) (string, codes.Code) {
		s, err := raw.BatchGetDocuments(ctx, &pb.BatchGetDocumentsRequest{Database: database,
			Documents:           []string{root + "/c/d"},
			ConsistencySelector: &pb.BatchGetDocumentsRequest_ReadTime{ReadTime: at}})
		if err != nil {
			return "", status.Code(err)
		}
		m, err := s.Recv()
		if m.GetFound() != nil {
			return "found", status.Code(err)
		}
		return "missing", status.Code(err)
	}
	want := func(what string, at time.Time, result string, code codes.Code) {
		t.Helper()
		if got, c := read(timestamppb.New(at)); c != code || c == codes.OK && got != result {
			t.Errorf("%s: %s %v, not %s %v", what, got, c, result, code)
		}
	}
	written := first.UpdateTime
	want("when it was written", written, "found", codes.OK)
	want("a moment before", written.Add(-time.Microsecond), "missing", codes.OK)
	want("now", clock.now(), "missing", codes.OK)
	want("before the database", created.Add(-time.Second), "", codes.FailedPrecondition)
	want("in the future", clock.now().Add(time.Second), "", codes.InvalidArgument)
	want("nanoseconds", written.Add(1), "", codes.InvalidArgument)
	clock.move(time.Hour - clock.now().Sub(written))
	want("an hour later", written, "found", codes.OK)
	if _, err := w.server.Sweep(ctx); err != nil {
		t.Fatal(err)
	}
	want("an hour later, swept", written, "found", codes.OK)
	clock.move(time.Microsecond)
	want("more than an hour later", written, "", codes.FailedPrecondition)
	if kept := w.server.Versions(); kept == 0 {
		t.Error("what can still be read was forgotten")
	}
	clock.move(2 * time.Second)
	if _, err := w.server.Sweep(ctx); err != nil {
		t.Fatal(err)
	}
	if kept := w.server.Versions(); kept != 0 {
		t.Errorf("%d versions are kept for nobody", kept)
	}
	_, err = raw.BeginTransaction(ctx, &pb.BeginTransactionRequest{Database: database,
		Options: &pb.TransactionOptions{Mode: &pb.TransactionOptions_ReadOnly_{
			ReadOnly: &pb.TransactionOptions_ReadOnly{ConsistencySelector: &pb.TransactionOptions_ReadOnly_ReadTime{
				ReadTime: timestamppb.New(written)}}}}})
	if status.Code(err) != codes.FailedPrecondition {
		t.Errorf("a transaction of a forgotten time: %v", err)
	}
}

// TestPointInTimeRecoveryKeepsAWeek of whole minutes, from when it was switched on.
func TestPointInTimeRecoveryKeepsAWeek(t *testing.T) {
	t.Parallel()
	clock := newHand()
	w := newWorld(t, firestore.Options{Clock: clock.now})
	admin, ctx := adminpb.NewFirestoreAdminClient(w.conn), testContext(t)
	_, err := admin.UpdateDatabase(ctx, &adminpb.UpdateDatabaseRequest{Database: &adminpb.Database{Name: database,
		PointInTimeRecoveryEnablement: adminpb.Database_POINT_IN_TIME_RECOVERY_ENABLED},
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"point_in_time_recovery_enablement"}}})
	if err != nil {
		t.Fatal(err)
	}
	for n := range 3 {
		if _, err := w.Doc("c/d").Set(ctx, map[string]any{"n": n}); err != nil {
			t.Fatal(err)
		}
		clock.move(24 * time.Hour)
		if _, err := w.server.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
	}
	started := clock.now().Add(-72 * time.Hour)
	for _, c := range []struct {
		at   time.Time
		n    int64
		code codes.Code
	}{
		{started.Add(time.Minute), 0, codes.OK}, {started.Add(25 * time.Hour), 1, codes.OK},
		{started.Add(50 * time.Hour), 2,
			codes.OK},
		{started.Add(time.Minute + time.Second), 0, codes.InvalidArgument}, {started.Add(-time.Minute), 0,
			codes.FailedPrecondition},
	} {
		d, err := w.Doc("c/d").WithReadOptions(gcfs.ReadTime(c.at)).Get(ctx)
		if status.Code(err) != c.code || err == nil && d.Data()["n"] != c.n {
			t.Errorf("at %v: %v", c.at, err)
		}
	}
	clock.move(5 * 24 * time.Hour)
	if _, err := w.server.Sweep(ctx); err != nil {
		t.Fatal(err)
	}
	got, err := admin.GetDatabase(ctx, &adminpb.GetDatabaseRequest{Name: database})
	if err != nil || !got.GetEarliestVersionTime().AsTime().Equal(clock.now().Add(-7*24*time.Hour)) {
		t.Errorf("the earliest version is of %v, %v", got.GetEarliestVersionTime().AsTime(), err)
	}
}

// TestWhatWasForgottenStaysForgotten: switching on recovery to a point in time later does not promise what is already
// gone.
func TestWhatWasForgottenStaysForgotten(t *testing.T) {
	t.Parallel()
	clock := newHand()
	w := newWorld(t, firestore.Options{Clock: clock.now})
	admin, ctx := adminpb.NewFirestoreAdminClient(w.conn), testContext(t)
	started := clock.now()
	for n := range 2 {
		if _, err := w.Doc("c/d").Set(ctx, map[string]any{"n": n}); err != nil {
			t.Fatal(err)
		}
		clock.move(10 * time.Minute)
	}
	clock.move(3 * time.Hour)
	if _, err := w.server.Sweep(ctx); err != nil {
		t.Fatal(err)
	}
	_, err := admin.UpdateDatabase(ctx, &adminpb.UpdateDatabaseRequest{Database: &adminpb.Database{Name: database,
		PointInTimeRecoveryEnablement: adminpb.Database_POINT_IN_TIME_RECOVERY_ENABLED},
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"point_in_time_recovery_enablement"}}})
	if err != nil {
		t.Fatal(err)
	}
	d, err := w.Doc("c/d").WithReadOptions(gcfs.ReadTime(started.Add(5 * time.Minute))).Get(ctx)
	if status.Code(err) != codes.FailedPrecondition {
		t.Errorf("what was forgotten: %v %v", d, err)
	}
}

// TestWhatWasReadAtATimeStays: a commit after a read of this very moment is later than it.
func TestWhatWasReadAtATimeStays(t *testing.T) {
	t.Parallel()
	clock := newHand()
	w := newWorld(t, firestore.Options{Clock: clock.now})
	ctx := testContext(t)
	mustSet(t, ctx, w.Doc("c/d"), 1)
	clock.move(time.Second)
	at := clock.now()
	for _, n := range []int{2, 3} {
		d, err := w.Doc("c/d").WithReadOptions(gcfs.ReadTime(at)).Get(ctx)
		if err != nil || d.Data()["n"] != int64(1) {
			t.Fatalf("at that time: %v %v", d.Data(), err)
		}
		mustSet(t, ctx, w.Doc("c/d"), n)
	}
}

// TestTooMuchSinceThen: what a read of the past undoes is limited.
func TestTooMuchSinceThen(t *testing.T) {
	t.Parallel()
	w := newWorld(t, firestore.Options{})
	raw, ctx := pb.NewFirestoreClient(w.conn), testContext(t)
	first, err := w.Doc("c/d").Set(ctx, map[string]any{"n": 1})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Doc("c/e").Set(ctx, map[string]any{"n": 1}); err != nil {
		t.Fatal(err)
	}
	at := timestamppb.New(first.UpdateTime)
	// One document, its membership, and a field in one collection: ascending and descending share an entry.
	for most, code := range map[int]codes.Code{3: codes.OK, 2: codes.ResourceExhausted} {
		restore := firestore.LimitUndo(most)
		_, err := runQuery(ctx, raw, &pb.StructuredQuery{From: from("c", false)}, at)
		restore()
		if status.Code(err) != code {
			t.Errorf("with at most %d keys: %v", most, err)
		}
	}
}

// TestOtherGroupsAreNotTakenBack: a query of one collection group is not slowed down by what was written elsewhere.
func TestOtherGroupsAreNotTakenBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t, firestore.Options{})
	raw, ctx := pb.NewFirestoreClient(w.conn), testContext(t)
	first, err := w.Doc("c/d").Set(ctx, map[string]any{"n": 1})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 10 {
		if _, err := w.Doc(fmt.Sprint("other/", i)).Set(ctx, map[string]any{"n": 1}); err != nil {
			t.Fatal(err)
		}
	}
	defer firestore.LimitUndo(0)()
	got, err := runQuery(ctx, raw, &pb.StructuredQuery{From: from("c", false)}, timestamppb.New(first.UpdateTime))
	if err != nil || got == "" {
		t.Errorf("%q %v", got, err)
	}
}

func TestPartitionsAreOfOneSizeAndCoverAll(t *testing.T) {
	t.Parallel()
	w := newWorld(t, firestore.Options{})
	raw, ctx := pb.NewFirestoreClient(w.conn), testContext(t)
	for i := range 100 {
		if _, err := w.Doc(fmt.Sprintf("p/%d/c/%03d", i%7, i)).Set(ctx, map[string]any{"n": i}); err != nil {
			t.Fatal(err)
		}
	}
	r := partitionQuery(nil)
	out, err := raw.PartitionQuery(ctx, r)
	if err != nil || len(out.GetPartitions()) != 3 {
		t.Fatalf("%v %v", out, err)
	}
	q := w.CollectionGroup("c").OrderBy(gcfs.DocumentID, gcfs.Asc)
	var found []string
	for i := range 4 {
		part := q
		if i > 0 {
			part = part.StartAt(w.Doc(short(out.Partitions[i-1])))
		}
		if i < 3 {
			part = part.EndBefore(w.Doc(short(out.Partitions[i])))
		}
		got, err := paths(ctx, part)
		if err != nil || len(got) != 25 {
			t.Errorf("part %d has %d documents, %v", i, len(got), err)
		}
		found = append(found, got...)
	}
	whole, err := paths(ctx, q)
	if err != nil || !slices.Equal(found, whole) {
		t.Errorf("the parts together are not the whole: %v", err)
	}
	queries, err := w.CollectionGroup("c").GetPartitionedQueries(ctx, 5)
	if err != nil || len(queries) != 6 { // one more than points
		t.Errorf("Google's client gets %d parts, %v", len(queries), err)
	}
	for what, change := range map[string]func(*pb.PartitionQueryRequest){
		"no parts":         func(r *pb.PartitionQueryRequest) { r.PartitionCount = 0 },
		"one collection":   func(r *pb.PartitionQueryRequest) { r.GetStructuredQuery().From = from("c", false) },
		"without an order": func(r *pb.PartitionQueryRequest) { r.GetStructuredQuery().OrderBy = nil },
		"with a filter": func(r *pb.PartitionQueryRequest) {
			r.GetStructuredQuery().Where = fieldFilter("n", eq, num(1))
		},
		"with an offset":     func(r *pb.PartitionQueryRequest) { r.GetStructuredQuery().Offset = 1 },
		"negative page size": func(r *pb.PartitionQueryRequest) { r.PageSize = -1 },
	} {
		bad := partitionQuery(nil)
		change(bad)
		if _, err := raw.PartitionQuery(ctx, bad); status.Code(err) != codes.InvalidArgument {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func short(c *pb.Cursor) string { return c.GetValues()[0].GetReferenceValue()[len(root)+1:] }
