package firestore_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/firestore"
)

const root = database + "/documents"

func str(s string) *pb.Value {
	return &pb.Value{ValueType: &pb.Value_StringValue{StringValue: s}}
}
func num(n int) *pb.Value {
	return &pb.Value{ValueType: &pb.Value_IntegerValue{IntegerValue: int64(n)}}
}
func list(v ...*pb.Value) *pb.Value {
	return &pb.Value{ValueType: &pb.Value_ArrayValue{ArrayValue: &pb.ArrayValue{Values: v}}}
}
func dict(name string, v *pb.Value) *pb.Value {
	return &pb.Value{ValueType: &pb.Value_MapValue{MapValue: &pb.MapValue{Fields: map[string]*pb.Value{name: v}}}}
}
func null() *pb.Value { return &pb.Value{ValueType: &pb.Value_NullValue{}} }

func nested(depth int) *pb.Value {
	v := num(1)
	for range depth {
		v = dict("f", v)
	}
	return v
}

func update(name, field string, v *pb.Value) *pb.Write {
	return &pb.Write{Operation: &pb.Write_Update{Update: &pb.Document{Name: name,
		Fields: map[string]*pb.Value{field: v}}}}
}

func exists(w *pb.Write, want bool) *pb.Write {
	w.CurrentDocument = &pb.Precondition{ConditionType: &pb.Precondition_Exists{Exists: want}}
	return w
}

func masked(w *pb.Write, paths ...string) *pb.Write {
	w.UpdateMask = &pb.DocumentMask{FieldPaths: paths}
	return w
}

func incremented(w *pb.Write, n int) *pb.Write {
	for i := range n {
		w.UpdateTransforms = append(w.UpdateTransforms, &pb.DocumentTransform_FieldTransform{
			FieldPath: fmt.Sprintf("t%d", i), TransformType: &pb.DocumentTransform_FieldTransform_Increment{
				Increment: num(1)}})
	}
	return w
}

func deleted(name string) *pb.Write { return &pb.Write{Operation: &pb.Write_Delete{Delete: name}} }

func many(n int, v func(i int) *pb.Value) *pb.Value {
	var out []*pb.Value
	for i := range n {
		out = append(out, v(i))
	}
	return list(out...)
}

func TestWritesThatAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, firestore.Options{})
	raw := pb.NewFirestoreClient(w.conn)
	ctx := testContext(t)
	if _, err := raw.Commit(ctx, &pb.CommitRequest{Database: database,
		Writes: []*pb.Write{update(root+"/c/there", "a", num(1))}}); err != nil {
		t.Fatal(err)
	}
	doc := root + "/c/d"
	stale := update(root+"/c/there", "a", num(2))
	stale.CurrentDocument = &pb.Precondition{ConditionType: &pb.Precondition_UpdateTime{
		UpdateTime: &timestamppb.Timestamp{Seconds: 1}}}
	deep := strings.Repeat("/c/d", 101)
	large := strings.Repeat("x", 1_048_487)
	cases := []struct {
		name   string
		code   codes.Code
		words  string // in the message
		writes []*pb.Write
	}{
		{"update missing", codes.NotFound, "No document to update: " + doc,
			[]*pb.Write{exists(update(doc, "a", num(1)), true)}},
		{"delete missing", codes.NotFound, "No document to update: " + doc, []*pb.Write{exists(deleted(doc), true)}},
		{"create existing", codes.AlreadyExists, "Document already exists: " + root + "/c/there",
			[]*pb.Write{exists(update(root+"/c/there", "a", num(1)), false)}},
		{"stale", codes.FailedPrecondition, ") does not match the required base version (1000000)", []*pb.Write{stale}},
		{"long value", codes.InvalidArgument, `The value of property "a" is longer than 1048487 bytes.`,
			[]*pb.Write{update(doc, "a", str(large+"x"))}},
		{"longest value", codes.OK, "", []*pb.Write{update(root+"/c/l", "a", str(large))}},
		{"large document", codes.InvalidArgument, "exceeds the maximum allowed size of 1,048,576 bytes",
			[]*pb.Write{update(doc, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", str(large))}},
		{"large request", codes.InvalidArgument, "Request payload size exceeds the limit", bigWrites(11)},
		{"request of 9 MB", codes.OK, "", bigWrites(9)},
		{"depth 20", codes.OK, "", []*pb.Write{update(doc+"20", "f", nested(20))}},
		{"depth 21", codes.InvalidArgument, "Property f contains an invalid nested entity.",
			[]*pb.Write{update(doc, "f", nested(21))}},
		{"array in array", codes.InvalidArgument, "Cannot convert an array value in an array value.",
			[]*pb.Write{update(doc, "a", list(list(num(1))))}},
		{"field without a name", codes.InvalidArgument, "The property.name is the empty string.",
			[]*pb.Write{update(doc, "", num(1))}},
		{"long field name", codes.InvalidArgument, "The property.name is longer than 1500 bytes.",
			[]*pb.Write{update(doc, strings.Repeat("n", 1501), num(1))}},
		{"longest field name", codes.OK, "", []*pb.Write{update(doc+"name", strings.Repeat("n", 1500), num(1))}},
		{"reserved field", codes.InvalidArgument, "field name __foo__ is reserved",
			[]*pb.Write{update(doc, "__foo__", num(1))}},
		{"reserved field below", codes.InvalidArgument, "field name __foo__ is reserved",
			[]*pb.Write{update(doc, "a", dict("__foo__", num(1)))}},
		{"value without a type", codes.InvalidArgument, "Cannot convert firestore.v1.Value with type unset.",
			[]*pb.Write{update(doc, "a", &pb.Value{})}},
		{"bad time", codes.InvalidArgument, "Timestamp seconds exceeds limit for field.",
			[]*pb.Write{update(doc, "a",
				&pb.Value{ValueType: &pb.Value_TimestampValue{TimestampValue: &timestamppb.Timestamp{
					Seconds: 1 << 60}}})}},
		{"bad reference", codes.InvalidArgument, `"garbage" lacks`,
			[]*pb.Write{update(doc, "a", &pb.Value{ValueType: &pb.Value_ReferenceValue{ReferenceValue: "garbage"}})}},
		{"invalid UTF-8", codes.InvalidArgument, "not valid UTF-8", []*pb.Write{update(doc, "a", str("\xff"))}},
		{"long id", codes.InvalidArgument, "The key path element name is longer than 1500 bytes.",
			[]*pb.Write{update(root+"/c/"+strings.Repeat("i", 1501), "a", num(1))}},
		{"longest id", codes.OK, "", []*pb.Write{update(root+"/c/"+strings.Repeat("i", 1500), "a", num(1))}},
		{"dot", codes.InvalidArgument, `contains a resource id "." at index 6.`,
			[]*pb.Write{update(root+"/c/.", "a", num(1))}},
		{"reserved id", codes.InvalidArgument, `Resource id "__foo__" is invalid because it is reserved.`,
			[]*pb.Write{update(root+"/c/__foo__", "a", num(1))}},
		{"numeric id", codes.OK, "", []*pb.Write{update(root+"/c/__id7__", "a", num(1))}},
		{"collection", codes.InvalidArgument, `lacks "/" at index`, []*pb.Write{update(root+"/c", "a", num(1))}},
		{"empty segment", codes.InvalidArgument, "lacks a resource id at index 6",
			[]*pb.Write{update(root+"/c/", "a", num(1))}},
		{"garbage", codes.InvalidArgument, `lacks "projects" at index 0.`, []*pb.Write{update("garbage", "a", num(1))}},
		{"root", codes.InvalidArgument, "lacks a collection id", []*pb.Write{update(root, "a", num(1))}},
		{"deep path", codes.InvalidArgument, "Key path is too long. Cannot exceed 100 elements.",
			[]*pb.Write{update(root+deep, "a", num(1))}},
		{"another database", codes.InvalidArgument, "does not belong to the database",
			[]*pb.Write{update("projects/p/databases/e/documents/c/d", "a", num(1))}},
		{"empty write", codes.InvalidArgument, "empty write operation", []*pb.Write{{}}},
		{"bad mask", codes.InvalidArgument, `Invalid property path "a..b"`,
			[]*pb.Write{masked(update(doc, "a", num(1)), "a..b")}},
		{"500 transforms", codes.OK, "", []*pb.Write{incremented(update(root+"/c/t", "a", num(1)), 500)}},
		{"501 transforms", codes.InvalidArgument, "501 field transforms",
			[]*pb.Write{incremented(update(doc, "a", num(1)), 501)}},
		{"501 transforms in two writes", codes.InvalidArgument, "501 field transforms",
			[]*pb.Write{incremented(update(doc, "a", num(1)), 250), incremented(update(doc, "a", num(1)), 251)}},
		{"too many entries", codes.InvalidArgument, "too many index entries",
			[]*pb.Write{update(doc, "a", many(40_000, num))}},
		{"as many entries as can be", codes.OK, "", []*pb.Write{update(doc+"e", "a", many(39_998, num))}},
		{"one of two fails", codes.NotFound, "No document to update", []*pb.Write{update(doc, "a", num(1)),
			exists(update(doc+"x", "a", num(1)), true)}},
		{"delete and update", codes.InvalidArgument, "Cannot delete then update",
			[]*pb.Write{deleted(root + "/c/there"), exists(update(root+"/c/there", "a", num(1)), true)}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			_, err := raw.Commit(ctx, &pb.CommitRequest{Database: database, Writes: c.writes})
			if status.Code(err) != c.code || err != nil && !strings.Contains(err.Error(), c.words) {
				t.Errorf("%.300v", err)
			}
		})
	}
	if _, err := w.Doc("c/d").Get(ctx); status.Code(err) != codes.NotFound {
		t.Errorf("something of a refused commit is there: %v", err)
	}
	if err := w.server.CheckConsistency(); err != nil {
		t.Error(err)
	}
}

func bigWrites(n int) []*pb.Write {
	var out []*pb.Write
	for i := range n {
		out = append(out, update(fmt.Sprintf("%s/big/%d", root, i), "a", str(strings.Repeat("x", 1_040_000))))
	}
	return out
}

type where = pb.StructuredQuery_Filter

func fieldFilter(path string, op pb.StructuredQuery_FieldFilter_Operator, v *pb.Value) *where {
	return &where{FilterType: &pb.StructuredQuery_Filter_FieldFilter{FieldFilter: &pb.StructuredQuery_FieldFilter{
		Field: &pb.StructuredQuery_FieldReference{FieldPath: path}, Op: op, Value: v}}}
}

func unary(path string, op pb.StructuredQuery_UnaryFilter_Operator) *where {
	return &where{FilterType: &pb.StructuredQuery_Filter_UnaryFilter{UnaryFilter: &pb.StructuredQuery_UnaryFilter{
		Op: op, OperandType: &pb.StructuredQuery_UnaryFilter_Field{Field: &pb.StructuredQuery_FieldReference{
			FieldPath: path}}}}}
}

func all(parts ...*where) *where { return group(pb.StructuredQuery_CompositeFilter_AND, parts) }
func either(parts ...*where) *where {
	return group(pb.StructuredQuery_CompositeFilter_OR, parts)
}

func group(op pb.StructuredQuery_CompositeFilter_Operator, parts []*where) *where {
	return &where{FilterType: &pb.StructuredQuery_Filter_CompositeFilter{
		CompositeFilter: &pb.StructuredQuery_CompositeFilter{Op: op, Filters: parts}}}
}

const (
	eq    = pb.StructuredQuery_FieldFilter_EQUAL
	ne    = pb.StructuredQuery_FieldFilter_NOT_EQUAL
	in    = pb.StructuredQuery_FieldFilter_IN
	notIn = pb.StructuredQuery_FieldFilter_NOT_IN
	has   = pb.StructuredQuery_FieldFilter_ARRAY_CONTAINS
	hasIn = pb.StructuredQuery_FieldFilter_ARRAY_CONTAINS_ANY
	gt    = pb.StructuredQuery_FieldFilter_GREATER_THAN
)

func orders(paths ...string) []*pb.StructuredQuery_Order {
	var out []*pb.StructuredQuery_Order
	for _, p := range paths {
		path, desc := strings.CutPrefix(p, "-")
		o := &pb.StructuredQuery_Order{Field: &pb.StructuredQuery_FieldReference{FieldPath: path},
			Direction: pb.StructuredQuery_ASCENDING}
		if desc {
			o.Direction = pb.StructuredQuery_DESCENDING
		}
		out = append(out, o)
	}
	return out
}

func TestQueriesThatAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t, firestore.Options{})
	raw := pb.NewFirestoreClient(w.conn)
	from := []*pb.StructuredQuery_CollectionSelector{{CollectionId: "c"}}
	tooMany := func(n int) *pb.Value { return many(n, num) }
	for _, c := range []struct {
		name  string
		code  codes.Code
		words string
		query *pb.StructuredQuery
	}{
		{"in nothing", codes.InvalidArgument, "'IN' requires an non-empty ArrayValue.", &pb.StructuredQuery{From: from,
			Where: fieldFilter("v", in, list())}},
		{"in a number", codes.InvalidArgument, "'IN' requires an ArrayValue.", &pb.StructuredQuery{From: from,
			Where: fieldFilter("v", in, num(1))}},
		{"in 30", codes.OK, "", &pb.StructuredQuery{From: from, Where: fieldFilter("v", in, tooMany(30))}},
		{"in 31", codes.InvalidArgument, "'IN' supports up to 30 comparison values.", &pb.StructuredQuery{From: from,
			Where: fieldFilter("v", in, tooMany(31))}},
		{"not in 10", codes.OK, "", &pb.StructuredQuery{From: from, Where: fieldFilter("v", notIn, tooMany(10))}},
		{"not in 11", codes.InvalidArgument, "'NOT_IN' supports up to 10 comparison values.",
			&pb.StructuredQuery{From: from, Where: fieldFilter("v", notIn, tooMany(11))}},
		{"36 disjunctions", codes.InvalidArgument, "Too many disjunctions after normalization. Result had 36 " +
			"disjunctions which is more than the maximum of 30", &pb.StructuredQuery{From: from,
			Where: all(fieldFilter("v", in, tooMany(6)), fieldFilter("u", in, tooMany(6)))}},
		{"two contains", codes.InvalidArgument, "A maximum of 1 'ARRAY_CONTAINS' filter is allowed per disjunction.",
			&pb.StructuredQuery{From: from, Where: all(fieldFilter("v", has, num(1)),
				fieldFilter("v", hasIn, tooMany(2)))}},
		{"contains in two alternatives", codes.OK, "", &pb.StructuredQuery{From: from,
			Where: either(fieldFilter("v", has, num(1)), fieldFilter("u", has, num(2)))}},
		{"two exclusions", codes.InvalidArgument, "Only a single 'NOT_EQUAL', 'NOT_IN', 'IS_NOT_NAN', or " +
			"'IS_NOT_NULL' filter allowed per query.", &pb.StructuredQuery{From: from,
			Where: all(fieldFilter("v", ne, num(1)), unary("v", pb.StructuredQuery_UnaryFilter_IS_NOT_NULL))}},
		{"not in and or", codes.InvalidArgument, "'NOT_IN' cannot be used in the same query with 'IN', " +
			"'ARRAY_CONTAINS_ANY' or 'OR'.", &pb.StructuredQuery{From: from,
			Where: all(fieldFilter("v", notIn, tooMany(1)), fieldFilter("u", in, tooMany(2)))}},
		{"order twice", codes.InvalidArgument, "order by clause cannot contain duplicate fields v",
			&pb.StructuredQuery{From: from, OrderBy: orders("v", "-v")}},
		{"order after the name", codes.InvalidArgument, "order by clause cannot contain more fields after the key",
			&pb.StructuredQuery{From: from, OrderBy: orders("__name__", "v")}},
		{"long cursor", codes.InvalidArgument, "Cursor has too many values.", &pb.StructuredQuery{From: from,
			OrderBy: orders("v"), StartAt: &pb.Cursor{Values: []*pb.Value{num(1), str("x")}}}},
		{"cursor that is no name", codes.InvalidArgument, "Cursor __key__ value is not a document reference.",
			&pb.StructuredQuery{From: from, OrderBy: orders("__name__"),
				StartAt: &pb.Cursor{Values: []*pb.Value{num(1)}}}},
		{"name that is none", codes.InvalidArgument, "__key__ filter value must be a Key",
			&pb.StructuredQuery{From: from, Where: fieldFilter("__name__", eq, num(1))}},
		{"negative limit", codes.InvalidArgument, "limit is negative", &pb.StructuredQuery{From: from,
			Limit: wrapperspb.Int32(-1)}},
		{"negative offset", codes.InvalidArgument, "offset is negative", &pb.StructuredQuery{From: from, Offset: -1}},
		{"two collections", codes.InvalidArgument, "StructuredQuery.from cannot have more than one " +
			"collection selector.", &pb.StructuredQuery{From: append(from, from...)}},
		{"long value", codes.InvalidArgument, "value for v is too large to be used in a query",
			&pb.StructuredQuery{From: from, Where: fieldFilter("v", eq, str(strings.Repeat("x", 1501)))}},
		{"longest value", codes.OK, "", &pb.StructuredQuery{From: from, Where: fieldFilter("v", eq,
			str(strings.Repeat("x", 1500)))}},
		{"equal null", codes.OK, "", &pb.StructuredQuery{From: from, Where: fieldFilter("v", eq, null())}},
		// Which indexes Google creates automatically, and which it does not.
		{"equal and equal", codes.OK, "", &pb.StructuredQuery{From: from, Where: all(fieldFilter("v", eq, num(1)),
			fieldFilter("u", eq, num(1)))}},
		{"contains and equal", codes.OK, "", &pb.StructuredQuery{From: from, Where: all(fieldFilter("v", has, num(1)),
			fieldFilter("u", eq, num(1)))}},
		{"order down", codes.OK, "", &pb.StructuredQuery{From: from, OrderBy: orders("-v")}},
		{"equal and order of the same", codes.OK, "", &pb.StructuredQuery{From: from, Where: fieldFilter("v", eq,
			num(1)), OrderBy: orders("-v")}},
		{"map field", codes.OK, "", &pb.StructuredQuery{From: from, Where: fieldFilter("m.x", gt, num(1))}},
		{"equal and order", codes.FailedPrecondition, "The query requires an index. You can create it here: " +
			"https://console.firebase.google.com/v1/r/project/p/firestore/", &pb.StructuredQuery{From: from,
			Where: fieldFilter("v", eq, num(1)), OrderBy: orders("u")}},
		{"two ranges", codes.FailedPrecondition, "requires an index", &pb.StructuredQuery{From: from,
			Where: all(fieldFilter("v", gt, num(1)), fieldFilter("u", gt, num(1)))}},
		{"two orders", codes.FailedPrecondition, "requires an index", &pb.StructuredQuery{From: from,
			OrderBy: orders("v", "u")}},
		{"contains and order", codes.FailedPrecondition, "requires an index", &pb.StructuredQuery{From: from,
			Where: fieldFilter("v", has, num(1)), OrderBy: orders("u")}},
		{"names down", codes.FailedPrecondition, "requires an index", &pb.StructuredQuery{From: from,
			OrderBy: orders("-__name__")}},
		{"group and equal", codes.FailedPrecondition, "requires an index",
			&pb.StructuredQuery{From: []*pb.StructuredQuery_CollectionSelector{{CollectionId: "c",
				AllDescendants: true}}, Where: fieldFilter("v", eq, num(1))}},
		{"group alone", codes.OK, "",
			&pb.StructuredQuery{From: []*pb.StructuredQuery_CollectionSelector{{CollectionId: "c",
				AllDescendants: true}}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			err := runRaw(testContext(t), raw, root, c.query)
			if status.Code(err) != c.code || err != nil && !strings.Contains(err.Error(), c.words) {
				t.Error(err)
			}
		})
	}
}

func runRaw(ctx context.Context, raw pb.FirestoreClient, parent string, q *pb.StructuredQuery) error {
	stream, err := raw.RunQuery(ctx, &pb.RunQueryRequest{Parent: parent,
		QueryType: &pb.RunQueryRequest_StructuredQuery{StructuredQuery: q}})
	for err == nil {
		_, err = stream.Recv()
	}
	if err.Error() == "EOF" {
		return nil
	}
	return err
}

func TestADatabaseMustExist(t *testing.T) {
	t.Parallel()
	w := newWorld(t, firestore.Options{})
	other := newClient(t, w.conn, "other")
	defer func() { _ = other.Close() }()
	ctx := testContext(t)
	_, getErr := other.Doc("c/d").Get(ctx)
	_, setErr := other.Doc("c/d").Set(ctx, map[string]any{"a": 1})
	_, queryErr := other.Collection("c").Documents(ctx).GetAll()
	_, listErr := other.Collections(ctx).GetAll()
	for _, err := range []error{getErr, setErr, queryErr, listErr} {
		if status.Code(err) != codes.NotFound || !strings.Contains(err.Error(),
			"projects/p/databases/other does not exist") {
			t.Error(err)
		}
	}
	raw := pb.NewFirestoreClient(w.conn)
	if _, err := raw.BeginTransaction(ctx, &pb.BeginTransactionRequest{Database: "garbage"}); status.Code(
		err) != codes.InvalidArgument {
		t.Error(err)
	}
	if _, err := raw.GetDocument(ctx, &pb.GetDocumentRequest{Name: root + "/c/d"}); status.Code(
		err) != codes.Unimplemented {
		t.Error(err)
	}
}
