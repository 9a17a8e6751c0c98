package deadletter_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	pubsub "cloud.google.com/go/pubsub/v2/apiv1"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	gtransport "google.golang.org/api/transport/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/operate/deadletter"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/records/recordstest"
	"github.com/tinyoperahouse/toh/internal/platform/task"
)

const (
	work    = "projects/toh-local/topics/work"
	workers = "projects/toh-local/subscriptions/work"
	dead    = "projects/toh-local/topics/dead"
	pulled  = "projects/toh-local/subscriptions/dead"
	canary  = "canary in a payload"
)

// fixture is jobs whose messages go to a subscription without a subscriber.
type fixture struct {
	*recordstest.Fixture
	*deadletter.Letters
	t     *testing.T
	queue *task.Queue
	subs  *pubsub.SubscriptionAdminClient
	fails atomic.Bool
	ran   atomic.Int64
}

func newFixture(t *testing.T) *fixture {
	t.Helper()
	h := &fixture{Fixture: recordstest.New(t, task.Kinds()...), t: t}
	var err error
	if h.subs, err = pubsub.NewSubscriptionAdminClient(t.Context(), gtransport.WithConnPool(h.Cloud.Conn())); err !=
		nil {
		t.Fatal(err)
	}
	for _, topic := range []string{work, dead} {
		if _, err := h.Clients.Publisher.CreateTopic(t.Context(), &pubsubpb.Topic{Name: topic}); err != nil {
			t.Fatal(err)
		}
	}
	for _, s := range []*pubsubpb.Subscription{
		{Name: workers, Topic: work, AckDeadlineSeconds: 10,
			DeadLetterPolicy: &pubsubpb.DeadLetterPolicy{DeadLetterTopic: dead, MaxDeliveryAttempts: 5}},
		{Name: pulled, Topic: dead, AckDeadlineSeconds: 60},
	} {
		if _, err := h.subs.CreateSubscription(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	h.queue = task.New(task.Options{Gate: h.Gate, Publisher: task.Topic{Client: h.Clients.Publisher, Name: work}})
	h.queue.Handle("frail", func(context.Context, task.Job) error {
		h.ran.Add(1)
		if h.fails.Load() {
			return task.Permanent("the mail server refused it", errors.New(canary))
		}
		return nil
	})
	h.Letters = deadletter.New(deadletter.Options{
		Subscriptions: h.subs, Topics: h.Clients.Publisher, Subscription: pulled, Gate: h.Gate, Queue: h.queue,
		Wait: 150 * time.Millisecond,
	})
	return h
}

// job adds a job that was given up, or one that waits.
func (h *fixture) job(gaveUp bool) string {
	h.t.Helper()
	id, err := h.queue.Add(h.t.Context(), h.Gate, task.NewJob{Kind: "frail", Payload: canary})
	if err != nil {
		h.t.Fatal(err)
	}
	if gaveUp {
		h.fails.Store(true)
		if err := h.queue.Run(h.t.Context(), id); err != nil {
			h.t.Fatal(err)
		}
		h.fails.Store(false)
	}
	return id
}

// die sends a job's message and refuses it until it is a dead letter.
func (h *fixture) die(id string) {
	h.t.Helper()
	h.queue.Wake(h.t.Context(), id)
	for range 5 {
		for _, m := range h.waiting(workers) {
			_ = h.subs.ModifyAckDeadline(h.t.Context(), &pubsubpb.ModifyAckDeadlineRequest{Subscription: workers,
				AckIds: []string{m.GetAckId()}})
		}
	}
}

// waiting takes the messages of a subscription.
func (h *fixture) waiting(subscription string) []*pubsubpb.ReceivedMessage {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.t.Context(), 150*time.Millisecond)
	defer cancel()
	resp, err := h.subs.Pull(ctx, &pubsubpb.PullRequest{Subscription: subscription, MaxMessages: 10})
	if err != nil && ctx.Err() == nil {
		h.t.Fatal(err)
	}
	return resp.GetReceivedMessages()
}

func (h *fixture) list(want int) []deadletter.Letter {
	h.t.Helper()
	list, err := h.List(h.t.Context())
	if err != nil || len(list) != want {
		h.t.Fatalf("%d letters, want %d: %+v, %v", len(list), want, list, err)
	}
	return list
}

func TestLettersAreShownAndSentAgain(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	h.list(0)
	gaveUp, waits := h.job(true), h.job(false)
	h.die(gaveUp)
	h.die(waits)
	for range 2 { // listing removes nothing
		for _, l := range h.list(2) {
			want := map[string]string{gaveUp: "the job gave up: the mail server refused it",
				waits: "the job waits"}[l.Job]
			if l.Why != want || l.Topic != work || l.Attempts != 5 || l.Kind != "frail" || l.ID == "" ||
				l.Since.IsZero() {
				t.Errorf("%+v", l)
			}
		}
	}
	sent, unknown, err := h.Replay(t.Context(), gaveUp)
	if err != nil || len(sent) != 1 || len(unknown) != 0 {
		t.Fatalf("%+v %v %v", sent, unknown, err)
	}
	if l := h.list(1); l[0].Job != waits {
		t.Errorf("%+v", l)
	}
	h.deliver(1)
	if info, err := h.queue.Get(t.Context(), gaveUp); err != nil || info.State != task.Done {
		t.Errorf("%+v %v", info, err)
	}
	if _, _, err := h.Replay(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.list(0)
	h.deliver(1)
	if n := h.ran.Load(); n != 3 {
		t.Errorf("the jobs ran %d times, want 3", n)
	}
	page, err := h.Trail.List(t.Context(), model.Platform(), audit.Filter{Action: access.DeadLetterSend}, 10, "")
	if err != nil || len(page.Entries) != 4 || page.Entries[3].Outcome != audit.Begun ||
		page.Entries[3].Record != "jobs/"+gaveUp {
		t.Errorf("%d entries, %v", len(page.Entries), err)
	}
}

// deliver runs the jobs whose messages wait, as the push does.
func (h *fixture) deliver(want int) {
	h.t.Helper()
	got := h.waiting(workers)
	if len(got) != want {
		h.t.Errorf("%d messages wait, want %d", len(got), want)
	}
	for _, m := range got {
		for key := range m.GetMessage().GetAttributes() {
			h.t.Errorf("the attribute %s was sent on", key)
		}
		id, err := task.ParseMessage(m.GetMessage().GetData())
		if err == nil {
			err = h.queue.Run(h.t.Context(), id)
		}
		if err == nil {
			err = h.subs.Acknowledge(h.t.Context(), &pubsubpb.AcknowledgeRequest{Subscription: workers,
				AckIds: []string{m.GetAckId()}})
		}
		if err != nil {
			h.t.Error(err)
		}
	}
}

func TestJobsThatGaveUp(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	id, waits := h.job(true), h.job(false)
	list, err := h.GivenUp(t.Context())
	if err != nil || len(list) != 1 || list[0].ID != id || list[0].Reason != "the mail server refused it" {
		t.Fatalf("%+v %v", list, err)
	}
	sent, unknown, err := h.Replay(t.Context(), id, "none")
	if err != nil || len(sent) != 1 || len(unknown) != 1 || unknown[0] != "none" {
		t.Errorf("%+v %v %v", sent, unknown, err)
	}
	h.deliver(1)
	if list, err := h.GivenUp(t.Context()); err != nil || len(list) != 0 {
		t.Errorf("%+v %v", list, err)
	}
	if _, _, err := h.Replay(t.Context(), waits); !errors.Is(err, model.ErrConflict) {
		t.Errorf("a job that waits: %v", err)
	}
}

// TestALetterIsNeverLost makes each call fail: afterwards the letter still exists, or its topic has it.
func TestALetterIsNeverLost(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	id := h.job(true)
	h.die(id)
	for _, method := range []string{"/Pull", "/GetSubscription", "/Publish", "/Acknowledge", "/Commit",
		"/BatchGetDocuments"} {
		h.Intercept(func(_ context.Context, m string) error {
			if strings.HasSuffix(m, method) && !strings.Contains(m, "logging") {
				return status.Error(codes.PermissionDenied, "cut")
			}
			return nil
		})
		_, _, err := h.Replay(t.Context(), id)
		h.Intercept(nil)
		if err == nil {
			t.Errorf("%s: no error", method)
		}
		h.list(1)
	}
	if _, _, err := h.Replay(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	h.list(0)
	h.deliver(2) // once more than necessary: the acknowledgement was lost
	if n := h.ran.Load(); n != 2 {
		t.Errorf("it ran %d times, want 2", n)
	}
}

func TestWhatComesFromNowhere(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	_, err := h.Clients.Publisher.Publish(t.Context(), &pubsubpb.PublishRequest{Topic: dead,
		Messages: []*pubsubpb.PubsubMessage{{Data: []byte(canary)}}})
	if err != nil {
		t.Fatal(err)
	}
	if l := h.list(1)[0]; l.Topic != "" || l.Why != "it names no job" || l.Job != "" {
		t.Errorf("%+v", l)
	}
	id := h.job(false)
	h.die(id)
	sent, unknown, err := h.Replay(t.Context())
	if err != nil || len(sent) != 1 || sent[0].Job != id || len(unknown) != 1 {
		t.Errorf("%+v %v %v", sent, unknown, err)
	}
	if _, unknown, err := h.Replay(t.Context(), unknown[0]); err != nil || len(unknown) != 1 {
		t.Errorf("%v %v", unknown, err)
	}
	h.list(1)
}
