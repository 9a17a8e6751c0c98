package pubsub_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"testing"
	"time"

	psapi "cloud.google.com/go/pubsub/v2/apiv1"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/tinyoperahouse/toh/internal/model/modeltest"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/clock"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/inproc"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/policy"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/pubsub"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table/tabletest"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/vault"
	"github.com/tinyoperahouse/toh/internal/test/testclock"
)

const (
	topic   = "projects/p/topics/tasks"
	dead    = "projects/p/topics/dead"
	sub     = "projects/p/subscriptions/work"
	deadSub = "projects/p/subscriptions/dead"
	pusher  = "pusher@p.iam.gserviceaccount.com"
	patient = 10 * time.Second
)

// world is a server with Google's clients for it.
type world struct {
	server *pubsub.Server
	topics *psapi.TopicAdminClient
	subs   *psapi.SubscriptionAdminClient
	clock  *modeltest.Clock
}

func open(t *testing.T, store table.Store, keyFile string, clock clock.Clock, opts pubsub.Options) world {
	t.Helper()
	v, err := vault.Open(keyFile, store)
	if err != nil {
		t.Fatal(err)
	}
	opts.Key = keysHere
	server, err := pubsub.New(store, v, clock, opts)
	if err != nil {
		t.Fatal(err)
	}
	conn := inproc.New(inproc.Options{})
	server.Register(conn)
	var policies policy.Mux
	server.Handle(&policies)
	policies.Register(conn)
	topics, err := psapi.NewTopicAdminClient(t.Context(), tabletest.ClientOptions(conn)...)
	if err != nil {
		t.Fatal(err)
	}
	subs, err := psapi.NewSubscriptionAdminClient(t.Context(), tabletest.ClientOptions(conn)...)
	if err != nil {
		t.Fatal(err)
	}
	held, _ := clock.(*modeltest.Clock)
	return world{server: server, topics: topics, subs: subs, clock: held}
}

// newWorld is a server with a controlled clock and the two topics of the tests, not started.
func newWorld(t *testing.T) world {
	t.Helper()
	return newWorldWith(t, modeltest.NewClock(time.Time{}), pubsub.Options{})
}

func newWorldWith(t *testing.T, clock clock.Clock, opts pubsub.Options) world {
	t.Helper()
	w := open(t, tabletest.Open(t), filepath.Join(t.TempDir(), "master.key"), clock, opts)
	t.Cleanup(func() {
		if err := w.server.Close(); err != nil {
			t.Error(err)
		}
	})
	w.makeTopics(t)
	return w
}

func (w world) makeTopics(t *testing.T) {
	t.Helper()
	for _, name := range []string{topic, dead} {
		if _, err := w.topics.CreateTopic(t.Context(), &pubsubpb.Topic{Name: name}); err != nil {
			t.Fatal(err)
		}
	}
}

func (w world) start(t *testing.T) {
	t.Helper()
	if err := w.server.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func (w world) subscribe(t *testing.T, s *pubsubpb.Subscription) *pubsubpb.Subscription {
	t.Helper()
	if s.GetName() == "" {
		s.Name, s.Topic = sub, topic
	}
	made, err := w.subs.CreateSubscription(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	return made
}

func (w world) publish(t *testing.T, messages ...*pubsubpb.PubsubMessage) []string {
	t.Helper()
	resp, err := w.topics.Publish(t.Context(), &pubsubpb.PublishRequest{Topic: topic, Messages: messages})
	if err != nil {
		t.Fatal(err)
	}
	return resp.GetMessageIds()
}

func text(s string) *pubsubpb.PubsubMessage { return &pubsubpb.PubsubMessage{Data: []byte(s)} }

func (w world) pull(t *testing.T, name string) []*pubsubpb.ReceivedMessage {
	t.Helper()
	req := &pubsubpb.PullRequest{Subscription: name, MaxMessages: 1000}
	//lint:ignore SA1019 deprecated, and the way to see at once that there is nothing
	req.ReturnImmediately = true
	resp, err := w.subs.Pull(t.Context(), req)
	if err != nil {
		t.Fatal(err)
	}
	return resp.GetReceivedMessages()
}

// pullSome pulls until there is something.
func (w world) pullSome(t *testing.T, name string) []*pubsubpb.ReceivedMessage {
	t.Helper()
	for end := testclock.Start(); end.Elapsed() < patient; {
		resp, err := w.subs.Pull(t.Context(), &pubsubpb.PullRequest{Subscription: name, MaxMessages: 1000})
		if err != nil {
			t.Fatal(err)
		}
		if len(resp.GetReceivedMessages()) > 0 {
			return resp.GetReceivedMessages()
		}
	}
	t.Fatalf("nothing to pull from %s", name)
	return nil
}

func (w world) ack(t *testing.T, name string, messages ...*pubsubpb.ReceivedMessage) {
	t.Helper()
	var ids []string
	for _, m := range messages {
		ids = append(ids, m.GetAckId())
	}
	if err := w.subs.Acknowledge(t.Context(), &pubsubpb.AcknowledgeRequest{Subscription: name, AckIds: ids}); err !=
		nil {
		t.Fatal(err)
	}
}

func data(messages []*pubsubpb.ReceivedMessage) []string {
	var out []string
	for _, m := range messages {
		out = append(out, string(m.GetMessage().GetData()))
	}
	return out
}

func pushTo(url string) *pubsubpb.PushConfig {
	return &pubsubpb.PushConfig{
		PushEndpoint: url,
		AuthenticationMethod: &pubsubpb.PushConfig_OidcToken_{
			OidcToken: &pubsubpb.PushConfig_OidcToken{ServiceAccountEmail: pusher, Audience: "https://worker.example"},
		},
	}
}

func backoff(least, most time.Duration) *pubsubpb.RetryPolicy {
	return &pubsubpb.RetryPolicy{MinimumBackoff: durationpb.New(least), MaximumBackoff: durationpb.New(most)}
}

func toDead() *pubsubpb.DeadLetterPolicy {
	return &pubsubpb.DeadLetterPolicy{DeadLetterTopic: dead, MaxDeliveryAttempts: 5}
}

// pushed is a push as an endpoint gets it.
type pushed struct {
	DeliveryAttempt int
	Subscription    string
	Message         struct {
		Attributes  map[string]string
		Data        []byte
		MessageID   string `json:"messageId"`
		OrderingKey string
	}
	header http.Header
	raw    string
}

// endpoint is a web server that takes pushes.
type endpoint struct {
	*httptest.Server
	got    chan pushed
	mu     sync.Mutex
	answer func(pushed) int
}

func newEndpoint(t *testing.T) *endpoint {
	t.Helper()
	e := &endpoint{got: make(chan pushed, 10_000), answer: func(pushed) int { return http.StatusNoContent }}
	e.Server = httptest.NewServer(http.HandlerFunc(e.serve))
	t.Cleanup(e.Close)
	return e
}

func (e *endpoint) serve(w http.ResponseWriter, r *http.Request) {
	raw, _ := io.ReadAll(r.Body)
	p := pushed{header: r.Header, raw: string(raw)}
	if err := json.Unmarshal(raw, &p); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	e.mu.Lock()
	answer := e.answer
	e.mu.Unlock()
	code := answer(p)
	if code >= 300 && code < 400 {
		w.Header().Set("Location", "/elsewhere")
	}
	w.WriteHeader(code)
	e.got <- p
}

func (e *endpoint) answers(f func(pushed) int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.answer = f
}

func (e *endpoint) next(t *testing.T) pushed {
	t.Helper()
	select {
	case p := <-e.got:
		return p
	case <-time.After(patient):
		t.Fatal("no push came")
		return pushed{}
	}
}

// silent checks that no push comes for a moment.
func (e *endpoint) silent(t *testing.T, why string) {
	t.Helper()
	select {
	case p := <-e.got:
		t.Fatalf("%s: a push came: %s", why, p.Message.Data)
	case <-time.After(30 * time.Millisecond):
	}
}

func wantCode(t *testing.T, what string, err error, want codes.Code) {
	t.Helper()
	if status.Code(err) != want {
		t.Errorf("%s: %v, want %s", what, err, want)
	}
}

// eventually waits until something becomes true.
func eventually(t *testing.T, what string, is func(context.Context) bool) {
	t.Helper()
	for end := testclock.Start(); end.Elapsed() < patient; time.Sleep(time.Millisecond) {
		if is(t.Context()) {
			return
		}
	}
	t.Fatalf("never: %s", what)
}
