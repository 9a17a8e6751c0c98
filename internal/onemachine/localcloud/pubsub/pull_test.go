package pubsub_test

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	pubsubclient "cloud.google.com/go/pubsub/v2"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"google.golang.org/api/iterator"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/tinyoperahouse/toh/internal/model/modeltest"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/inproc"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/pubsub"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table/tabletest"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/vault"
	"github.com/tinyoperahouse/toh/internal/test/testclock"
)

func TestPullAndAcknowledge(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.publish(t, text("before the subscription"))
	w.subscribe(t, &pubsubpb.Subscription{})
	w.publish(t, text("1"), text("2"))
	got := w.pull(t, sub)
	if fmt.Sprint(data(got)) != "[1 2]" || got[0].GetDeliveryAttempt() != 0 {
		t.Fatalf("pulled %v", got)
	}
	if again := w.pull(t, sub); len(again) != 0 {
		t.Errorf("leased messages were given out again: %v", data(again))
	}
	w.ack(t, sub, got[0])
	w.clock.Advance(10 * time.Second)
	again := w.pull(t, sub)
	if fmt.Sprint(data(again)) != "[2]" {
		t.Fatalf("after the deadline: %v", data(again))
	}
	w.clock.Advance(10 * time.Second)
	w.ack(t, sub, again[0])
	if rest := w.pull(t, sub); len(rest) != 0 {
		t.Errorf("a late acknowledgement was ignored: %v", data(rest))
	}
	w.ack(t, sub, again[0])
}

func TestModifyAckDeadline(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.subscribe(t, &pubsubpb.Subscription{DeadLetterPolicy: toDead()})
	w.subscribe(t, &pubsubpb.Subscription{Name: deadSub, Topic: dead})
	modify := func(m *pubsubpb.ReceivedMessage, seconds int32) {
		t.Helper()
		err := w.subs.ModifyAckDeadline(t.Context(), &pubsubpb.ModifyAckDeadlineRequest{
			Subscription: sub, AckIds: []string{m.GetAckId()}, AckDeadlineSeconds: seconds,
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	w.publish(t, text("x"))
	first := w.pull(t, sub)[0]
	modify(first, 60)
	w.clock.Advance(59 * time.Second)
	if got := w.pull(t, sub); len(got) != 0 {
		t.Error("an extended lease ended early")
	}
	for attempt := int32(1); attempt <= 5; attempt++ {
		if attempt > 1 {
			got := w.pull(t, sub)
			if len(got) != 1 || got[0].GetDeliveryAttempt() != attempt {
				t.Fatalf("attempt %d: %v", attempt, got)
			}
			modify(first, 60)
			first = got[0]
		}
		modify(first, 0)
	}
	if got := w.pull(t, sub); len(got) != 0 {
		t.Errorf("after five refusals: %v", got)
	}
	if got := w.pull(t, deadSub); fmt.Sprint(data(got)) != "[x]" {
		t.Errorf("dead letters: %v", data(got))
	}
}

func TestPullWaits(t *testing.T) {
	t.Parallel()
	w := newWorldWith(t, testclock.Moving{}, pubsub.Options{})
	w.subscribe(t, &pubsubpb.Subscription{})
	got := make(chan *pubsubpb.PullResponse, 1)
	go func() {
		resp, _ := w.subs.Pull(t.Context(), &pubsubpb.PullRequest{Subscription: sub, MaxMessages: 1})
		got <- resp
	}()
	time.Sleep(10 * time.Millisecond)
	w.publish(t, text("x"))
	if resp := <-got; len(resp.GetReceivedMessages()) != 1 {
		t.Errorf("pulled %v", resp)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_, err := w.subs.Pull(ctx, &pubsubpb.PullRequest{Subscription: sub, MaxMessages: 1})
	wantCode(t, "ended context", err, codes.DeadlineExceeded)
}

func TestSweepDropsOldMessages(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.subscribe(t, &pubsubpb.Subscription{EnableMessageOrdering: true,
		MessageRetentionDuration: durationpb.New(time.Hour)})
	w.publish(t, &pubsubpb.PubsubMessage{Data: []byte("1"), OrderingKey: "k"},
		&pubsubpb.PubsubMessage{Data: []byte("2"), OrderingKey: "k"})
	w.clock.Advance(time.Hour)
	if err := w.server.Sweep(t.Context()); err != nil || w.server.Left(sub) != 2 {
		t.Errorf("%d left at the edge, %v", w.server.Left(sub), err)
	}
	w.clock.Advance(time.Microsecond)
	if err := w.server.Sweep(t.Context()); err != nil || w.server.Left(sub) != 0 {
		t.Errorf("%d left after it, %v", w.server.Left(sub), err)
	}
	w.publish(t, &pubsubpb.PubsubMessage{Data: []byte("3"), OrderingKey: "k"})
	if got := w.pull(t, sub); fmt.Sprint(data(got)) != "[3]" {
		t.Errorf("the key is stuck: %v", data(got))
	}
}

func TestEverythingSurvives(t *testing.T) {
	t.Parallel()
	dir, keyFile := t.TempDir(), filepath.Join(t.TempDir(), "master.key")
	clock := modeltest.NewClock(time.Time{})
	store, closeStore := tabletest.At(t, dir)
	w := open(t, store, keyFile, clock, pubsub.Options{})
	w.makeTopics(t)
	w.subscribe(t, &pubsubpb.Subscription{EnableMessageOrdering: true, RetryPolicy: backoff(100*time.Second,
		600*time.Second), DeadLetterPolicy: toDead()})
	ids := w.publish(t, text("accepted"), text("refused"), text("leased"), &pubsubpb.PubsubMessage{Data: []byte("k1"),
		OrderingKey: "k"}, &pubsubpb.PubsubMessage{Data: []byte("k2"), OrderingKey: "k"})
	got := w.pull(t, sub)
	w.ack(t, sub, got[0])
	if err := w.subs.ModifyAckDeadline(t.Context(), &pubsubpb.ModifyAckDeadlineRequest{Subscription: sub,
		AckIds: []string{got[1].GetAckId()}}); err != nil {
		t.Fatal(err)
	}
	keys := string(w.server.JWKS())
	closeStore()

	store, closeStore = tabletest.At(t, dir)
	defer closeStore()
	w = open(t, store, keyFile, clock, pubsub.Options{})
	if string(w.server.JWKS()) != keys {
		t.Error("the key of the tokens changed")
	}
	if got := w.pull(t, sub); fmt.Sprint(data(got)) != "[leased k1]" {
		t.Errorf("after reopening: %v", data(got))
	}
	clock.Advance(100 * time.Second)
	var refused *pubsubpb.ReceivedMessage
	for _, m := range w.pull(t, sub) {
		if string(m.GetMessage().GetData()) == "refused" {
			refused = m
		}
	}
	if refused.GetDeliveryAttempt() != 2 || refused.GetMessage().GetMessageId() != ids[1] {
		t.Errorf("the refusal was forgotten: %v", refused)
	}
	if next := w.publish(t, text("later")); len(next[0]) <= len(ids[4]) {
		t.Errorf("message id %s after %s", next[0], ids[4])
	}
}

func TestPublishRefuses(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.subscribe(t, &pubsubpb.Subscription{})
	attributes := func(n int) map[string]string {
		out := map[string]string{}
		for i := range n {
			out[fmt.Sprint(i)] = "v"
		}
		return out
	}
	many := slices.Repeat([]*pubsubpb.PubsubMessage{text("x")}, 1001)
	for name, c := range map[string]struct {
		topic    string
		messages []*pubsubpb.PubsubMessage
		want     codes.Code
	}{
		"none":                {topic, nil, codes.InvalidArgument},
		"empty":               {topic, []*pubsubpb.PubsubMessage{{}}, codes.InvalidArgument},
		"one good, one empty": {topic, []*pubsubpb.PubsubMessage{text("x"), {}}, codes.InvalidArgument},
		"attributes only":     {topic, []*pubsubpb.PubsubMessage{{Attributes: attributes(100)}}, codes.OK},
		"101 attributes":      {topic, []*pubsubpb.PubsubMessage{{Attributes: attributes(101)}}, codes.InvalidArgument},
		"goog attribute": {topic, []*pubsubpb.PubsubMessage{{Attributes: map[string]string{"google": "x"}}},
			codes.InvalidArgument},
		"long key": {topic,
			[]*pubsubpb.PubsubMessage{{Attributes: map[string]string{strings.Repeat("k", 257): "x"}}},
			codes.InvalidArgument},
		"longest attribute": {topic,
			[]*pubsubpb.PubsubMessage{{Attributes: map[string]string{strings.Repeat("k", 256): strings.Repeat("v",
				1024)}}}, codes.OK},
		"long attribute": {topic,
			[]*pubsubpb.PubsubMessage{{Attributes: map[string]string{"k": strings.Repeat("v", 1025)}}},
			codes.InvalidArgument},
		"long ordering key": {topic, []*pubsubpb.PubsubMessage{{Data: []byte("x"), OrderingKey: strings.Repeat("k",
			1025)}}, codes.InvalidArgument},
		"1000 messages": {topic, many[:1000], codes.OK},
		"1001 messages": {topic, many, codes.InvalidArgument},
		"too large": {topic, []*pubsubpb.PubsubMessage{text(strings.Repeat("x", 10_000_000))},
			codes.InvalidArgument},
		"no such topic": {"projects/p/topics/none", []*pubsubpb.PubsubMessage{text("x")}, codes.NotFound},
		"bad topic":     {"tasks", []*pubsubpb.PubsubMessage{text("x")}, codes.InvalidArgument},
	} {
		before := w.server.Left(sub)
		_, err := w.topics.Publish(t.Context(), &pubsubpb.PublishRequest{Topic: c.topic, Messages: c.messages})
		wantCode(t, name, err, c.want)
		if err != nil && w.server.Left(sub) != before {
			t.Errorf("%s: something was published", name)
		}
	}
}

func TestSubscriptionsRefuse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.subscribe(t, &pubsubpb.Subscription{})
	for name, c := range map[string]struct {
		sub  *pubsubpb.Subscription
		want codes.Code
	}{
		"taken":         {&pubsubpb.Subscription{Name: sub}, codes.AlreadyExists},
		"bad name":      {&pubsubpb.Subscription{Name: "projects/p/subscriptions/1x"}, codes.InvalidArgument},
		"goog name":     {&pubsubpb.Subscription{Name: "projects/p/subscriptions/goog-x"}, codes.InvalidArgument},
		"no such topic": {&pubsubpb.Subscription{Topic: "projects/p/topics/none"}, codes.NotFound},
		"deadline 9":    {&pubsubpb.Subscription{AckDeadlineSeconds: 9}, codes.InvalidArgument},
		"deadline 601":  {&pubsubpb.Subscription{AckDeadlineSeconds: 601}, codes.InvalidArgument},
		"retention short": {&pubsubpb.Subscription{MessageRetentionDuration: durationpb.New(10*time.Minute - 1)},
			codes.InvalidArgument},
		"retention long": {&pubsubpb.Subscription{MessageRetentionDuration: durationpb.New(31*24*time.Hour + 1)},
			codes.InvalidArgument},
		"backoff long": {&pubsubpb.Subscription{RetryPolicy: backoff(0, 601*time.Second)},
			codes.InvalidArgument},
		"backoff crossed": {&pubsubpb.Subscription{RetryPolicy: backoff(20*time.Second, 10*time.Second)},
			codes.InvalidArgument},
		"4 attempts": {&pubsubpb.Subscription{DeadLetterPolicy: &pubsubpb.DeadLetterPolicy{
			DeadLetterTopic: dead, MaxDeliveryAttempts: 4}}, codes.InvalidArgument},
		"101 attempts": {&pubsubpb.Subscription{DeadLetterPolicy: &pubsubpb.DeadLetterPolicy{
			DeadLetterTopic: dead, MaxDeliveryAttempts: 101}}, codes.InvalidArgument},
		"http elsewhere": {&pubsubpb.Subscription{PushConfig: pushTo("http://example.com/")},
			codes.InvalidArgument},
		"no host": {&pubsubpb.Subscription{PushConfig: pushTo("https:///x")}, codes.InvalidArgument},
		"other scheme": {&pubsubpb.Subscription{PushConfig: pushTo("file:///etc/passwd")},
			codes.InvalidArgument},
		"password in address": {&pubsubpb.Subscription{PushConfig: pushTo("https://a:b@example.com/")},
			codes.InvalidArgument},
		"filter":       {&pubsubpb.Subscription{Filter: "attributes:x"}, codes.Unimplemented},
		"exactly once": {&pubsubpb.Subscription{EnableExactlyOnceDelivery: true}, codes.Unimplemented},
		"https": {&pubsubpb.Subscription{Name: "projects/p/subscriptions/https",
			PushConfig: pushTo("https://example.com/")}, codes.OK},
	} {
		if c.sub.GetName() == "" {
			c.sub.Name = "projects/p/subscriptions/new"
		}
		if c.sub.GetTopic() == "" {
			c.sub.Topic = topic
		}
		_, err := w.subs.CreateSubscription(t.Context(), c.sub)
		wantCode(t, name, err, c.want)
	}
	_, err := w.subs.Pull(t.Context(), &pubsubpb.PullRequest{Subscription: "projects/p/subscriptions/https",
		MaxMessages: 1})
	wantCode(t, "pull from a push subscription", err, codes.FailedPrecondition)
	err = w.subs.Acknowledge(t.Context(), &pubsubpb.AcknowledgeRequest{Subscription: sub, AckIds: []string{"garbage"}})
	wantCode(t, "garbage ack id", err, codes.InvalidArgument)
}

func TestSettings(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	made := w.subscribe(t, &pubsubpb.Subscription{RetryPolicy: &pubsubpb.RetryPolicy{}})
	if made.GetAckDeadlineSeconds() != 10 || made.GetMessageRetentionDuration().AsDuration() != 7*24*time.Hour ||
		made.GetRetryPolicy().GetMinimumBackoff().AsDuration() != 10*time.Second ||
		made.GetRetryPolicy().GetMaximumBackoff().AsDuration() != 600*time.Second {
		t.Errorf("defaults: %v", made)
	}
	changed, err := w.subs.UpdateSubscription(t.Context(), &pubsubpb.UpdateSubscriptionRequest{
		Subscription: &pubsubpb.Subscription{Name: sub, AckDeadlineSeconds: 600,
			Labels: map[string]string{"not": "this"}},
		UpdateMask: &fieldmaskpb.FieldMask{Paths: []string{"ack_deadline_seconds"}},
	})
	if err != nil || changed.GetAckDeadlineSeconds() != 600 || len(changed.GetLabels()) != 0 {
		t.Errorf("Update = %v, %v", changed, err)
	}
	_, err = w.subs.UpdateSubscription(t.Context(), &pubsubpb.UpdateSubscriptionRequest{
		Subscription: &pubsubpb.Subscription{Name: sub, AckDeadlineSeconds: 5},
		UpdateMask:   &fieldmaskpb.FieldMask{Paths: []string{"ack_deadline_seconds"}},
	})
	wantCode(t, "bad update", err, codes.InvalidArgument)
	if got, err := w.subs.GetSubscription(t.Context(), &pubsubpb.GetSubscriptionRequest{Subscription: sub}); err !=
		nil || got.GetAckDeadlineSeconds() != 600 {
		t.Errorf("Get = %v, %v", got, err)
	}
	var names []string
	it := w.topics.ListTopics(t.Context(), &pubsubpb.ListTopicsRequest{Project: "projects/p", PageSize: 1})
	for topic, err := it.Next(); err != iterator.Done; topic, err = it.Next() {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, topic.GetName())
	}
	if fmt.Sprint(names) != fmt.Sprint([]string{dead, topic}) {
		t.Errorf("topics %v", names)
	}
	if err := w.topics.DeleteTopic(t.Context(), &pubsubpb.DeleteTopicRequest{Topic: topic}); err != nil {
		t.Fatal(err)
	}
	if got, err := w.subs.GetSubscription(t.Context(), &pubsubpb.GetSubscriptionRequest{Subscription: sub}); err !=
		nil || got.GetTopic() != "_deleted-topic_" {
		t.Errorf("orphan = %v, %v", got, err)
	}
}

// The client that products normally use batches and retries by itself; it must work here too.
func TestHighLevelPublisher(t *testing.T) {
	t.Parallel()
	v, err := vault.Open(filepath.Join(t.TempDir(), "master.key"), tabletest.Open(t))
	if err != nil {
		t.Fatal(err)
	}
	server, err := pubsub.New(tabletest.Open(t), v, testclock.Moving{}, pubsub.Options{})
	if err != nil {
		t.Fatal(err)
	}
	conn := inproc.New(inproc.Options{})
	server.Register(conn)
	client, err := pubsubclient.NewClient(t.Context(), "p", tabletest.ClientOptions(conn)...)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = client.Close() }()
	if _, err := client.TopicAdminClient.CreateTopic(t.Context(), &pubsubpb.Topic{Name: topic}); err != nil {
		t.Fatal(err)
	}
	if _, err := client.SubscriptionAdminClient.CreateSubscription(t.Context(), &pubsubpb.Subscription{Name: sub,
		Topic: topic}); err != nil {
		t.Fatal(err)
	}
	publisher := client.Publisher("tasks")
	defer publisher.Stop()
	id, err := publisher.Publish(t.Context(), &pubsubclient.Message{Data: []byte("x"),
		Attributes: map[string]string{"k": "v"}}).Get(t.Context())
	if err != nil || id == "" || server.Left(sub) != 1 {
		t.Errorf("Publish = %q, %v; %d messages", id, err, server.Left(sub))
	}
}
