package gcp

import (
	"context"
	"net"
	"strings"
	"testing"

	"cloud.google.com/go/firestore/apiv1/firestorepb"
	"cloud.google.com/go/kms/apiv1/kmspb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"github.com/tinyoperahouse/toh/internal/platform/gcp/gcptest"
)

func good() Options {
	return Options{Project: "opera-test", FirestoreDatabase: "content", KeysDatabase: "keys"}
}

func TestEveryClientUsesTheGivenConnectionAndLeavesItOpen(t *testing.T) {
	t.Parallel()
	r, o := &gcptest.Recorder{}, good()
	o.Dial = r
	c, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.KMS.Encrypt(t.Context(), &kmspb.EncryptRequest{Name: "x"})
	if status.Code(err) != codes.NotFound {
		t.Fatalf("encrypt: %v", err)
	}
	_, err = c.Firestore.Client.Commit(t.Context(), &firestorepb.CommitRequest{Database: c.Firestore.Name})
	if status.Code(err) != codes.NotFound {
		t.Fatalf("commit: %v", err)
	}
	if got := strings.Join(r.Calls, " "); got != "/google.cloud.kms.v1.KeyManagementService/Encrypt "+
		"/google.firestore.v1.Firestore/Commit" {
		t.Fatalf("calls: %s", got)
	}
	if c.Firestore.Name != "projects/opera-test/databases/content" ||
		c.Keys.Name != "projects/opera-test/databases/keys" {
		t.Fatalf("names: %s, %s", c.Firestore.Name, c.Keys.Name)
	}
	if c.Secrets == nil || c.Logging == nil || c.LogConfig == nil || c.Publisher == nil {
		t.Fatal("a client is missing")
	}
	if err := c.Close(); err != nil || r.Closed {
		t.Fatalf("close: %v, connection closed: %v", err, r.Closed)
	}
	if err := c.Close(); err != nil {
		t.Fatalf("second close: %v", err)
	}
}

func TestRealEndpointsAreRefusedBesideAnEmulatorVariable(t *testing.T) {
	for _, name := range emulatorVariables {
		t.Run(name, func(t *testing.T) {
			t.Setenv(name, "127.0.0.1:1")
			_, err := Open(t.Context(), good())
			if err == nil || !strings.Contains(err.Error(), name) {
				t.Fatalf("got %v", err)
			}
			o := good()
			o.Dial = &gcptest.Recorder{}
			if _, err := Open(t.Context(), o); err != nil {
				t.Fatalf("with a given connection: %v", err)
			}
		})
	}
}

func TestOptionsAreChecked(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*Options){
		"no project":        func(o *Options) { o.Project = "" },
		"project form":      func(o *Options) { o.Project = "a/b" },
		"no database":       func(o *Options) { o.FirestoreDatabase = "" },
		"default database":  func(o *Options) { o.KeysDatabase = "(default)" },
		"one for both":      func(o *Options) { o.KeysDatabase = o.FirestoreDatabase },
		"emulator, no port": func(o *Options) { o.Emulators.Firestore = "localhost" },
	} {
		t.Run(name, func(t *testing.T) {
			o := good()
			o.Dial = &gcptest.Recorder{}
			change(&o)
			if _, err := Open(t.Context(), o); err == nil {
				t.Fatal("accepted")
			}
		})
	}
}

// seen is a Firestore that notes who calls.
type seen struct {
	firestorepb.UnimplementedFirestoreServer
	header chan metadata.MD
}

func (s *seen) Commit(ctx context.Context, _ *firestorepb.CommitRequest) (*firestorepb.CommitResponse, error) {
	md, _ := metadata.FromIncomingContext(ctx)
	s.header <- md
	return &firestorepb.CommitResponse{}, nil
}

func TestAnEmulatorIsReachedInPlaintextOnlyWhenAsked(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server, fake := grpc.NewServer(), &seen{header: make(chan metadata.MD, 1)}
	firestorepb.RegisterFirestoreServer(server, fake)
	go func() { _ = server.Serve(l) }()
	t.Cleanup(server.Stop)
	o := good()
	o.Dial, o.Emulators.Firestore = &gcptest.Recorder{}, l.Addr().String()
	c, err := Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	if _, err := c.Keys.Client.Commit(t.Context(), &firestorepb.CommitRequest{Database: c.Keys.Name}); err != nil {
		t.Fatal(err)
	}
	if got := (<-fake.header).Get("authorization"); len(got) != 1 || got[0] != "Bearer owner" {
		t.Fatalf("authorization: %v", got)
	}
}
