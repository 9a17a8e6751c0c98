package inproc_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"
	"time"

	gcfs "cloud.google.com/go/firestore"
	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	transport "google.golang.org/api/transport/grpc"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/inproc"
	"github.com/tinyoperahouse/toh/internal/test/testclock"
)

var _ transport.ConnPool = (*inproc.Conn)(nil)

// service answers with what its functions say.
type service struct {
	pb.UnimplementedFirestoreServer
	get    func(context.Context, *pb.GetDocumentRequest) (*pb.Document, error)
	query  func(*pb.RunQueryRequest, pb.Firestore_RunQueryServer) error
	listen func(pb.Firestore_ListenServer) error
}

func (s *service) GetDocument(ctx context.Context, r *pb.GetDocumentRequest) (*pb.Document, error) {
	return s.get(ctx, r)
}

func (s *service) RunQuery(r *pb.RunQueryRequest, st pb.Firestore_RunQueryServer) error {
	return s.query(r, st)
}

func (s *service) Listen(st pb.Firestore_ListenServer) error { return s.listen(st) }

func connect(s *service, o inproc.Options) (pb.FirestoreClient, *inproc.Conn) {
	conn := inproc.New(o)
	pb.RegisterFirestoreServer(conn, s)
	return pb.NewFirestoreClient(conn), conn
}

func testContext(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	t.Cleanup(cancel)
	return ctx
}

func text(s string) *pb.Value {
	return &pb.Value{ValueType: &pb.Value_StringValue{StringValue: s}}
}

func TestNeitherSideSeesTheOthersChanges(t *testing.T) {
	t.Parallel()
	kept := &pb.Document{Name: "kept", Fields: map[string]*pb.Value{"a": text("server")}}
	var seen *pb.GetDocumentRequest
	client, _ := connect(&service{
		get: func(_ context.Context, r *pb.GetDocumentRequest) (*pb.Document, error) {
			seen = r
			return kept, nil
		},
		query: func(_ *pb.RunQueryRequest, st pb.Firestore_RunQueryServer) error {
			return st.Send(&pb.RunQueryResponse{Document: kept})
		},
	}, inproc.Options{})
	ctx := testContext(t)
	request := &pb.GetDocumentRequest{Name: "n", Mask: &pb.DocumentMask{FieldPaths: []string{"a"}}}
	doc, err := client.GetDocument(ctx, request)
	if err != nil {
		t.Fatal(err)
	}
	doc.Fields["a"] = text("client")
	request.Mask.FieldPaths[0] = "client"
	stream, err := client.RunQuery(ctx, &pb.RunQueryRequest{})
	if err != nil {
		t.Fatal(err)
	}
	got, err := stream.Recv()
	if err != nil {
		t.Fatal(err)
	}
	got.Document.Fields["a"] = text("client")
	if kept.Fields["a"].GetStringValue() != "server" {
		t.Error("the client changed the server's document")
	}
	if seen.Mask.FieldPaths[0] != "a" {
		t.Error("the client changed the request after it was sent")
	}
}

func TestServerSeesMetadataAndDeadlineButNoValues(t *testing.T) {
	t.Parallel()
	type key struct{}
	client, _ := connect(&service{get: func(ctx context.Context, _ *pb.GetDocumentRequest) (*pb.Document, error) {
		md, _ := metadata.FromIncomingContext(ctx)
		if strings.Join(md.Get("x-test"), ",") != "1,2" {
			t.Errorf("metadata %v", md)
		}
		if _, ok := metadata.FromOutgoingContext(ctx); ok {
			t.Error("outgoing metadata would go on to the next service")
		}
		if ctx.Value(key{}) != nil {
			t.Error("a value of the caller came through")
		}
		if _, ok := ctx.Deadline(); !ok {
			t.Error("no deadline")
		}
		return &pb.Document{}, nil
	}}, inproc.Options{})
	ctx := metadata.AppendToOutgoingContext(context.WithValue(testContext(t), key{}, 1), "x-test", "1", "x-test", "2")
	var header, trailer metadata.MD
	if _, err := client.GetDocument(ctx, &pb.GetDocumentRequest{}, grpc.Header(&header),
		grpc.Trailer(&trailer)); err != nil {
		t.Fatal(err)
	}
	if header == nil || trailer == nil {
		t.Error("header and trailer stay nil")
	}
}

func TestErrorsHaveTheCodeOfARealConnection(t *testing.T) {
	t.Parallel()
	var fail error
	panics := ""
	client, conn := connect(&service{
		get: func(context.Context, *pb.GetDocumentRequest) (*pb.Document, error) {
			if fail == nil {
				panic("secret")
			}
			return nil, fail
		},
		query: func(*pb.RunQueryRequest, pb.Firestore_RunQueryServer) error { panic("secret") },
	}, inproc.Options{OnPanic: func(m string, v any, stack []byte) { panics += m + " " + v.(string) + ";" }})
	ctx := testContext(t)
	for _, c := range []struct {
		fail error
		code codes.Code
	}{
		{status.Error(codes.NotFound, "x"), codes.NotFound},
		{context.DeadlineExceeded, codes.DeadlineExceeded},
		{context.Canceled, codes.Canceled},
		{fmt.Errorf("while reading: %w", status.Error(codes.NotFound, "x")), codes.NotFound},
		{errors.Join(errors.New("while reading"), context.Canceled), codes.Canceled},
		{errors.New("boom"), codes.Unknown},
		{nil, codes.Internal},
	} {
		fail = c.fail
		_, err := client.GetDocument(ctx, &pb.GetDocumentRequest{})
		if status.Code(err) != c.code || strings.Contains(err.Error(), "secret") ||
			strings.Count(err.Error(), "rpc error") != 1 {
			t.Errorf("%v: got %v", c.fail, err)
		}
	}
	stream, err := client.RunQuery(ctx, &pb.RunQueryRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Recv(); status.Code(err) != codes.Internal || strings.Contains(err.Error(), "secret") {
		t.Errorf("panic in a stream: %v", err)
	}
	if panics != "/google.firestore.v1.Firestore/GetDocument secret;/google.firestore.v1.Firestore/RunQuery secret;" {
		t.Errorf("panics reported: %s", panics)
	}
	for _, method := range []string{"/google.firestore.v1.Firestore/Nothing", "/other.Service/Get", "nonsense"} {
		if err := conn.Invoke(ctx, method, &emptypb.Empty{}, &emptypb.Empty{}); status.Code(
			err) != codes.Unimplemented {
			t.Errorf("%s: %v", method, err)
		}
		if _, err := conn.NewStream(ctx, nil, method); status.Code(err) != codes.Unimplemented {
			t.Errorf("%s: %v", method, err)
		}
	}
	if _, err := client.Commit(ctx, &pb.CommitRequest{}); status.Code(err) != codes.Unimplemented {
		t.Errorf("unimplemented method: %v", err)
	}
	if err := conn.Invoke(ctx, pb.Firestore_GetDocument_FullMethodName, &emptypb.Empty{},
		&pb.Document{}); status.Code(err) != codes.Internal {
		t.Errorf("wrong kind of message: %v", err)
	}
}

func TestStreamEndsAfterItsMessages(t *testing.T) {
	t.Parallel()
	client, _ := connect(&service{query: func(_ *pb.RunQueryRequest, st pb.Firestore_RunQueryServer) error {
		for i := range 100 {
			if err := st.Send(&pb.RunQueryResponse{SkippedResults: int32(i)}); err != nil {
				return err
			}
		}
		return status.Error(codes.Aborted, "at the end")
	}}, inproc.Options{})
	stream, err := client.RunQuery(testContext(t), &pb.RunQueryRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 100 {
		r, err := stream.Recv()
		if err != nil || r.SkippedResults != int32(i) {
			t.Fatal(i, r, err)
		}
	}
	for range 2 {
		if _, err := stream.Recv(); status.Code(err) != codes.Aborted {
			t.Fatal(err)
		}
	}
}

func TestBothSidesTalk(t *testing.T) {
	t.Parallel()
	client, _ := connect(&service{listen: func(st pb.Firestore_ListenServer) error {
		for {
			r, err := st.Recv()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				return err
			}
			if err := st.Send(&pb.ListenResponse{ResponseType: &pb.ListenResponse_DocumentDelete{
				DocumentDelete: &pb.DocumentDelete{Document: r.Database}}}); err != nil {
				return err
			}
		}
	}}, inproc.Options{})
	stream, err := client.Listen(testContext(t))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a", "b", "c"} {
		if err := stream.Send(&pb.ListenRequest{Database: name}); err != nil {
			t.Fatal(err)
		}
		if r, err := stream.Recv(); err != nil || r.GetDocumentDelete().GetDocument() != name {
			t.Fatal(r, err)
		}
	}
	if err := stream.CloseSend(); err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Recv(); !errors.Is(err, io.EOF) {
		t.Fatal(err)
	}
}

func TestCancelEndsBothSides(t *testing.T) {
	t.Parallel()
	ended := make(chan error, 2)
	client, _ := connect(&service{
		query: func(_ *pb.RunQueryRequest, st pb.Firestore_RunQueryServer) error {
			for {
				if err := st.Send(&pb.RunQueryResponse{}); err != nil {
					ended <- err
					return err
				}
			}
		},
		get: func(ctx context.Context, _ *pb.GetDocumentRequest) (*pb.Document, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		},
	}, inproc.Options{})
	ctx, cancel := context.WithCancel(testContext(t))
	stream, err := client.RunQuery(ctx, &pb.RunQueryRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Recv(); err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := <-ended; status.Code(err) != codes.Canceled {
		t.Errorf("server: %v", err)
	}
	for err = nil; err == nil; {
		_, err = stream.Recv()
	}
	if status.Code(err) != codes.Canceled {
		t.Errorf("client: %v", err)
	}
	short, stop := context.WithTimeout(testContext(t), time.Millisecond)
	defer stop()
	if _, err := client.GetDocument(short, &pb.GetDocumentRequest{}); status.Code(err) != codes.DeadlineExceeded {
		t.Errorf("deadline: %v", err)
	}
	if _, err := client.GetDocument(ctx, &pb.GetDocumentRequest{}); status.Code(err) != codes.Canceled {
		t.Errorf("cancelled before: %v", err)
	}
}

func TestInterceptorComesFirstAndCallsAreCounted(t *testing.T) {
	t.Parallel()
	refuse := status.Error(codes.Unavailable, "refused")
	reached := false
	client, conn := connect(&service{get: func(context.Context, *pb.GetDocumentRequest) (*pb.Document, error) {
		reached = true
		return &pb.Document{}, nil
	}}, inproc.Options{Intercept: func(_ context.Context, method string) error {
		if method != pb.Firestore_GetDocument_FullMethodName && method != pb.Firestore_RunQuery_FullMethodName {
			t.Errorf("method %s", method)
		}
		return refuse
	}})
	ctx := testContext(t)
	if _, err := client.GetDocument(ctx, &pb.GetDocumentRequest{}); status.Code(err) != codes.Unavailable || reached {
		t.Fatal(err, reached)
	}
	if _, err := client.RunQuery(ctx, &pb.RunQueryRequest{}); status.Code(err) != codes.Unavailable {
		t.Fatal(err)
	}
	refuse = nil
	if _, err := client.GetDocument(ctx, &pb.GetDocumentRequest{}); err != nil || !reached {
		t.Fatal(err, reached)
	}
	calls := conn.Calls()
	if len(calls) != 2 || calls["/google.firestore.v1.Firestore/GetDocument"] != 2 ||
		calls["/google.firestore.v1.Firestore/RunQuery"] != 1 {
		t.Errorf("calls %v", calls)
	}
}

func TestShutdownWaitsForCallsAndRefusesNewOnes(t *testing.T) {
	t.Parallel()
	inside, leave := make(chan struct{}), make(chan struct{})
	client, conn := connect(&service{
		get: func(context.Context, *pb.GetDocumentRequest) (*pb.Document, error) {
			close(inside)
			<-leave
			return &pb.Document{}, nil
		},
		query: func(*pb.RunQueryRequest, pb.Firestore_RunQueryServer) error { return nil },
	}, inproc.Options{})
	ctx := testContext(t)
	var wg sync.WaitGroup
	wg.Go(func() {
		if _, err := client.GetDocument(ctx, &pb.GetDocumentRequest{}); err != nil {
			t.Error(err)
		}
	})
	<-inside
	short, stop := context.WithTimeout(ctx, time.Millisecond)
	defer stop()
	if err := conn.Shutdown(short); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("shut down while a call runs: %v", err)
	}
	if _, err := client.GetDocument(ctx, &pb.GetDocumentRequest{}); status.Code(err) != codes.Unavailable {
		t.Errorf("call after shutdown: %v", err)
	}
	stream, err := client.RunQuery(ctx, &pb.RunQueryRequest{})
	if err == nil {
		_, err = stream.Recv()
	}
	if status.Code(err) != codes.Unavailable {
		t.Errorf("stream after shutdown: %v", err)
	}
	close(leave)
	wg.Wait()
	if err := conn.Shutdown(ctx); err != nil {
		t.Error(err)
	}
}

// mapServer has one document, the smallest service that the official client can read from.
type mapServer struct {
	pb.UnimplementedFirestoreServer
}

func (mapServer) FreshMessages() {}

func (mapServer) BatchGetDocuments(r *pb.BatchGetDocumentsRequest, st pb.Firestore_BatchGetDocumentsServer) error {
	at := timestamppb.New(testclock.Now())
	doc := &pb.Document{Name: r.Documents[0], CreateTime: at, UpdateTime: at,
		Fields: map[string]*pb.Value{"a": text("x")}}
	return st.Send(&pb.BatchGetDocumentsResponse{ReadTime: at, Result: &pb.BatchGetDocumentsResponse_Found{Found: doc}})
}

func BenchmarkGetThroughOfficialClient(b *testing.B) {
	conn := inproc.New(inproc.Options{})
	pb.RegisterFirestoreServer(conn, mapServer{})
	client, err := gcfs.NewClient(context.Background(), "p", transport.WithConnPool(conn))
	if err != nil {
		b.Fatal(err)
	}
	doc := client.Doc("c/d")
	b.ReportAllocs()
	for b.Loop() {
		if _, err := doc.Get(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
}
