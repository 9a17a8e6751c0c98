package localcloud_test

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/firestore"
	kmsapi "cloud.google.com/go/kms/apiv1"
	"cloud.google.com/go/kms/apiv1/kmspb"
	logapi "cloud.google.com/go/logging/apiv2"
	"cloud.google.com/go/logging/apiv2/loggingpb"
	psapi "cloud.google.com/go/pubsub/v2/apiv1"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	smapi "cloud.google.com/go/secretmanager/apiv1"
	"cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"
	mrpb "google.golang.org/genproto/googleapis/api/monitoredres"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/kv"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table/tabletest"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/vault"
	"github.com/tinyoperahouse/toh/internal/test/testclock"
)

const (
	ring    = "projects/p/locations/l/keyRings/r"
	theTask = "projects/p/topics/tasks"
	secret  = "not to be found on the disk"
)

func open(t *testing.T, o localcloud.Options) *localcloud.Cloud {
	t.Helper()
	if o.Dir == "" {
		o.Dir = filepath.Join(t.TempDir(), "data")
	}
	c, err := localcloud.Open(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// use calls every service once through Google's clients, and reads back what an earlier use left.
func use(t *testing.T, c *localcloud.Cloud, again bool) {
	t.Helper()
	ctx, opts := t.Context(), tabletest.ClientOptions(c.Conn())
	keys := must[*kmsapi.KeyManagementClient](t)(kmsapi.NewKeyManagementClient(ctx, opts...))
	secrets := must[*smapi.Client](t)(smapi.NewClient(ctx, opts...))
	logs := must[*logapi.Client](t)(logapi.NewClient(ctx, opts...))
	topics := must[*psapi.TopicAdminClient](t)(psapi.NewTopicAdminClient(ctx, opts...))
	if err := c.Firestore().EnsureDatabase("p", "content"); err != nil {
		t.Fatal(err)
	}
	docs := must[*firestore.Client](t)(firestore.NewClientWithDatabase(ctx, "p", "content", opts...))
	doc := docs.Collection("c").Doc("d")
	if !again {
		must[*kmspb.KeyRing](t)(keys.CreateKeyRing(ctx, &kmspb.CreateKeyRingRequest{Parent: "projects/p/locations/l",
			KeyRingId: "r"}))
		must[*kmspb.CryptoKey](t)(keys.CreateCryptoKey(ctx, &kmspb.CreateCryptoKeyRequest{Parent: ring,
			CryptoKeyId: "k", CryptoKey: &kmspb.CryptoKey{Purpose: kmspb.CryptoKey_ENCRYPT_DECRYPT}}))
		must[*secretmanagerpb.Secret](t)(secrets.CreateSecret(ctx,
			&secretmanagerpb.CreateSecretRequest{Parent: "projects/p", SecretId: "s", Secret: &secretmanagerpb.Secret{
				Replication: &secretmanagerpb.Replication{Replication: &secretmanagerpb.Replication_Automatic_{
					Automatic: &secretmanagerpb.Replication_Automatic{}}},
			}}))
		must[*secretmanagerpb.SecretVersion](t)(secrets.AddSecretVersion(ctx,
			&secretmanagerpb.AddSecretVersionRequest{Parent: "projects/p/secrets/s",
				Payload: &secretmanagerpb.SecretPayload{Data: []byte(secret)}}))
		must[*pubsubpb.Topic](t)(topics.CreateTopic(ctx, &pubsubpb.Topic{Name: theTask}))
		must[*loggingpb.WriteLogEntriesResponse](t)(logs.WriteLogEntries(ctx,
			&loggingpb.WriteLogEntriesRequest{Entries: []*loggingpb.LogEntry{{
				LogName: "projects/p/logs/l", InsertId: "i", Resource: &mrpb.MonitoredResource{Type: "global"},
				Payload: &loggingpb.LogEntry_TextPayload{TextPayload: "x"},
			}}}))
		must[*firestore.WriteResult](t)(doc.Create(ctx, map[string]any{"n": 1}))
	}
	must[*kmspb.EncryptResponse](t)(keys.Encrypt(ctx, &kmspb.EncryptRequest{Name: ring + "/cryptoKeys/k",
		Plaintext: []byte("x")}))
	got := must[*secretmanagerpb.AccessSecretVersionResponse](t)(secrets.AccessSecretVersion(ctx,
		&secretmanagerpb.AccessSecretVersionRequest{Name: "projects/p/secrets/s/versions/latest"}))
	if string(got.GetPayload().GetData()) != secret {
		t.Errorf("secret %q", got.GetPayload().GetData())
	}
	entry, err := logs.ListLogEntries(ctx, &loggingpb.ListLogEntriesRequest{ResourceNames: []string{"projects/p"}}).
		Next()
	if err != nil || entry.GetInsertId() != "i" {
		t.Errorf("log entry %v, %v", entry, err)
	}
	must[*pubsubpb.Topic](t)(topics.GetTopic(ctx, &pubsubpb.GetTopicRequest{Topic: theTask}))
	if snapshot := must[*firestore.DocumentSnapshot](t)(doc.Get(ctx)); snapshot.Data()["n"] != int64(1) {
		t.Errorf("document %v", snapshot.Data())
	}
}

func TestEverythingIsThereAfterReopening(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "a", "data")
	c := open(t, localcloud.Options{Dir: dir})
	use(t, c, false)
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if err := c.Close(); err != nil {
		t.Errorf("second Close: %v", err)
	}
	use(t, open(t, localcloud.Options{Dir: dir}), true)
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		if bytes.Contains(raw, []byte(secret)) {
			t.Errorf("%s holds a secret in the clear", path)
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

func TestTheFolderBelongsToOne(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	c := open(t, localcloud.Options{Dir: dir})
	for path, want := range map[string]fs.FileMode{dir: 0o700, filepath.Join(dir, "master.key"): 0o600} {
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v; want %v", path, info.Mode(), err, want)
		}
	}
	if _, err := localcloud.Open(t.Context(), localcloud.Options{Dir: dir}); !errors.Is(err, kv.ErrInUse) {
		t.Errorf("second Open: %v, want ErrInUse", err)
	}
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(dir, "master.key"), filepath.Join(dir, "elsewhere")); err != nil {
		t.Fatal(err)
	}
	if _, err := localcloud.Open(t.Context(), localcloud.Options{Dir: dir}); !errors.Is(err, vault.ErrKeyMissing) {
		t.Errorf("without key: %v, want ErrKeyMissing", err)
	}
	if err := os.Rename(filepath.Join(dir, "elsewhere"), filepath.Join(dir, "master.key")); err != nil {
		t.Fatal(err)
	}
	open(t, localcloud.Options{Dir: dir})
}

func TestInterceptAndWhatIsNotServed(t *testing.T) {
	t.Parallel()
	boom := false
	c := open(t, localcloud.Options{Intercept: func(_ context.Context, method string) error {
		if boom && strings.HasPrefix(method, "/google.cloud.kms.") {
			return status.Error(codes.Unavailable, "down")
		}
		return nil
	}})
	use(t, c, false)
	boom = true
	keys := must[*kmsapi.KeyManagementClient](t)(kmsapi.NewKeyManagementClient(t.Context(),
		tabletest.ClientOptions(c.Conn())...))
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := keys.Encrypt(ctx, &kmspb.EncryptRequest{Name: ring + "/cryptoKeys/k"}); err == nil {
		t.Error("the interceptor was not asked")
	}
	sub := pubsubpb.NewSubscriberClient(c.Conn())
	stream, err := sub.StreamingPull(t.Context())
	if err == nil {
		_, err = stream.Recv()
	}
	if status.Code(err) != codes.Unimplemented {
		t.Errorf("StreamingPull: %v, want Unimplemented", err)
	}
}

func TestServeOnLoopback(t *testing.T) {
	t.Parallel()
	c := open(t, localcloud.Options{})
	use(t, c, false)
	l := must[net.Listener](t)(net.Listen("tcp", "127.0.0.1:0"))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- c.Serve(ctx, l) }()
	conn := must[*grpc.ClientConn](t)(grpc.NewClient(l.Addr().String(),
		grpc.WithTransportCredentials(insecure.NewCredentials())))
	defer func() { _ = conn.Close() }()
	got, err := kmspb.NewKeyManagementServiceClient(conn).GetKeyRing(t.Context(), &kmspb.GetKeyRingRequest{Name: ring})
	if err != nil || got.GetName() != ring {
		t.Errorf("over the network: %v, %v", got, err)
	}
	cancel()
	if err := <-done; err != nil {
		t.Errorf("Serve = %v", err)
	}
	everywhere := must[net.Listener](t)(net.Listen("tcp", "0.0.0.0:0"))
	defer func() { _ = everywhere.Close() }()
	if err := c.Serve(t.Context(), everywhere); err == nil {
		t.Error("serves everybody")
	}
}

func TestStartPushesAndCloseEndsIt(t *testing.T) {
	t.Parallel()
	c := open(t, localcloud.Options{})
	use(t, c, false)
	if err := c.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := c.Start(t.Context()); err == nil {
		t.Error("starts twice")
	}
	got := make(chan string, 10)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { got <- r.URL.Path }))
	defer server.Close()
	opts := tabletest.ClientOptions(c.Conn())
	subs := must[*psapi.SubscriptionAdminClient](t)(psapi.NewSubscriptionAdminClient(t.Context(), opts...))
	topics := must[*psapi.TopicAdminClient](t)(psapi.NewTopicAdminClient(t.Context(), opts...))
	must[*pubsubpb.Subscription](t)(subs.CreateSubscription(t.Context(), &pubsubpb.Subscription{
		Name: "projects/p/subscriptions/sub", Topic: theTask,
		PushConfig: &pubsubpb.PushConfig{PushEndpoint: server.URL + "/push"},
	}))
	must[*pubsubpb.PublishResponse](t)(topics.Publish(t.Context(), &pubsubpb.PublishRequest{Topic: theTask,
		Messages: []*pubsubpb.PubsubMessage{{Data: []byte("x")}}}))
	select {
	case path := <-got:
		if path != "/push" {
			t.Errorf("pushed to %s", path)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("nothing was pushed")
	}
	if err := c.Sweep(t.Context()); err != nil {
		t.Error(err)
	}
	if err := c.Close(); err != nil {
		t.Error(err)
	}
	if err := c.Start(t.Context()); !errors.Is(err, localcloud.ErrClosed) {
		t.Errorf("Start after Close: %v", err)
	}
	l := must[net.Listener](t)(net.Listen("tcp", "127.0.0.1:0"))
	defer func() { _ = l.Close() }()
	if err := c.Serve(t.Context(), l); !errors.Is(err, localcloud.ErrClosed) {
		t.Errorf("Serve after Close: %v", err)
	}
}

func TestOpeningIsFast(t *testing.T) {
	begin := testclock.Start()
	open(t, localcloud.Options{})
	took := begin.Elapsed()
	t.Logf("first start took %s", took)
	if took > 5*time.Second {
		t.Errorf("first start took %s", took)
	}
}
