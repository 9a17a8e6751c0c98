package gcp

import (
	"context"
	"net"
	"slices"
	"testing"

	firestore "cloud.google.com/go/firestore/apiv1"
	"cloud.google.com/go/firestore/apiv1/firestorepb"
	"cloud.google.com/go/kms/apiv1/kmspb"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"github.com/tinyoperahouse/toh/internal/platform/gcp/gcptest"
)

// watch records every call.
func watch(calls *[]string) Watch {
	return Watch{
		Unary: func(ctx context.Context, method string, args, reply any, conn *grpc.ClientConn,
			invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
			err := invoke(ctx, method, args, reply, conn, opts...)
			*calls = append(*calls, method+" "+status.Code(err).String())
			return err
		},
		Stream: func(ctx context.Context, desc *grpc.StreamDesc, conn *grpc.ClientConn, method string,
			open grpc.Streamer, opts ...grpc.CallOption) (grpc.ClientStream, error) {
			s, err := open(ctx, desc, conn, method, opts...)
			*calls = append(*calls, method)
			return s, err
		},
	}
}

func TestGivenConnectionIsWatched(t *testing.T) {
	t.Parallel()
	var seen []string
	r, o := &gcptest.Recorder{}, good()
	o.Dial, o.Watch = r, watch(&seen)
	c, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = c.KMS.Encrypt(t.Context(), &kmspb.EncryptRequest{Name: "x"})
	_, err = c.Firestore.Client.RunQuery(t.Context(), &firestorepb.RunQueryRequest{Parent: "x"})
	if status.Code(err) != codes.NotFound {
		t.Errorf("the answer is another one: %v", err)
	}
	want := []string{"/google.cloud.kms.v1.KeyManagementService/Encrypt NotFound",
		"/google.firestore.v1.Firestore/RunQuery"}
	if !slices.Equal(seen, want) || len(r.Calls) != 2 {
		t.Errorf("seen %q", seen)
	}
}

// TestOpenedConnectionIsWatched tests the options for Google's endpoints on a server on this machine.
func TestOpenedConnectionIsWatched(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := grpc.NewServer()
	firestorepb.RegisterFirestoreServer(server, firestorepb.UnimplementedFirestoreServer{})
	go func() { _ = server.Serve(ln) }()
	defer server.Stop()
	var seen []string
	client, err := firestore.NewClient(t.Context(), append(watch(&seen).dial(), option.WithEndpoint(ln.Addr().String()),
		option.WithoutAuthentication(),
		option.WithGRPCDialOption(grpc.WithTransportCredentials(insecure.NewCredentials())))...)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	if err := client.Rollback(t.Context(), &firestorepb.RollbackRequest{}); status.Code(err) != codes.Unimplemented {
		t.Fatal(err)
	}
	if !slices.Equal(seen, []string{"/google.firestore.v1.Firestore/Rollback Unimplemented"}) {
		t.Errorf("seen %q", seen)
	}
}
