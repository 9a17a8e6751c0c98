package pubsub_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	psapi "cloud.google.com/go/pubsub/v2/apiv1"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"google.golang.org/api/option"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/pubsub"
	"github.com/tinyoperahouse/toh/internal/test/testclock"
	"github.com/tinyoperahouse/toh/internal/test/testneed"
)

// emulator is the official emulator, seen through the same clients.
func emulator(t *testing.T) world {
	t.Helper()
	conn, err := grpc.NewClient(testneed.PubSubEmulator(t), grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	topics, err := psapi.NewTopicAdminClient(t.Context(), option.WithGRPCConn(conn))
	if err != nil {
		t.Fatal(err)
	}
	subs, err := psapi.NewSubscriptionAdminClient(t.Context(), option.WithGRPCConn(conn))
	if err != nil {
		t.Fatal(err)
	}
	return world{topics: topics, subs: subs}
}

// TestPushBodiesAreThoseOfTheEmulator sends the same messages through both and compares what the endpoint gets. The
// emulator sends neither token nor ordering key nor attempt, so these are tested elsewhere.
func TestPushBodiesAreThoseOfTheEmulator(t *testing.T) {
	t.Parallel()
	official := emulator(t)
	local := newWorldWith(t, testclock.Moving{}, pubsub.Options{})
	local.start(t)
	official.makeTopics(t)
	messages := map[string]*pubsubpb.PubsubMessage{
		"data":            text("hello, опера \x00\xff <&>"),
		"attributes":      {Attributes: map[string]string{"a": "1", "ö": "<&>\""}},
		"both":            {Data: []byte("x"), Attributes: map[string]string{"k": ""}},
		"with key":        {Data: []byte("x"), OrderingKey: "k"},
		"something large": text(strings.Repeat("0123456789", 10_000)),
	}
	theirs, ours := newEndpoint(t), newEndpoint(t)
	official.subscribe(t, &pubsubpb.Subscription{PushConfig: &pubsubpb.PushConfig{PushEndpoint: theirs.URL}})
	local.subscribe(t, &pubsubpb.Subscription{PushConfig: &pubsubpb.PushConfig{PushEndpoint: ours.URL}})
	for name, m := range messages {
		official.publish(t, m)
		local.publish(t, m)
		want, got := theirs.next(t), ours.next(t)
		if !reflect.DeepEqual(shape(t, got), shape(t, want)) {
			t.Errorf("%s:\n ours   %.300s\n theirs %.300s", name, got.raw, want.raw)
		}
		if got.header.Get("Content-Type") != want.header.Get("Content-Type") {
			t.Errorf("%s: content type %q, theirs %q", name, got.header.Get("Content-Type"),
				want.header.Get("Content-Type"))
		}
	}
}

// shape is a body as JSON, with what differs from run to run replaced by its form.
func shape(t *testing.T, p pushed) map[string]any {
	t.Helper()
	var body map[string]any
	if err := json.Unmarshal([]byte(p.raw), &body); err != nil {
		t.Fatal(err)
	}
	message, ok := body["message"].(map[string]any)
	if !ok {
		t.Fatalf("no message in %s", p.raw)
	}
	delete(message, "orderingKey")
	for _, field := range []string{"publishTime", "publish_time"} {
		if text, ok := message[field].(string); ok {
			_, err := time.Parse(time.RFC3339Nano, text)
			message[field] = err == nil
		}
	}
	for _, field := range []string{"messageId", "message_id"} {
		if text, ok := message[field].(string); ok {
			message[field] = strings.Trim(text, "0123456789") == "" && text != ""
		}
	}
	return body
}
