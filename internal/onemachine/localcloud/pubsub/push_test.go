package pubsub_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"google.golang.org/api/idtoken"
	"google.golang.org/api/option"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/pubsub"
	"github.com/tinyoperahouse/toh/internal/test/testclock"
)

func TestPushCarriesATokenThatVerifies(t *testing.T) {
	t.Parallel()
	w := newWorldWith(t, testclock.Moving{}, pubsub.Options{})
	e := newEndpoint(t)
	w.subscribe(t, &pubsubpb.Subscription{PushConfig: pushTo(e.URL + "/push?x=1")})
	w.start(t)
	ids := w.publish(t, &pubsubpb.PubsubMessage{Data: []byte("job 7"), Attributes: map[string]string{"kind": "purge"}})
	got := e.next(t)
	if string(got.Message.Data) != "job 7" || got.Message.MessageID != ids[0] ||
		got.Message.Attributes["kind"] != "purge" || got.Subscription != sub {
		t.Errorf("got %s", got.raw)
	}
	if strings.Contains(got.raw, "deliveryAttempt") || strings.Contains(got.raw, "orderingKey") {
		t.Errorf("body has what production leaves out: %s", got.raw)
	}
	if got.header.Get("Content-Type") != "application/json" {
		t.Errorf("headers %v", got.header)
	}
	token, ok := strings.CutPrefix(got.header.Get("Authorization"), "Bearer ")
	if !ok {
		t.Fatal("no bearer token")
	}
	validator, err := idtoken.NewValidator(t.Context(),
		option.WithHTTPClient(&http.Client{Transport: w.server.CertsTransport()}))
	if err != nil {
		t.Fatal(err)
	}
	payload, err := validator.Validate(t.Context(), token, "https://worker.example")
	if err != nil {
		t.Fatal(err)
	}
	if payload.Issuer != "https://accounts.google.com" || payload.Claims["email"] != pusher ||
		payload.Claims["email_verified"] != true ||
		payload.Subject == "" || payload.Expires-payload.IssuedAt != 3600 {
		t.Errorf("claims %+v", payload)
	}
	header, err := base64.RawURLEncoding.DecodeString(token[:strings.Index(token, ".")])
	if err != nil || !bytes.Contains(header, []byte(`"alg":"RS256"`)) || !bytes.Contains(w.server.JWKS(),
		header[bytes.Index(header, []byte(`"kid"`)):bytes.Index(header, []byte(`,"typ"`))]) {
		t.Errorf("header %s, %v", header, err)
	}
	if _, err := validator.Validate(t.Context(), token, "https://other.example"); err == nil {
		t.Error("the token is good for another audience")
	}
	other := newWorldWith(t, testclock.Moving{}, pubsub.Options{})
	stranger, err := idtoken.NewValidator(t.Context(),
		option.WithHTTPClient(&http.Client{Transport: other.server.CertsTransport()}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := stranger.Validate(t.Context(), token, "https://worker.example"); err == nil {
		t.Error("another installation accepts the token")
	}
	e.silent(t, "after it was accepted")
}

func TestAudienceIsTheEndpointByDefault(t *testing.T) {
	t.Parallel()
	w := newWorldWith(t, testclock.Moving{}, pubsub.Options{})
	e := newEndpoint(t)
	config := pushTo(e.URL + "/push")
	config.GetOidcToken().Audience = ""
	w.subscribe(t, &pubsubpb.Subscription{PushConfig: config})
	w.start(t)
	w.publish(t, text("x"))
	token := strings.TrimPrefix(e.next(t).header.Get("Authorization"), "Bearer ")
	validator, err := idtoken.NewValidator(t.Context(),
		option.WithHTTPClient(&http.Client{Transport: w.server.CertsTransport()}))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := validator.Validate(t.Context(), token, e.URL+"/push"); err != nil {
		t.Error(err)
	}
}

func TestCertsTransportServesOneAddress(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := http.Client{Transport: w.server.CertsTransport()}
	for _, url := range []string{"https://www.googleapis.com/oauth2/v1/certs",
		"http://www.googleapis.com/oauth2/v3/certs", "https://example.com/"} {
		if _, err := c.Get(url); err == nil {
			t.Errorf("%s was answered", url)
		}
	}
}

func TestAnswersThatAccept(t *testing.T) {
	for code, accepts := range map[int]bool{
		200: true, 201: true, 202: true, 204: true,
		203: false, 205: false, 206: false, 301: false, 302: false, 307: false, 400: false, 401: false, 404: false,
		409: false, 429: false, 500: false, 503: false,
	} {
		t.Run(fmt.Sprint(code), func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			e := newEndpoint(t)
			var first atomic.Bool
			e.answers(func(pushed) int {
				if first.CompareAndSwap(false, true) {
					return code
				}
				return http.StatusOK
			})
			w.subscribe(t, &pubsubpb.Subscription{PushConfig: pushTo(e.URL), RetryPolicy: backoff(0, 0)})
			w.start(t)
			w.publish(t, text("x"))
			e.next(t)
			if !accepts {
				e.next(t)
			}
			e.silent(t, "after it was accepted")
		})
	}
}

func TestBackoffGrowsToItsMost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := newEndpoint(t)
	e.answers(func(pushed) int { return 500 })
	w.subscribe(t, &pubsubpb.Subscription{PushConfig: pushTo(e.URL), RetryPolicy: backoff(10*time.Second,
		30*time.Second)})
	w.start(t)
	w.publish(t, text("x"))
	e.next(t)
	refused := func(context.Context) bool { return w.server.Waiting(sub) == 1 }
	eventually(t, "the refusal is noted", refused)
	for i, wait := range []time.Duration{10 * time.Second, 20 * time.Second, 30 * time.Second, 30 * time.Second} {
		w.clock.Advance(wait - time.Microsecond)
		w.server.Wake()
		e.silent(t, fmt.Sprintf("wait %d", i))
		w.clock.Advance(time.Microsecond)
		w.server.Wake()
		e.next(t)
		eventually(t, "the refusal is noted", refused)
	}
}

func TestDeadLetters(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := newEndpoint(t)
	e.answers(func(pushed) int { return 500 })
	w.subscribe(t, &pubsubpb.Subscription{Name: deadSub, Topic: dead})
	w.subscribe(t, &pubsubpb.Subscription{PushConfig: pushTo(e.URL), RetryPolicy: backoff(0, 0),
		DeadLetterPolicy: toDead()})
	w.start(t)
	ids := w.publish(t, &pubsubpb.PubsubMessage{Data: []byte("poison"), Attributes: map[string]string{"kind": "purge"}})
	for i := 1; i <= 5; i++ {
		if got := e.next(t); got.DeliveryAttempt != i {
			t.Errorf("delivery %d says attempt %d", i, got.DeliveryAttempt)
		}
	}
	got := w.pullSome(t, deadSub)
	if len(got) != 1 || string(got[0].GetMessage().GetData()) != "poison" ||
		got[0].GetMessage().GetMessageId() == ids[0] {
		t.Fatalf("dead letters: %v", got)
	}
	attributes := got[0].GetMessage().GetAttributes()
	for k, want := range map[string]string{
		"kind": "purge",
		"CloudPubSubDeadLetterSourceDeliveryCount":       "5",
		"CloudPubSubDeadLetterSourceSubscription":        "work",
		"CloudPubSubDeadLetterSourceSubscriptionProject": "p",
	} {
		if attributes[k] != want {
			t.Errorf("attribute %s = %q, want %q", k, attributes[k], want)
		}
	}
	e.silent(t, "after it was moved")
}

func TestMissingDeadLetterTopicKeepsTheMessage(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := newEndpoint(t)
	e.answers(func(p pushed) int {
		if p.DeliveryAttempt < 8 {
			return 500
		}
		return 200
	})
	w.subscribe(t, &pubsubpb.Subscription{PushConfig: pushTo(e.URL), RetryPolicy: backoff(0, 0),
		DeadLetterPolicy: toDead()})
	if err := w.topics.DeleteTopic(t.Context(), &pubsubpb.DeleteTopicRequest{Topic: dead}); err != nil {
		t.Fatal(err)
	}
	w.start(t)
	w.publish(t, text("x"))
	for i := 1; i <= 8; i++ {
		e.next(t)
	}
	e.silent(t, "after it was accepted")
}

func TestOrderWithinAKey(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := newEndpoint(t)
	var failures atomic.Int32
	e.answers(func(p pushed) int {
		if string(p.Message.Data) == "a1" && failures.Add(1) <= 3 {
			return 500
		}
		return 200
	})
	w.subscribe(t, &pubsubpb.Subscription{PushConfig: pushTo(e.URL), RetryPolicy: backoff(0, 0),
		EnableMessageOrdering: true})
	w.start(t)
	var messages []*pubsubpb.PubsubMessage
	for i := range 20 {
		for _, key := range []string{"a", "b"} {
			messages = append(messages, &pubsubpb.PubsubMessage{Data: fmt.Appendf(nil, "%s%d", key, i),
				OrderingKey: key})
		}
	}
	w.publish(t, messages...)
	order := map[string][]string{}
	for range 43 {
		got := e.next(t)
		order[got.Message.OrderingKey] = append(order[got.Message.OrderingKey], string(got.Message.Data))
	}
	if got := strings.Join(order["a"], " "); !strings.HasPrefix(got, "a0 a1 a1 a1 a1 a2 a3 ") ||
		!strings.HasSuffix(got, " a18 a19") {
		t.Errorf("key a came as %s", got)
	}
	if got := strings.Join(order["b"], " "); !strings.HasPrefix(got, "b0 b1 b2 ") || len(order["b"]) != 20 {
		t.Errorf("key b came as %s", got)
	}
}

func TestConcurrencyIsBounded(t *testing.T) {
	t.Parallel()
	w := newWorldWith(t, testclock.Moving{}, pubsub.Options{Concurrency: 3})
	e := newEndpoint(t)
	var now, most atomic.Int32
	release := make(chan struct{})
	e.answers(func(pushed) int {
		n := now.Add(1)
		defer now.Add(-1)
		for m := most.Load(); n > m && !most.CompareAndSwap(m, n); m = most.Load() {
		}
		<-release
		return 200
	})
	w.subscribe(t, &pubsubpb.Subscription{PushConfig: pushTo(e.URL)})
	w.start(t)
	for i := range 12 {
		w.publish(t, text(fmt.Sprint(i)))
	}
	time.Sleep(50 * time.Millisecond)
	close(release)
	for range 12 {
		e.next(t)
	}
	if most.Load() != 3 {
		t.Errorf("%d pushes at a time, want 3", most.Load())
	}
}

func TestCloseDrains(t *testing.T) {
	t.Parallel()
	w := newWorldWith(t, testclock.Moving{}, pubsub.Options{})
	e := newEndpoint(t)
	started, release := make(chan struct{}, 1), make(chan struct{})
	e.answers(func(pushed) int {
		started <- struct{}{}
		<-release
		return 200
	})
	w.subscribe(t, &pubsubpb.Subscription{PushConfig: pushTo(e.URL)})
	w.start(t)
	w.publish(t, text("x"))
	<-started
	closed := make(chan error)
	go func() { closed <- w.server.Close() }()
	select {
	case <-closed:
		t.Fatal("Close did not wait for the push under way")
	case <-time.After(30 * time.Millisecond):
	}
	close(release)
	if err := <-closed; err != nil {
		t.Error(err)
	}
	w.publish(t, text("later"))
	e.next(t)
	e.silent(t, "after Close")
	if err := w.server.Start(t.Context()); err == nil {
		t.Error("starts again after Close")
	}
}

func TestCloseGivesUpOnAHangingEndpoint(t *testing.T) {
	t.Parallel()
	w := newWorldWith(t, testclock.Moving{}, pubsub.Options{Drain: 20 * time.Millisecond})
	e := newEndpoint(t)
	started, release := make(chan struct{}, 1), make(chan struct{})
	e.answers(func(pushed) int { started <- struct{}{}; <-release; return 200 })
	defer close(release)
	w.subscribe(t, &pubsubpb.Subscription{PushConfig: pushTo(e.URL)})
	w.start(t)
	w.publish(t, text("x"))
	<-started
	if err := w.server.Close(); err == nil {
		t.Error("Close says that all is well")
	}
}

func TestChangingTheEndpoint(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first, second := newEndpoint(t), newEndpoint(t)
	w.subscribe(t, &pubsubpb.Subscription{PushConfig: pushTo(first.URL)})
	w.start(t)
	w.publish(t, text("1"))
	first.next(t)
	modify := func(config *pubsubpb.PushConfig) {
		t.Helper()
		if err := w.subs.ModifyPushConfig(t.Context(), &pubsubpb.ModifyPushConfigRequest{Subscription: sub,
			PushConfig: config}); err != nil {
			t.Fatal(err)
		}
	}
	modify(&pubsubpb.PushConfig{})
	w.publish(t, text("2"))
	first.silent(t, "without endpoint")
	modify(pushTo(second.URL))
	if got := second.next(t); string(got.Message.Data) != "2" {
		t.Errorf("got %q", got.Message.Data)
	}
	if err := w.subs.DeleteSubscription(t.Context(), &pubsubpb.DeleteSubscriptionRequest{Subscription: sub}); err !=
		nil {
		t.Fatal(err)
	}
	w.publish(t, text("3"))
	second.silent(t, "after the subscription was deleted")
}

func TestOldMessagesAreNotPushed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	e := newEndpoint(t)
	w.subscribe(t, &pubsubpb.Subscription{PushConfig: pushTo(e.URL),
		MessageRetentionDuration: durationpb.New(10 * time.Minute)})
	w.publish(t, text("old"))
	w.clock.Advance(10*time.Minute + time.Microsecond)
	w.publish(t, text("new"))
	w.start(t)
	if got := e.next(t); string(got.Message.Data) != "new" {
		t.Errorf("got %q", got.Message.Data)
	}
	e.silent(t, "after the new one")
}

func TestSlowEndpointIsTriedAgain(t *testing.T) {
	t.Parallel()
	w := newWorldWith(t, testclock.Moving{}, pubsub.Options{})
	e := newEndpoint(t)
	var calls atomic.Int32
	release := make(chan struct{})
	e.answers(func(pushed) int {
		if calls.Add(1) == 1 {
			<-release
		}
		return 200
	})
	w.subscribe(t, &pubsubpb.Subscription{PushConfig: pushTo(e.URL), RetryPolicy: backoff(0, 0)})
	w.server.SetDeadline(sub, 1)
	w.start(t)
	begin := testclock.Start()
	w.publish(t, text("x"))
	e.next(t)
	if waited := begin.Elapsed(); calls.Load() != 2 || waited < 900*time.Millisecond {
		t.Errorf("%d calls after %s, want the second after a second", calls.Load(), waited)
	}
	close(release)
	eventually(t, "the message is accepted", func(context.Context) bool { return w.server.Left(sub) == 0 })
}
