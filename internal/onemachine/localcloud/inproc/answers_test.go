package inproc_test

import (
	"context"
	"errors"
	"io"
	"testing"

	pb "cloud.google.com/go/firestore/apiv1/firestorepb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/inproc"
)

// fresh is a service that makes both promises.
type fresh struct{ *service }

func (fresh) FreshMessages()    {}
func (fresh) BorrowedRequests() {}

func connectFresh(query func(*pb.RunQueryRequest, pb.Firestore_RunQueryServer) error) (pb.FirestoreClient,
	*inproc.Conn) {
	conn := inproc.New(inproc.Options{})
	pb.RegisterFirestoreServer(conn, fresh{&service{query: query}})
	return pb.NewFirestoreClient(conn), conn
}

func TestFreshAnswersComeInOrderThenTheEnd(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]error{"well": nil, "badly": status.Error(codes.Aborted, "at the end")} {
		client, _ := connectFresh(func(r *pb.RunQueryRequest, st pb.Firestore_RunQueryServer) error {
			md, _ := metadata.FromIncomingContext(st.Context())
			if _, out := metadata.FromOutgoingContext(st.Context()); out || len(md.Get("x-test")) != 1 {
				t.Errorf("metadata %v", md)
			}
			if err := st.RecvMsg(&pb.RunQueryRequest{}); !errors.Is(err, io.EOF) {
				t.Errorf("a second request: %v", err)
			}
			for i := range 3 {
				if err := st.Send(&pb.RunQueryResponse{SkippedResults: int32(i),
					Document: &pb.Document{Name: r.Parent}}); err != nil {
					return err
				}
			}
			return end
		})
		ctx := metadata.AppendToOutgoingContext(testContext(t), "x-test", "1")
		stream, err := client.RunQuery(ctx, &pb.RunQueryRequest{Parent: "p"})
		if err != nil {
			t.Fatal(err)
		}
		for i := range 3 {
			if r, err := stream.Recv(); err != nil || r.SkippedResults != int32(i) || r.Document.Name != "p" {
				t.Fatalf("%s: %d: %v %v", name, i, r, err)
			}
		}
		for range 2 {
			if _, err := stream.Recv(); end == nil && !errors.Is(err, io.EOF) || end != nil &&
				status.Code(err) != codes.Aborted {
				t.Fatalf("%s: %v", name, err)
			}
		}
	}
}

func TestFreshAnswersEndWithTheCaller(t *testing.T) {
	t.Parallel()
	var cancel context.CancelFunc
	client, conn := connectFresh(func(_ *pb.RunQueryRequest, st pb.Firestore_RunQueryServer) error {
		if err := st.Send(&pb.RunQueryResponse{}); err != nil {
			return err
		}
		cancel()
		<-st.Context().Done()
		return st.Send(&pb.RunQueryResponse{})
	})
	ctx, stop := context.WithCancel(testContext(t))
	cancel = stop
	stream, err := client.RunQuery(ctx, &pb.RunQueryRequest{})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := stream.Recv(); status.Code(err) != codes.Canceled {
			t.Errorf("%v", err)
		}
	}
	if err := conn.Shutdown(testContext(t)); err != nil {
		t.Error(err)
	}
	stream, err = client.RunQuery(testContext(t), &pb.RunQueryRequest{})
	if err == nil {
		_, err = stream.Recv()
	}
	if status.Code(err) != codes.Unavailable {
		t.Errorf("after shutdown: %v", err)
	}
}

func TestFreshPanicIsInternal(t *testing.T) {
	t.Parallel()
	client, _ := connectFresh(func(*pb.RunQueryRequest, pb.Firestore_RunQueryServer) error { panic("secret") })
	stream, err := client.RunQuery(testContext(t), &pb.RunQueryRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Recv(); status.Code(err) != codes.Internal {
		t.Errorf("%v", err)
	}
}
