package firestore_test

// What the product asks of the server, measured without client and connection, in processor time, because the machine
// may be busy with other things.

import (
	"context"
	"fmt"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/timestamppb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/firestore"
)

// bare captures the service when it is registered.
type bare struct{ pb.FirestoreServer }

func (b *bare) RegisterService(_ *grpc.ServiceDesc, impl any) {
	if s, ok := impl.(pb.FirestoreServer); ok {
		b.FirestoreServer = s
	}
}

// sink takes the answers of a stream.
type sink[T any] struct {
	grpc.ServerStream
	ctx context.Context
	n   int
}

func (s *sink[T]) Context() context.Context { return s.ctx }
func (s *sink[T]) Send(*T) error            { s.n++; return nil }

// product is a world with the indexes that the product declares for reports and their trail.
func product(b testing.TB) (*world, pb.FirestoreServer) {
	b.Helper()
	w := newWorld(b, firestore.Options{})
	index := func(collection string, fields ...string) firestore.Index {
		i := firestore.Index{Collection: collection}
		for _, f := range fields {
			mode := firestore.Ascending
			switch f {
			case "at", "filed", "trashed":
				mode = firestore.Descending
			case "words", "readers":
				mode = firestore.Contains
			}
			i.Fields = append(i.Fields, firestore.IndexField{Path: f, Mode: mode})
		}
		return i
	}
	var all []firestore.Index
	for _, f := range []string{"production", "performance", "type", "state", "author", "readers", "words"} {
		all = append(all, index("reports", f, "at"))
	}
	all = append(all, index("reports", "production", "readers", "at"), index("reports", "state", "readers", "at"),
		index("reports", "production", "filed"), index("reports", "readers", "filed"), index("reports", "state",
			"trashed"))
	for _, f := range []string{"actor", "action", "record", "outcome"} {
		all = append(all, index("audit", f, "at"))
	}
	by := index("audit", "by", "at")
	by.GroupScope, by.Fields[1].Mode = true, firestore.Ascending
	all = append(all, by)
	down := []firestore.FieldIndex{{Mode: firestore.Ascending}, {Mode: firestore.Descending}}
	err := w.server.DeclareIndexes(database, all,
		firestore.FieldOverride{Collection: "reports", Path: "*"}, firestore.FieldOverride{Collection: "audit",
			Path: "*"},
		firestore.FieldOverride{Collection: "reports", Path: "at", Indexes: down},
		firestore.FieldOverride{Collection: "audit", Path: "at", Indexes: down},
		firestore.FieldOverride{Collection: "audit", Path: "expires", TTL: true})
	if err != nil {
		b.Fatal(err)
	}
	s := &bare{}
	w.server.Register(s)
	return w, s.FirestoreServer
}

func blob(n int) *pb.Value {
	out := make([]byte, n)
	for i := range out {
		out[i] = byte(rand.IntN(256))
	}
	return &pb.Value{ValueType: &pb.Value_BytesValue{BytesValue: out}}
}

func moment(n int) *pb.Value {
	return &pb.Value{ValueType: &pb.Value_TimestampValue{TimestampValue: &timestamppb.Timestamp{Seconds: 1_700_000_000 +
		int64(n)}}}
}

// words are a hundred, some of which many reports have.
func words() *pb.Value {
	out := make([]*pb.Value, 100)
	for i := range out {
		out[i] = word(rand.Uint64N(1 << uint(4+rand.IntN(10))))
	}
	return list(out...)
}

func word(n uint64) *pb.Value {
	return &pb.Value{ValueType: &pb.Value_IntegerValue{IntegerValue: int64(n * 0x9e3779b97f4a7c15)}}
}

const company = root + "/workspaces/4kq3v7m2x9p1c8d6"

func reportName(n int) string { return fmt.Sprintf("%s/reports/01hv%016d", company, n) }

func productReport(n int, words *pb.Value) *pb.Document {
	return &pb.Document{Name: reportName(n), Fields: map[string]*pb.Value{
		"_body": blob(1024), "_version": num(1), "_created": moment(n), "_updated": moment(n), "_commit": blob(16),
		"at": moment(n), "production": str(fmt.Sprint("prod", n%7)), "performance": str(fmt.Sprint("perf", n%90)),
		"type":  str("show"),
		"state": str([]string{"draft", "filed", "accepted"}[n%3]), "author": str(fmt.Sprint("account", n%20)),
		"readers": list(str("role:management"), str("role:organizer"), str("role:reporter"), str("role:viewer")),
		"words":   words,
	}}
}

func trailEntry(n int) *pb.Document {
	return &pb.Document{Name: fmt.Sprintf("%s/audit/%x-%d", company, rand.Uint64(), n), Fields: map[string]*pb.Value{
		"_body": blob(200), "_version": num(1), "_created": moment(n), "_updated": moment(n), "_commit": blob(16),
		"at": moment(n), "actor": str("account7"), "action": str("report.create"),
		"record": str(fmt.Sprint("reports/", n)), "outcome": str("done"),
		"role": str("reporter"), "request": str("4f1b2c3d4e5f60718293a4b5c6d7e8f9"), "session": str("0123456789abcdef"),
		"by":      str("instance1"),
		"expires": moment(n + 14*86400),
	}}
}

func filedReport(n int, words *pb.Value) *pb.CommitRequest {
	return &pb.CommitRequest{Database: database, Writes: []*pb.Write{
		{Operation: &pb.Write_Update{Update: productReport(n, words)},
			CurrentDocument: &pb.Precondition{ConditionType: &pb.Precondition_Exists{}}},
		{Operation: &pb.Write_Update{Update: trailEntry(n)},
			CurrentDocument: &pb.Precondition{ConditionType: &pb.Precondition_Exists{}}},
	}}
}

func processor() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// measure runs do in several goroutines and reports processor time and memory of an operation. make prepares
// operations, which does not count.
func measure(b *testing.B, goroutines int, prepare func(n int) *pb.CommitRequest, do func(*pb.CommitRequest) error) {
	b.Helper()
	requests := make([]*pb.CommitRequest, b.N)
	for i := range requests {
		requests[i] = prepare(i)
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	runtime.GC()
	b.ReportAllocs()
	b.ResetTimer()
	started := processor()
	for range goroutines {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(b.N); i = next.Add(1) - 1 {
				if err := do(requests[i]); err != nil {
					b.Error(err)
				}
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	b.ReportMetric(float64((processor()-started).Nanoseconds())/float64(b.N), "cpu-ns/op")
}

func BenchmarkProductCreate(b *testing.B) {
	for _, c := range []int{1, 16} {
		b.Run(fmt.Sprint("c=", c), func(b *testing.B) {
			w, s := product(b)
			measure(b, c, func(n int) *pb.CommitRequest {
				return filedReport(n, words())
			}, func(r *pb.CommitRequest) error {
				_, err := s.Commit(context.Background(), r)
				return err
			})
			_ = w
		})
	}
}

func BenchmarkProductUpdate(b *testing.B) {
	for _, c := range []int{1, 16} {
		b.Run(fmt.Sprint("c=", c), func(b *testing.B) {
			w, s := product(b)
			const reports = 500
			same := make([]*pb.Value, reports)
			for n := range reports {
				same[n] = words()
				if _, err := s.Commit(context.Background(), filedReport(n, same[n])); err != nil {
					b.Fatal(err)
				}
			}
			measure(b, c, func(n int) *pb.CommitRequest {
				r := filedReport(n%reports, same[n%reports])
				r.Writes[0].CurrentDocument = &pb.Precondition{ConditionType: &pb.Precondition_Exists{Exists: true}}
				return r
			}, func(r *pb.CommitRequest) error {
				_, err := s.Commit(context.Background(), r)
				return err
			})
			_ = w
		})
	}
}

// fillProduct writes many reports, several in a commit.
func fillProduct(b testing.TB, s pb.FirestoreServer, from, to int) {
	b.Helper()
	for i := from; i < to; i += 200 {
		r := &pb.CommitRequest{Database: database}
		for j := i; j < min(i+200, to); j++ {
			r.Writes = append(r.Writes, &pb.Write{Operation: &pb.Write_Update{Update: productReport(j, words())}})
		}
		if _, err := s.Commit(context.Background(), r); err != nil {
			b.Fatal(err)
		}
	}
}

var shown = []string{"_body", "_version", "_created", "_updated", "_commit", "at", "production", "performance", "type",
	"state", "author"}

func BenchmarkProductRead(b *testing.B) {
	_, s := product(b)
	filled := 0
	for _, size := range []int{2000, 200_000} {
		if testing.Short() && size > 2000 {
			return
		}
		fillProduct(b, s, filled, size)
		filled = size
		for _, n := range []int{1, 5} {
			b.Run(fmt.Sprintf("get%d/of=%d", n, size), func(b *testing.B) { benchGet(b, s, n, size) })
		}
		for name, q := range productQueries(size) {
			b.Run(fmt.Sprintf("%s/of=%d", name, size), func(b *testing.B) { benchQuery(b, s, q) })
		}
		b.Run(fmt.Sprint("count/of=", size), func(b *testing.B) { benchCount(b, s, productQueries(size)["list50"]) })
	}
}

func timed(b *testing.B, do func()) {
	runtime.GC()
	b.ReportAllocs()
	started, n := processor(), 0
	for b.Loop() {
		do()
		n++
	}
	b.ReportMetric(float64((processor()-started).Nanoseconds())/float64(n), "cpu-ns/op")
}

func benchGet(b *testing.B, s pb.FirestoreServer, n, size int) {
	timed(b, func() {
		r := &pb.BatchGetDocumentsRequest{Database: database, Mask: &pb.DocumentMask{FieldPaths: shown}}
		for range n {
			r.Documents = append(r.Documents, reportName(rand.IntN(size)))
		}
		out := &sink[pb.BatchGetDocumentsResponse]{ctx: context.Background()}
		if err := s.BatchGetDocuments(r, out); err != nil || out.n == 0 {
			b.Fatal(out.n, err)
		}
	})
}

func productQueries(size int) map[string]*pb.StructuredQuery {
	base := func(where *where) *pb.StructuredQuery {
		q := &pb.StructuredQuery{From: []*pb.StructuredQuery_CollectionSelector{{CollectionId: "reports"}},
			Where: where, Limit: wrapperspb.Int32(51),
			OrderBy: orders("-at", "-__name__"), Select: &pb.StructuredQuery_Projection{}}
		for _, f := range shown {
			q.Select.Fields = append(q.Select.Fields, &pb.StructuredQuery_FieldReference{FieldPath: f})
		}
		return q
	}
	both := list(str("role:viewer"), str("account:account7"))
	page := base(fieldFilter("readers", hasIn, both))
	page.StartAt = &pb.Cursor{Values: []*pb.Value{moment(size / 2)}}
	return map[string]*pb.StructuredQuery{
		"list50": base(fieldFilter("readers", hasIn, both)),
		"page50": page,
		"merge50": base(all(fieldFilter("state", eq, str("filed")), fieldFilter("type", eq, str("show")),
			fieldFilter("readers", hasIn, both))),
		"search50": base(fieldFilter("words", has, word(3))),
	}
}

func benchQuery(b *testing.B, s pb.FirestoreServer, q *pb.StructuredQuery) {
	timed(b, func() {
		out := &sink[pb.RunQueryResponse]{ctx: context.Background()}
		err := s.RunQuery(&pb.RunQueryRequest{Parent: company,
			QueryType: &pb.RunQueryRequest_StructuredQuery{StructuredQuery: q}}, out)
		if err != nil || out.n != 51 {
			b.Fatal(out.n, err)
		}
	})
}

func benchCount(b *testing.B, s pb.FirestoreServer, q *pb.StructuredQuery) {
	q.Limit = wrapperspb.Int32(1000)
	timed(b, func() {
		out := &sink[pb.RunAggregationQueryResponse]{ctx: context.Background()}
		r := &pb.StructuredAggregationQuery{QueryType: &pb.StructuredAggregationQuery_StructuredQuery{
			StructuredQuery: q},
			Aggregations: []*pb.StructuredAggregationQuery_Aggregation{
				{Operator: &pb.StructuredAggregationQuery_Aggregation_Count_{
					Count: &pb.StructuredAggregationQuery_Aggregation_Count{}}}}}
		err := s.RunAggregationQuery(&pb.RunAggregationQueryRequest{Parent: company,
			QueryType: &pb.RunAggregationQueryRequest_StructuredAggregationQuery{StructuredAggregationQuery: r}}, out)
		if err != nil || out.n != 1 {
			b.Fatal(out.n, err)
		}
	})
}
