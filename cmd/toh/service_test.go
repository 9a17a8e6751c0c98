package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	pubsub "cloud.google.com/go/pubsub/v2/apiv1"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"cloud.google.com/go/secretmanager/apiv1/secretmanagerpb"
	"github.com/chromedp/chromedp"
	"github.com/golang-jwt/jwt/v5"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/tinyoperahouse/toh/internal/app"
	"github.com/tinyoperahouse/toh/internal/config"
	"github.com/tinyoperahouse/toh/internal/onemachine/local"
	"github.com/tinyoperahouse/toh/internal/platform/gcp"
	"github.com/tinyoperahouse/toh/internal/platform/logging"
	"github.com/tinyoperahouse/toh/internal/test/browsertest"
	"github.com/tinyoperahouse/toh/internal/test/e2e/jobtest"
	"github.com/tinyoperahouse/toh/internal/test/testclock"
	"github.com/tinyoperahouse/toh/internal/test/testneed"
)

const (
	domain  = "opera.teatro.org"
	pusher  = "push@opera-house-1.iam.gserviceaccount.com"
	project = "opera-house-1"
)

// TestMainJobOnTheCloud starts the service as the container does, with the settings of a real installation: Google's
// own emulators for documents and messages, the in-process servers for keys, secrets and logs, a front end that
// terminates TLS, and a mail vendor that speaks Resend's protocol.
func TestMainJobOnTheCloud(t *testing.T) {
	outside := newOutside(t)
	port := freePort(t)
	cfg, err := config.Load(append([]string{
		"PORT=" + port, "TOH_PROJECT=" + project, "TOH_PUSH_AUDIENCE=https://tasks.teatro.org",
	}, good...))
	if err != nil {
		t.Fatal(err)
	}
	cfg.Port = mustAtoi(t, port)
	messages := testneed.PubSubEmulator(t)
	clients := openClients(t, cfg, gcp.Emulators{Firestore: testneed.FirestoreEmulator(t), PubSub: messages})
	logs := &journal{}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() {
		done <- serve(ctx, app.Options{Config: cfg, Clients: clients,
			Logger:  logging.New(logging.Options{Writer: logs, Level: slog.LevelInfo, Project: project}),
			Outside: outside, Patience: 15 * time.Second, CheapPasswords: true})
	}()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Errorf("the service did not end in order: %v", err)
		}
	})
	waitReady(t, port)
	subscribe(t, cfg, messages, outside.relay(t, port))
	front := newFront(t, port)

	jobtest.MainJob(t, jobtest.Service{
		Open: func(t testing.TB) *browsertest.Tab {
			return browsertest.Open(t, "https://"+domain,
				chromedp.Flag("host-resolver-rules", "MAP "+domain+" "+front),
				chromedp.Flag("ignore-certificate-errors", true))
		},
		Link: outside.link,
	})
	for _, secret := range []string{"lantern-opera.org", "ankle", "Mara Voss", "seven brass lanterns"} {
		if strings.Contains(logs.String(), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
}

// openClients opens what the operator has provisioned: keys, secrets and the log bucket in process, the rest in the
// emulators.
func openClients(t *testing.T, cfg config.Config, emulators gcp.Emulators) *gcp.Clients {
	t.Helper()
	cloud, err := local.OpenCloud(t.Context(), local.CloudOptions{
		Dir: t.TempDir(), Config: cfg, Content: app.ContentCollections(), Keys: app.KeysCollections(),
		Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	addSecret(t, cloud.Clients, cfg.Secrets.Mail)
	clients, err := gcp.Open(t.Context(), gcp.Options{
		Project: project, FirestoreDatabase: cfg.ContentDatabase, KeysDatabase: cfg.KeysDatabase, Dial: cloud.Conn(),
		Emulators: emulators,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = clients.Close(), cloud.Close() })
	return clients
}

func addSecret(t *testing.T, clients *gcp.Clients, name string) {
	t.Helper()
	_, err := clients.Secrets.CreateSecret(t.Context(), &secretmanagerpb.CreateSecretRequest{
		Parent: "projects/" + project, SecretId: name,
		Secret: &secretmanagerpb.Secret{Replication: &secretmanagerpb.Replication{
			Replication: &secretmanagerpb.Replication_Automatic_{Automatic: &secretmanagerpb.Replication_Automatic{}},
		}},
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = clients.Secrets.AddSecretVersion(t.Context(), &secretmanagerpb.AddSecretVersionRequest{
		Parent:  "projects/" + project + "/secrets/" + name,
		Payload: &secretmanagerpb.SecretPayload{Data: []byte(rand.Text())},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// subscribe creates the topics and the push subscription in the emulator.
func subscribe(t *testing.T, cfg config.Config, emulator, endpoint string) {
	t.Helper()
	conn, err := grpc.NewClient("passthrough:///"+emulator, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	topics, err := pubsub.NewTopicAdminClient(t.Context(), option.WithGRPCConn(conn))
	if err != nil {
		t.Fatal(err)
	}
	subscriptions, err := pubsub.NewSubscriptionAdminClient(t.Context(), option.WithGRPCConn(conn))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if _, err := topics.CreateTopic(t.Context(), &pubsubpb.Topic{Name: cfg.TopicName()}); err != nil {
		t.Fatal(err)
	}
	_, err = subscriptions.CreateSubscription(t.Context(), &pubsubpb.Subscription{
		Name: strings.Replace(cfg.TopicName(), "/topics/", "/subscriptions/", 1), Topic: cfg.TopicName(),
		PushConfig: &pubsubpb.PushConfig{PushEndpoint: endpoint},
	})
	if err != nil {
		t.Fatal(err)
	}
}

// newFront terminates TLS as Cloud Run's front end does, and says so in X-Forwarded-Proto. It returns the address that
// the domain resolves to.
func newFront(t *testing.T, port string) string {
	t.Helper()
	target := &url.URL{Scheme: "http", Host: "127.0.0.1:" + port}
	front := httptest.NewTLSServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(target)
		r.Out.Host = r.In.Host
		r.SetXForwarded()
	}})
	t.Cleanup(front.Close)
	return strings.TrimPrefix(front.URL, "https://")
}

func freePort(t *testing.T) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	_, port, _ := net.SplitHostPort(ln.Addr().String())
	return port
}

func mustAtoi(t *testing.T, text string) (n int) {
	t.Helper()
	if _, err := fmt.Sscan(text, &n); err != nil {
		t.Fatal(err)
	}
	return n
}

func waitReady(t *testing.T, port string) {
	t.Helper()
	for range 300 {
		resp, err := http.Get("http://127.0.0.1:" + port + "/readyz") // a test's own server
		if err == nil {
			_ = resp.Body.Close()
			if resp.StatusCode == http.StatusOK {
				return
			}
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("the service is not ready")
}

// outside is what the service finds on the internet: Google's public keys, and the mail vendor.
type outside struct {
	key *rsa.PrivateKey
	mu  sync.Mutex
	box []letter
}

type letter struct {
	To   []string `json:"to"`
	Text string   `json:"text"`
}

func newOutside(t *testing.T) *outside {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return &outside{key: key}
}

// RoundTrip answers for the two hosts, and for no other.
func (o *outside) RoundTrip(r *http.Request) (*http.Response, error) {
	switch r.URL.Host {
	case "www.googleapis.com":
		n := base64.RawURLEncoding.EncodeToString(o.key.N.Bytes())
		e := base64.RawURLEncoding.EncodeToString(big.NewInt(int64(o.key.E)).Bytes())
		return answer(r, fmt.Sprintf(`{"keys":[{"kid":"k1","kty":"RSA","alg":"RS256","use":"sig","n":%q,"e":%q}]}`, n,
			e)), nil
	case "api.resend.com":
		var l letter
		if err := json.NewDecoder(r.Body).Decode(&l); err != nil || !strings.HasPrefix(r.Header.Get("Authorization"),
			"Bearer ") || r.Header.Get("Idempotency-Key") == "" {
			return nil, fmt.Errorf("not a letter: %w", err)
		}
		o.mu.Lock()
		o.box = append(o.box, l)
		o.mu.Unlock()
		return answer(r, `{"id":"m1"}`), nil
	}
	return nil, fmt.Errorf("the service reaches for %s", r.URL.Host)
}

func answer(r *http.Request, body string) *http.Response {
	return &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}},
		Body: io.NopCloser(strings.NewReader(body)), Request: r,
	}
}

var linkForm = regexp.MustCompile(`https://[^\s"<>]+`)

// link is the link in the newest mail to an address.
func (o *outside) link(t testing.TB, to string) string {
	t.Helper()
	for range 400 {
		o.mu.Lock()
		for i := len(o.box) - 1; i >= 0; i-- {
			if l := o.box[i]; len(l.To) == 1 && strings.Contains(l.To[0], to) {
				o.mu.Unlock()
				return linkForm.FindString(l.Text)
			}
		}
		o.mu.Unlock()
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("no mail came")
	return ""
}

// relay is where the emulator pushes to. It adds what the emulator lacks: the signed token of the service account.
func (o *outside) relay(t *testing.T, port string) string {
	t.Helper()
	target := &url.URL{Scheme: "http", Host: "127.0.0.1:" + port, Path: "/push/tasks"}
	relay := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.Out.URL, r.Out.Host = target, target.Host
		r.Out.Header.Set("Authorization", "Bearer "+o.token())
	}})
	t.Cleanup(relay.Close)
	return relay.URL
}

func (o *outside) token() string {
	now := testclock.Now()
	token := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.MapClaims{
		"iss": "https://accounts.google.com", "aud": "https://tasks.teatro.org", "email": pusher,
		"email_verified": true, "sub": "1",
		"iat": now.Unix(), "exp": now.Add(time.Hour).Unix(),
	})
	token.Header["kid"] = "k1"
	text, err := token.SignedString(o.key)
	if err != nil {
		return ""
	}
	return text
}

// journal collects what several goroutines write.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}
