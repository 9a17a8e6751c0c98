package firestore_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"testing"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/firestore"
	"github.com/tinyoperahouse/toh/internal/test/testneed"
)

// aboutNothing are filters about null and NaN; each with how many of the documents of writeOdd pass it, and whether it
// is an inequality, which cannot be combined with a condition on the name, nor be ordered by the name alone.
var aboutNothing = map[string]struct {
	filter     *where
	finds      int
	inequality bool
}{
	"> null":             {fieldFilter("v", gt, null()), 0, false},
	"> nan":              {fieldFilter("v", gt, nan()), 0, false},
	"> 1":                {fieldFilter("v", gt, num(1)), 1, true},
	"== null":            {fieldFilter("v", eq, null()), 0, false},
	"!= null":            {fieldFilter("v", ne, null()), 0, false},
	"!= nan":             {fieldFilter("v", ne, nan()), 6, true},
	"!= 1":               {fieldFilter("v", ne, num(1)), 5, true},
	"is not null":        {unary("v", pb.StructuredQuery_UnaryFilter_IS_NOT_NULL), 6, true},
	"is not nan":         {unary("v", pb.StructuredQuery_UnaryFilter_IS_NOT_NAN), 5, true},
	"in null, nan":       {fieldFilter("v", in, list(null(), nan())), 0, false},
	"not in null":        {fieldFilter("v", notIn, list(null())), 0, false},
	"not in null, null":  {fieldFilter("v", notIn, list(null(), null())), 0, false},
	"not in null, 1":     {fieldFilter("v", notIn, list(null(), num(1))), 0, true},
	"not in null, array": {fieldFilter("v", notIn, list(null(), list())), 0, true},
	"not in 1, null":     {fieldFilter("v", notIn, list(num(1), null())), 0, true},
	"not in null, nan":   {fieldFilter("v", notIn, list(null(), nan())), 0, true},
	"not in nan":         {fieldFilter("v", notIn, list(nan())), 6, true},
	"not in 1, nan":      {fieldFilter("v", notIn, list(num(1), nan())), 5, true},
}

func nan() *pb.Value { return &pb.Value{ValueType: &pb.Value_DoubleValue{DoubleValue: math.NaN()}} }

func TestFiltersAboutNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t, firestore.Options{})
	checkNothing(testContext(t), t, pb.NewFirestoreClient(w.conn), database)
}

// TestFiltersAboutNothingInTheEmulator shows that the table is right.
func TestFiltersAboutNothingInTheEmulator(t *testing.T) {
	t.Parallel()
	conn, err := grpc.NewClient(testneed.FirestoreEmulator(t), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	ctx := metadata.AppendToOutgoingContext(testContext(t), "authorization", "Bearer owner")
	checkNothing(ctx, t, pb.NewFirestoreClient(conn), "projects/nothing/databases/(default)")
}

func checkNothing(ctx context.Context, t *testing.T, raw pb.FirestoreClient, database string) {
	t.Helper()
	root := database + "/documents"
	writeOdd(ctx, t, raw, database)
	name := fieldFilter("__name__", eq, &pb.Value{ValueType: &pb.Value_ReferenceValue{ReferenceValue: root + "/c/0"}})
	from := []*pb.StructuredQuery_CollectionSelector{{CollectionId: "c"}}
	for text, c := range aboutNothing {
		beside := "OK"
		if c.inequality {
			beside = "InvalidArgument"
		}
		if got, want := found(ctx, raw, root, &pb.StructuredQuery{From: from, Where: c.filter}),
			fmt.Sprint(c.finds, " OK"); got != want {
			t.Errorf("%s: %s, not %s", text, got, want)
		}
		if got, want := found(ctx, raw, root, &pb.StructuredQuery{From: from, Where: all(c.filter, name)}), "0 "+
			beside; got != want {
			t.Errorf("%s beside a name: %s, not %s", text, got, want)
		}
		if got, want := found(ctx, raw, root, &pb.StructuredQuery{From: from, Where: c.filter,
			OrderBy: orders("__name__")}), "0 "+beside; got != want {
			t.Errorf("%s ordered by the name: %s, not %s", text, got, want)
		}
	}
}

func writeOdd(ctx context.Context, t *testing.T, raw pb.FirestoreClient, database string) {
	t.Helper()
	var writes []*pb.Write
	for i, v := range []*pb.Value{num(1), num(2), null(), nan(), str("a"), list(), list(null())} {
		writes = append(writes, update(fmt.Sprint(database, "/documents/c/", i), "v", v))
	}
	if _, err := raw.Commit(ctx, &pb.CommitRequest{Database: database, Writes: writes}); err != nil {
		t.Fatal(err)
	}
}

// found counts what a query finds and says how it ends.
func found(ctx context.Context, raw pb.FirestoreClient, parent string, q *pb.StructuredQuery) string {
	stream, err := raw.RunQuery(ctx, &pb.RunQueryRequest{Parent: parent,
		QueryType: &pb.RunQueryRequest_StructuredQuery{StructuredQuery: q}})
	n := 0
	for err == nil {
		var m *pb.RunQueryResponse
		if m, err = stream.Recv(); m.GetDocument() != nil {
			n++
		}
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return fmt.Sprint(n, " ", status.Code(err))
}
