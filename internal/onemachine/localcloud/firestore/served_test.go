package firestore_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/firestore"
	"github.com/tinyoperahouse/toh/internal/test/testneed"
)

// rawEmulator is the official emulator, called without Google's client.
func rawEmulator(t *testing.T) (context.Context, pb.FirestoreClient) {
	t.Helper()
	conn, err := grpc.NewClient(testneed.FirestoreEmulator(t), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return metadata.AppendToOutgoingContext(testContext(t), "authorization", "Bearer owner"),
		pb.NewFirestoreClient(conn)
}

func dbl(f float64) *pb.Value {
	return &pb.Value{ValueType: &pb.Value_DoubleValue{DoubleValue: f}}
}

func repeated(n int, v *pb.Value) []*pb.Value {
	return many(n, func(int) *pb.Value { return v }).GetArrayValue().GetValues()
}

// sums are numbers whose sum shows how it is calculated, with that sum and average.
var sums = []struct {
	values       []*pb.Value
	sum, average *pb.Value
}{
	{repeated(10, dbl(3.2)), dbl(32), dbl(3.2)},
	{repeated(10, dbl(0.1)), dbl(1), dbl(0.1)},
	{[]*pb.Value{dbl(1), dbl(1e100), dbl(1), dbl(-1e100)}, dbl(2), dbl(0.5)},
	{[]*pb.Value{num(1 << 53), num(1), dbl(0.5)}, dbl(1 << 53), dbl(float64(1<<53) / 3)},
	{[]*pb.Value{num(math.MaxInt64), num(1)}, dbl(math.MaxInt64), dbl(math.MaxInt64 / 2)},
	{[]*pb.Value{num(math.MaxInt64), num(1), num(-1)}, num(math.MaxInt64), dbl(float64(math.MaxInt64) / 3)},
	{[]*pb.Value{num(math.MinInt64), num(-1)}, dbl(math.MinInt64), dbl(math.MinInt64 / 2)},
	{[]*pb.Value{dbl(math.MaxFloat64), dbl(math.MaxFloat64), dbl(-math.MaxFloat64)}, dbl(math.MaxFloat64),
		dbl(math.MaxFloat64 / 3)},
	{[]*pb.Value{dbl(math.MaxFloat64), dbl(5e-324), dbl(-math.MaxFloat64)}, dbl(5e-324), dbl(0)},
	{[]*pb.Value{dbl(math.Inf(1)), dbl(1)}, dbl(math.Inf(1)), dbl(math.Inf(1))},
	{[]*pb.Value{dbl(math.Inf(1)), dbl(math.Inf(-1))}, dbl(math.NaN()), dbl(math.NaN())},
	{[]*pb.Value{dbl(math.NaN()), dbl(1)}, dbl(math.NaN()), dbl(math.NaN())},
	{[]*pb.Value{dbl(math.Copysign(0, -1))}, dbl(0), dbl(0)},
	{[]*pb.Value{dbl(5e-324), dbl(5e-324), str("no number")}, dbl(1e-323), dbl(5e-324)},
	{[]*pb.Value{str("no number")}, num(0), null()},
}

// summed writes the numbers and asks for sum and average.
func summed(ctx context.Context, raw pb.FirestoreClient, database string, n int, values []*pb.Value) (sum,
	average *pb.Value, err error) {
	var writes []*pb.Write
	for i, v := range values {
		writes = append(writes, update(fmt.Sprintf("%s/documents/w/%d/c/%03d", database, n, i), "k", v))
	}
	if _, err := raw.Commit(ctx, &pb.CommitRequest{Database: database, Writes: writes}); err != nil {
		return nil, nil, err
	}
	s, err := raw.RunAggregationQuery(ctx, &pb.RunAggregationQueryRequest{Parent: fmt.Sprintf("%s/documents/w/%d",
		database, n), QueryType: aggregateQuery("k")})
	if err != nil {
		return nil, nil, err
	}
	m, err := s.Recv()
	fields := m.GetResult().GetAggregateFields()
	return fields["s"], fields["a"], err
}

// near compares numbers, and their types. Doubles may differ by tolerance.
func near(a, b *pb.Value, tolerance float64) bool {
	x, isDouble := a.GetValueType().(*pb.Value_DoubleValue)
	y, other := b.GetValueType().(*pb.Value_DoubleValue)
	if !isDouble || !other {
		return proto.Equal(a, b)
	}
	if math.IsNaN(x.DoubleValue) || x.DoubleValue == y.DoubleValue { // no difference of infinite numbers
		return math.IsNaN(x.DoubleValue) == math.IsNaN(y.DoubleValue) &&
			math.Signbit(x.DoubleValue) == math.Signbit(y.DoubleValue)
	}
	return math.Abs(x.DoubleValue-y.DoubleValue) <= tolerance
}

func TestSumsAreExact(t *testing.T) {
	t.Parallel()
	raw, ctx := pb.NewFirestoreClient(newWorld(t, firestore.Options{}).conn), testContext(t)
	for n, c := range sums {
		sum, average, err := summed(ctx, raw, database, n, c.values)
		if err != nil || !near(sum, c.sum, 0) && !(isNaN(sum) && isNaN(c.sum)) || !near(average, c.average, 0) &&
			!(isNaN(average) && isNaN(c.average)) {
			t.Errorf("%v: %v and %v, not %v and %v, %v", c.values, sum, average, c.sum, c.average, err)
		}
	}
}

func isNaN(v *pb.Value) bool { return math.IsNaN(v.GetDoubleValue()) }

// TestSumsAsInTheEmulator: the same types, and numbers that differ only by rounding. The emulator adds doubles one
// after another in an order that changes from run to run.
func TestSumsAsInTheEmulator(t *testing.T) {
	t.Parallel()
	ctx, theirs := rawEmulator(t)
	ours := pb.NewFirestoreClient(newWorld(t, firestore.Options{}).conn)
	seed := rand.Uint64()
	rng := rand.New(rand.NewPCG(seed, 0))
	for n := range 60 {
		var values []*pb.Value
		largest, spread := 0.0, rng.IntN(20)
		for range 1 + rng.IntN(30) {
			f := (rng.Float64() - 0.5) * math.Pow(10, float64(rng.IntN(spread+1)))
			v := dbl(f)
			if rng.IntN(5) == 0 {
				v = num(int(f))
			}
			values, largest = append(values, v), largest+math.Abs(f)
		}
		sum, average, err := summed(ctx, ours, database, n, values)
		sumThere, averageThere, errThere := summed(ctx, theirs, "projects/sums/databases/(default)", n, values)
		tolerance := largest * 1e-14
		if err != nil || errThere != nil || !near(sum, sumThere, tolerance) || !near(average, averageThere, tolerance) {
			t.Fatalf("seed %d: %v:\nours   %v %v %v\ntheirs %v %v %v", seed, values, sum, average, err, sumThere,
				averageThere, errThere)
		}
	}
}

// everywhere are queries without a collection, and what they find.
var everywhere = []struct {
	name, parent string
	query        *pb.StructuredQuery
	found        string
}{
	{"no selector", "", &pb.StructuredQuery{}, "b/q c/__id5__ c/a c/b d/a"},
	{"an empty selector", "", &pb.StructuredQuery{From: from("", false)}, "b/q c/__id5__ c/a c/b d/a"},
	{"all", "", &pb.StructuredQuery{From: from("", true)}, "b/q c/__id5__ c/a c/a/s/x c/a/t/y c/b c/b/s/w/u/v " +
		"d/a d/a/s/z"},
	{"all below", "/c/a", &pb.StructuredQuery{From: from("", true)}, "c/a/s/x c/a/t/y"},
	{"next below", "/c/b/s/w", &pb.StructuredQuery{}, "c/b/s/w/u/v"},
	{"not far below", "/c/b", &pb.StructuredQuery{}, ""},
	{"by name", "", &pb.StructuredQuery{From: from("", true), OrderBy: orders("__name__"), Offset: 7}, "d/a d/a/s/z"},
	{"after", "", &pb.StructuredQuery{From: from("", true), Where: fieldFilter("__name__", gt, ref("c/a"))},
		"c/a/s/x c/a/t/y c/b c/b/s/w/u/v d/a d/a/s/z"},
	{"one", "", &pb.StructuredQuery{From: from("", true), Where: fieldFilter("__name__", eq, ref("c/a"))}, "c/a"},
	{"two", "", &pb.StructuredQuery{From: from("", true), Where: fieldFilter("__name__", in,
		list(ref("d/a/s/z"), ref("c/a")))}, "c/a d/a/s/z"},
	{"from", "", &pb.StructuredQuery{From: from("", true), OrderBy: orders("__name__"),
		StartAt: &pb.Cursor{Values: []*pb.Value{ref("c/b")}}}, "c/b/s/w/u/v d/a d/a/s/z"},
	{"descending", "", &pb.StructuredQuery{From: from("", true), OrderBy: orders("-__name__")}, "InvalidArgument"},
	{"by a field", "", &pb.StructuredQuery{From: from("", true), OrderBy: orders("v")}, "InvalidArgument"},
	{"with a filter", "", &pb.StructuredQuery{From: from("", true), Where: fieldFilter("v", eq, num(1))},
		"InvalidArgument"},
}

func ref(path string) *pb.Value {
	return &pb.Value{ValueType: &pb.Value_ReferenceValue{ReferenceValue: root + "/" + path}}
}

func checkEverywhere(ctx context.Context, t *testing.T, raw pb.FirestoreClient) {
	t.Helper()
	var writes []*pb.Write
	for _, p := range []string{"c/a", "c/b", "c/a/s/x", "c/a/t/y", "d/a", "d/a/s/z", "b/q", "c/b/s/w/u/v",
		"c/__id5__"} {
		writes = append(writes, update(root+"/"+p, "v", num(1)))
	}
	if _, err := raw.Commit(ctx, &pb.CommitRequest{Database: database, Writes: writes}); err != nil {
		t.Fatal(err)
	}
	for _, c := range everywhere {
		s, err := raw.RunQuery(ctx, &pb.RunQueryRequest{Parent: root + c.parent,
			QueryType: &pb.RunQueryRequest_StructuredQuery{StructuredQuery: c.query}})
		var found []string
		for err == nil {
			var m *pb.RunQueryResponse
			if m, err = s.Recv(); m.GetDocument() != nil {
				found = append(found, strings.TrimPrefix(m.GetDocument().GetName(), root+"/"))
			}
		}
		got := strings.Join(found, " ")
		if !errors.Is(err, io.EOF) {
			got = status.Code(err).String()
		}
		if got != c.found {
			t.Errorf("%s: found %q, not %q (%v)", c.name, got, c.found, err)
		}
	}
}

func TestQueriesWithoutACollection(t *testing.T) {
	t.Parallel()
	w := newWorld(t, firestore.Options{})
	raw, ctx := pb.NewFirestoreClient(w.conn), testContext(t)
	checkEverywhere(ctx, t, raw)
	tx := begin(t, ctx, w, nil)
	s, err := raw.RunQuery(ctx, &pb.RunQueryRequest{Parent: root,
		QueryType:           &pb.RunQueryRequest_StructuredQuery{StructuredQuery: &pb.StructuredQuery{}},
		ConsistencySelector: &pb.RunQueryRequest_Transaction{Transaction: tx.id}})
	if err == nil {
		_, err = s.Recv()
	}
	if status.Code(err) != codes.Unimplemented {
		t.Errorf("in a read-write transaction, where nothing would be locked: %v", err)
	}
}

// TestQueriesWithoutACollectionInTheEmulator shows that the table is right.
func TestQueriesWithoutACollectionInTheEmulator(t *testing.T) {
	t.Parallel()
	ctx, raw := rawEmulator(t)
	checkEverywhere(ctx, t, raw)
}

// firstReads are the calls that can begin a transaction; each gives its id.
func firstReads(raw pb.FirestoreClient) map[string]func(context.Context, *pb.TransactionOptions) ([]byte, error) {
	byQuery := func(q *pb.StructuredQuery) func(context.Context, *pb.TransactionOptions) ([]byte, error) {
		return func(ctx context.Context, o *pb.TransactionOptions) ([]byte, error) {
			s, err := raw.RunQuery(ctx, &pb.RunQueryRequest{Parent: root,
				QueryType:           &pb.RunQueryRequest_StructuredQuery{StructuredQuery: q},
				ConsistencySelector: &pb.RunQueryRequest_NewTransaction{NewTransaction: o}})
			if err != nil {
				return nil, err
			}
			return idOf(s.Recv)
		}
	}
	return map[string]func(context.Context, *pb.TransactionOptions) ([]byte, error){
		"get": func(ctx context.Context, o *pb.TransactionOptions) ([]byte, error) {
			s, err := raw.BatchGetDocuments(ctx, &pb.BatchGetDocumentsRequest{Database: database,
				Documents:           []string{root + "/c/a"},
				ConsistencySelector: &pb.BatchGetDocumentsRequest_NewTransaction{NewTransaction: o}})
			if err != nil {
				return nil, err
			}
			return idOf(s.Recv)
		},
		"query":            byQuery(&pb.StructuredQuery{From: from("c", false)}),
		"query of nothing": byQuery(&pb.StructuredQuery{From: from("c", false), Where: fieldFilter("v", eq, num(-1))}),
		"aggregation": func(ctx context.Context, o *pb.TransactionOptions) ([]byte, error) {
			s, err := raw.RunAggregationQuery(ctx, &pb.RunAggregationQueryRequest{Parent: root,
				QueryType:           aggregateQuery("v"),
				ConsistencySelector: &pb.RunAggregationQueryRequest_NewTransaction{NewTransaction: o}})
			if err != nil {
				return nil, err
			}
			return idOf(s.Recv)
		},
	}
}

// idOf reads to the end; the id of the transaction is in the first answer, alone.
func idOf[M interface{ GetTransaction() []byte }](next func() (M, error)) ([]byte, error) {
	var id []byte
	for n := 0; ; n++ {
		m, err := next()
		if errors.Is(err, io.EOF) {
			return id, nil
		}
		if err != nil {
			return nil, err
		}
		if n == 0 {
			id = m.GetTransaction()
		} else if len(m.GetTransaction()) > 0 {
			return nil, fmt.Errorf("answer %d has the id of the transaction", n)
		}
	}
}

// TestTransactionsBegunByTheirFirstRead hold what the read has seen, as if they had been begun before.
func TestTransactionsBegunByTheirFirstRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t, firestore.Options{})
	checkFirstReads(testContext(t), t, pb.NewFirestoreClient(w.conn))
	if n := w.server.OpenTransactions(); n != 0 {
		t.Errorf("%d transactions are open", n)
	}
}

func TestTransactionsBegunByTheirFirstReadInTheEmulator(t *testing.T) {
	t.Parallel()
	ctx, raw := rawEmulator(t)
	checkFirstReads(ctx, t, raw)
}

func checkFirstReads(ctx context.Context, t *testing.T, raw pb.FirestoreClient) {
	t.Helper()
	write := []*pb.Write{update(root+"/c/a", "v", num(1))}
	commit := func(id []byte) codes.Code {
		_, err := raw.Commit(ctx, &pb.CommitRequest{Database: database, Transaction: id, Writes: write})
		return status.Code(err)
	}
	if c := commit(nil); c != codes.OK {
		t.Fatal(c)
	}
	readWrite := &pb.TransactionOptions{Mode: &pb.TransactionOptions_ReadWrite_{
		ReadWrite: &pb.TransactionOptions_ReadWrite{}}}
	readOnly := &pb.TransactionOptions{Mode: &pb.TransactionOptions_ReadOnly_{
		ReadOnly: &pb.TransactionOptions_ReadOnly{}}}
	for name, read := range firstReads(raw) {
		id, err := read(ctx, readWrite)
		if err != nil || len(id) == 0 {
			t.Errorf("%s: %q %v", name, id, err)
			continue
		}
		if c := commit(id); c != codes.OK {
			t.Errorf("%s: the commit answers %v", name, c)
		}
		if c := commit(id); c != codes.InvalidArgument {
			t.Errorf("%s: a second commit answers %v", name, c)
		}
		id, err = read(ctx, readOnly)
		if err != nil || len(id) == 0 {
			t.Errorf("%s, read only: %q %v", name, id, err)
		}
		if c := commit(id); c != codes.InvalidArgument {
			t.Errorf("%s: a write in a read-only transaction answers %v", name, c)
		}
		if _, err := raw.Rollback(ctx, &pb.RollbackRequest{Database: database, Transaction: id}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestAFirstReadHoldsWhatItSaw until its transaction ends: nobody else can write it, and a read-only transaction
// continues to see it.
func TestAFirstReadHoldsWhatItSaw(t *testing.T) {
	t.Parallel()
	w := newWorld(t, firestore.Options{})
	raw, ctx := pb.NewFirestoreClient(w.conn), testContext(t)
	mustSet(t, ctx, w.Doc("c/a"), 1)
	end := func(id []byte) {
		t.Helper()
		if _, err := raw.Rollback(ctx, &pb.RollbackRequest{Database: database, Transaction: id}); err != nil {
			t.Error(err)
		}
	}
	for name, read := range firstReads(raw) {
		id, err := read(ctx, &pb.TransactionOptions{})
		if err != nil {
			t.Fatal(name, err)
		}
		short, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
		if _, err := w.Doc("c/a").Set(short, map[string]any{"n": 9}); status.Code(err) != codes.DeadlineExceeded {
			t.Errorf("%s: somebody else wrote what it saw: %v", name, err)
		}
		cancel()
		end(id)
		readOnly := &pb.TransactionOptions{Mode: &pb.TransactionOptions_ReadOnly_{
			ReadOnly: &pb.TransactionOptions_ReadOnly{}}}
		if id, err = read(ctx, readOnly); err != nil {
			t.Fatal(name, err)
		}
		before := number(t, ctx, w.Doc("c/a"))
		mustSet(t, ctx, w.Doc("c/a"), int(before)+1)
		if n, err := (rawTx{raw, id}).get(ctx, "c/a"); err != nil || n != before {
			t.Errorf("%s, read only: sees %d, not %d: %v", name, n, before, err)
		}
		end(id)
	}
}

// TestAFirstReadThatFailsBeginsNothing: nobody learns the id of its transaction, so nobody could end it.
func TestAFirstReadThatFailsBeginsNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, firestore.Options{})
	raw, ctx := pb.NewFirestoreClient(w.conn), testContext(t)
	noIndex := &pb.StructuredQuery{From: from("c", false), Where: fieldFilter("v", eq, num(1)),
		OrderBy: orders("u", "w")}
	for what, request := range map[string]*pb.RunQueryRequest{
		"no index": {QueryType: &pb.RunQueryRequest_StructuredQuery{StructuredQuery: noIndex}},
		"bad query": {QueryType: &pb.RunQueryRequest_StructuredQuery{StructuredQuery: &pb.StructuredQuery{
			From: from("c", false), Offset: -1}}},
		"no collection": {QueryType: &pb.RunQueryRequest_StructuredQuery{StructuredQuery: &pb.StructuredQuery{}}},
	} {
		request.Parent, request.ConsistencySelector = root,
			&pb.RunQueryRequest_NewTransaction{NewTransaction: &pb.TransactionOptions{}}
		s, err := raw.RunQuery(ctx, request)
		if err == nil {
			_, err = idOf(s.Recv)
		}
		if err == nil {
			t.Errorf("%s: no error", what)
		}
		if n := w.server.OpenTransactions(); n != 0 {
			t.Errorf("%s: %d transactions are open", what, n)
		}
	}
}

// TestWhatIsNotServedSaysSo, once.
func TestWhatIsNotServedSaysSo(t *testing.T) {
	t.Parallel()
	w := newWorld(t, firestore.Options{})
	raw, ctx := pb.NewFirestoreClient(w.conn), testContext(t)
	structured := func(q *pb.StructuredQuery) *pb.RunQueryRequest_StructuredQuery {
		return &pb.RunQueryRequest_StructuredQuery{StructuredQuery: q}
	}
	run := func(r *pb.RunQueryRequest) error {
		r.Parent = root
		s, err := raw.RunQuery(ctx, r)
		if err == nil {
			_, err = s.Recv()
		}
		return err
	}
	query := &pb.StructuredQuery{From: from("c", false)}
	for what, call := range map[string]func() error{
		"Listen": func() error {
			s, err := raw.Listen(ctx)
			if err == nil {
				_, err = s.Recv()
			}
			return err
		},
		"Write": func() error {
			s, err := raw.Write(ctx)
			if err == nil {
				_, err = s.Recv()
			}
			return err
		},
		"ExecutePipeline": func() error {
			s, err := raw.ExecutePipeline(ctx, &pb.ExecutePipelineRequest{Database: database})
			if err == nil {
				_, err = s.Recv()
			}
			return err
		},
		"GetDocument":    func() error { _, err := raw.GetDocument(ctx, &pb.GetDocumentRequest{}); return err },
		"CreateDocument": func() error { _, err := raw.CreateDocument(ctx, &pb.CreateDocumentRequest{}); return err },
		"UpdateDocument": func() error { _, err := raw.UpdateDocument(ctx, &pb.UpdateDocumentRequest{}); return err },
		"DeleteDocument": func() error { _, err := raw.DeleteDocument(ctx, &pb.DeleteDocumentRequest{}); return err },
		"explain": func() error {
			return run(&pb.RunQueryRequest{QueryType: structured(query), ExplainOptions: &pb.ExplainOptions{}})
		},
		"findNearest": func() error {
			return run(&pb.RunQueryRequest{QueryType: structured(&pb.StructuredQuery{From: query.From,
				FindNearest: &pb.StructuredQuery_FindNearest{}})})
		},
		"ordering a list": func() error {
			_, err := raw.ListDocuments(ctx, &pb.ListDocumentsRequest{Parent: root, CollectionId: "c", OrderBy: "v"})
			return err
		},
		"listing all collections": func() error {
			_, err := raw.ListDocuments(ctx, &pb.ListDocumentsRequest{Parent: root})
			return err
		},
		"pages of partitions": func() error {
			r := partitionQuery(nil)
			r.PageSize = 1
			_, err := raw.PartitionQuery(ctx, r)
			return err
		},
	} {
		err := call()
		s, _ := status.FromError(err)
		if s.Code() != codes.Unimplemented || !strings.Contains(s.Message(), "does not serve this: ") ||
			!strings.Contains(s.Message(), what) || strings.Contains(s.Message(), "rpc error") {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// TestErrorsSayTheirTextOnce, whichever call refuses.
func TestErrorsSayTheirTextOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t, firestore.Options{})
	raw, ctx := pb.NewFirestoreClient(w.conn), testContext(t)
	old := &timestamppb.Timestamp{Seconds: 1}
	noIndex := &pb.StructuredQuery{From: from("c", false), Where: fieldFilter("v", eq, num(1)),
		OrderBy: orders("u", "w")}
	_, queryErr := runQuery(ctx, raw, noIndex, nil)
	_, pastErr := runQuery(ctx, raw, &pb.StructuredQuery{From: from("c", false)}, old)
	_, listErr := raw.ListDocuments(ctx, &pb.ListDocumentsRequest{Parent: root, CollectionId: "c",
		ConsistencySelector: &pb.ListDocumentsRequest_ReadTime{ReadTime: old}})
	_, commitErr := raw.Commit(ctx, &pb.CommitRequest{Database: database,
		Writes: []*pb.Write{exists(deleted(root+"/c/d"), true)}})
	batch, _ := raw.BatchWrite(ctx, &pb.BatchWriteRequest{Database: database,
		Writes: []*pb.Write{exists(deleted(root+"/c/d"), true)}})
	for what, err := range map[string]error{"query": queryErr, "past": pastErr, "list": listErr, "commit": commitErr,
		"batch": status.ErrorProto(batch.GetStatus()[0])} {
		s, ok := status.FromError(err)
		if !ok || s.Code() == codes.OK || s.Code() == codes.Internal || strings.Contains(s.Message(), "rpc error") {
			t.Errorf("%s: %v", what, err)
		}
	}
}
