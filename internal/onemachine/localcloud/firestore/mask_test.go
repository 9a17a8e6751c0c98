package firestore

import (
	"testing"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
	"pgregory.net/rapid"

	"github.com/tinyoperahouse/toh/internal/test/testclock"
)

// TestMaskIsProjection compares decoding only what a mask names with decoding everything and dropping the rest.
func TestMaskIsProjection(t *testing.T) {
	t.Parallel()
	field := rapid.SampledFrom([]string{"a", "b", "words", "", "__name__", "`x y`", "m.n"})
	rapid.Check(t, func(t *rapid.T) {
		doc := &pb.Document{Name: "projects/p/databases/d/documents/c/x", CreateTime: timestamppb.New(testclock.Now()),
			Fields: map[string]*pb.Value{}}
		for _, name := range rapid.SliceOf(rapid.SampledFrom([]string{"a", "b", "words", "x y", "m", ""})).Draw(t,
			"fields") {
			list := &pb.ArrayValue{}
			for _, n := range rapid.SliceOfN(rapid.Int64(), 0, 5).Draw(t, "list") {
				list.Values = append(list.Values, &pb.Value{ValueType: &pb.Value_IntegerValue{IntegerValue: n}})
			}
			doc.Fields[name] = &pb.Value{ValueType: &pb.Value_ArrayValue{ArrayValue: list}}
		}
		raw, err := proto.Marshal(doc)
		if err != nil {
			t.Fatal(err)
		}
		var paths []string
		for _, p := range rapid.SliceOf(field).Draw(t, "mask") {
			if p != "" {
				paths = append(paths, p)
			}
		}
		m, err := parseMask(&pb.DocumentMask{FieldPaths: paths})
		if err != nil {
			if status.Code(err) != codes.InvalidArgument {
				t.Fatal(err)
			}
			return
		}
		got, err := m.decode(raw)
		if err != nil {
			t.Fatal(err)
		}
		if m.project(doc); !proto.Equal(got, doc) {
			t.Fatalf("%v: %v, not %v", paths, got, doc)
		}
	})
}

func TestMaskRefusesWhatIsBroken(t *testing.T) {
	t.Parallel()
	doc := &pb.Document{Name: "n",
		Fields: map[string]*pb.Value{"a": {ValueType: &pb.Value_StringValue{StringValue: "text"}}}}
	raw, err := proto.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	m, err := parseMask(&pb.DocumentMask{FieldPaths: []string{"a"}})
	if err != nil {
		t.Fatal(err)
	}
	for n := range raw {
		if _, err := m.decode(raw[:n]); err == nil && n > 0 && proto.Unmarshal(raw[:n], &pb.Document{}) != nil {
			t.Errorf("%d of %d bytes are read", n, len(raw))
		}
	}
}
