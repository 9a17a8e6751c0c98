package serve_test

import (
	"context"
	"io"
	"log/slog"
	"testing"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/tinyoperahouse/toh/internal/onemachine/local/serve"
)

// TestGoogleToolsReachTheCloud asks the cloud's own address for a topic that the first start made.
func TestGoogleToolsReachTheCloud(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	defer stop()
	installation, err := serve.Open(ctx, serve.Options{
		Addr: "127.0.0.1:0", Dir: t.TempDir(), Cloud: "127.0.0.1:0", CheapPasswords: true,
		Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- installation.Run(ctx) }()
	conn, err := grpc.NewClient("passthrough:///"+installation.CloudAddr(),
		grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	got, err := pubsubpb.NewPublisherClient(conn).GetTopic(t.Context(),
		&pubsubpb.GetTopicRequest{Topic: installation.Config.TopicName()}, grpc.WaitForReady(true))
	if err != nil || got.Name != installation.Config.TopicName() {
		t.Errorf("%v %v", got, err)
	}
	stop()
	if err := <-done; err != nil {
		t.Errorf("did not end in order: %v", err)
	}
	if _, err := serve.Open(t.Context(), serve.Options{Addr: "127.0.0.1:0", Dir: t.TempDir(),
		Cloud: "0.0.0.0:0"}); err == nil {
		t.Error("the cloud listens where others reach it")
	}
}
