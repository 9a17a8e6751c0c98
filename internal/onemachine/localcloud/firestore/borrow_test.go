package firestore_test

import (
	"context"
	"strings"
	"testing"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	transport "google.golang.org/api/transport/grpc"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/firestore"
)

// lender checks half of the server's promise: requests are lent to it, so it must not change them. Every request of
// every test is compared after the call.
type lender struct {
	transport.ConnPool
	t testing.TB
}

// Invoke lends one request.
func (l lender) Invoke(ctx context.Context, method string, args, reply any, opts ...grpc.CallOption) error {
	request := args.(proto.Message)
	before := proto.Clone(request)
	err := l.ConnPool.Invoke(ctx, method, args, reply, opts...)
	l.returned(method, before, request)
	return err
}

// NewStream lends the request of a stream.
func (l lender) NewStream(ctx context.Context, desc *grpc.StreamDesc, method string,
	opts ...grpc.CallOption) (grpc.ClientStream, error) {
	stream, err := l.ConnPool.NewStream(ctx, desc, method, opts...)
	if err != nil || desc.ClientStreams {
		return stream, err
	}
	return &lentStream{ClientStream: stream, lender: l, method: method}, nil
}

type lentStream struct {
	grpc.ClientStream
	lender          lender
	method          string
	before, request proto.Message
}

func (s *lentStream) SendMsg(m any) error {
	s.request = m.(proto.Message)
	s.before = proto.Clone(s.request)
	return s.ClientStream.SendMsg(m)
}

func (s *lentStream) RecvMsg(m any) error {
	err := s.ClientStream.RecvMsg(m)
	if err != nil {
		s.lender.returned(s.method, s.before, s.request)
	}
	return err
}

func (l lender) returned(method string, before, request proto.Message) {
	if !proto.Equal(before, request) {
		l.t.Errorf("%s changed its request: %v, now %v", method, before, request)
	}
}

// TestNothingOfARequestIsKept overwrites the request once the answer has arrived: what is stored stays as it was.
func TestNothingOfARequestIsKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t, firestore.Options{})
	ctx := testContext(t)
	name := database + "/documents/c/d"
	client := pb.NewFirestoreClient(w.conn)
	read := func() *pb.Document {
		stream, err := client.BatchGetDocuments(ctx, &pb.BatchGetDocumentsRequest{Database: database,
			Documents: []string{name}})
		if err != nil {
			t.Fatal(err)
		}
		m, err := stream.Recv()
		if err != nil {
			t.Fatal(err)
		}
		return m.GetFound()
	}
	text := func(s string) *pb.Value { return &pb.Value{ValueType: &pb.Value_StringValue{StringValue: s}} }
	request := &pb.CommitRequest{Database: database,
		Writes: []*pb.Write{{Operation: &pb.Write_Update{Update: &pb.Document{
			Name: name, Fields: map[string]*pb.Value{
				"text": text("kept"), "bytes": {ValueType: &pb.Value_BytesValue{BytesValue: []byte("kept")}},
				"list": {ValueType: &pb.Value_ArrayValue{ArrayValue: &pb.ArrayValue{
					Values: []*pb.Value{text("kept")}}}},
			},
		}}, UpdateTransforms: []*pb.DocumentTransform_FieldTransform{{
			FieldPath: "more", TransformType: &pb.DocumentTransform_FieldTransform_AppendMissingElements{
				AppendMissingElements: &pb.ArrayValue{Values: []*pb.Value{text("kept")}}},
		}},
		}}}
	if _, err := client.Commit(ctx, request); err != nil {
		t.Fatal(err)
	}
	before := read()
	spoil(request.ProtoReflect())
	if after := read(); !proto.Equal(before, after) {
		t.Errorf("stored %v, now %v", before, after)
	}
	if s := before.String(); strings.Contains(s, "spoilt") || strings.Count(s, "kept") != 4 {
		t.Errorf("stored %s", s)
	}
}

// spoil changes every text, number and byte slice of a message in place.
func spoil(m protoreflect.Message) {
	m.Range(func(f protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		switch {
		case f.IsMap():
			v.Map().Range(func(_ protoreflect.MapKey, e protoreflect.Value) bool {
				if f.MapValue().Message() != nil {
					spoil(e.Message())
				}
				return true
			})
		case f.IsList() && f.Message() != nil:
			for i := range v.List().Len() {
				spoil(v.List().Get(i).Message())
			}
		case f.IsList() && f.Kind() == protoreflect.StringKind:
			for i := range v.List().Len() {
				v.List().Set(i, protoreflect.ValueOfString("spoilt"))
			}
		case f.IsList():
		case f.Message() != nil:
			spoil(v.Message())
		case f.Kind() == protoreflect.StringKind:
			m.Set(f, protoreflect.ValueOfString("spoilt"))
		case f.Kind() == protoreflect.Int64Kind:
			m.Set(f, protoreflect.ValueOfInt64(v.Int()+1))
		case f.Kind() == protoreflect.BytesKind:
			clear(v.Bytes())
		}
		return true
	})
}
