package pubsub_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/iam/apiv1/iampb"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/tinyoperahouse/toh/internal/model/modeltest"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/pubsub"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table/tabletest"
)

const (
	dataKey = "projects/p/locations/europe-west1/keyRings/r/cryptoKeys/data"
	day     = 24 * time.Hour
)

// keysHere knows one key.
func keysHere(_ context.Context, key, account string) error {
	if key != dataKey || !strings.HasSuffix(account, "@gcp-sa-pubsub.iam.gserviceaccount.com") {
		return status.Errorf(codes.FailedPrecondition, "no key %s for %s", key, account)
	}
	return nil
}

func (w world) updateTopic(t *testing.T, with *pubsubpb.Topic, paths ...string) (*pubsubpb.Topic, error) {
	t.Helper()
	return w.topics.UpdateTopic(t.Context(), &pubsubpb.UpdateTopicRequest{Topic: with,
		UpdateMask: &fieldmaskpb.FieldMask{Paths: paths}})
}

func (w world) updateSub(t *testing.T, with *pubsubpb.Subscription, paths ...string) (*pubsubpb.Subscription, error) {
	t.Helper()
	return w.subs.UpdateSubscription(t.Context(), &pubsubpb.UpdateSubscriptionRequest{Subscription: with,
		UpdateMask: &fieldmaskpb.FieldMask{Paths: paths}})
}

func TestSettingsOfTopics(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for what, c := range map[string]struct {
		topic *pubsubpb.Topic
		want  codes.Code
	}{
		"key":         {&pubsubpb.Topic{KmsKeyName: dataKey}, codes.OK},
		"no such key": {&pubsubpb.Topic{KmsKeyName: dataKey + "x"}, codes.FailedPrecondition},
		"bad key":     {&pubsubpb.Topic{KmsKeyName: "data"}, codes.InvalidArgument},
		"shortest":    {&pubsubpb.Topic{MessageRetentionDuration: durationpb.New(10 * time.Minute)}, codes.OK},
		"too short": {&pubsubpb.Topic{MessageRetentionDuration: durationpb.New(10*time.Minute - 1)},
			codes.InvalidArgument},
		"longest": {&pubsubpb.Topic{MessageRetentionDuration: durationpb.New(31 * day)}, codes.OK},
		"too long": {&pubsubpb.Topic{MessageRetentionDuration: durationpb.New(31*day + 1)},
			codes.InvalidArgument},
		"region": {&pubsubpb.Topic{MessageStoragePolicy: &pubsubpb.MessageStoragePolicy{
			AllowedPersistenceRegions: []string{"europe-west1"}}}, codes.OK},
		"no region": {&pubsubpb.Topic{MessageStoragePolicy: &pubsubpb.MessageStoragePolicy{}},
			codes.InvalidArgument},
		"not a region": {&pubsubpb.Topic{MessageStoragePolicy: &pubsubpb.MessageStoragePolicy{
			AllowedPersistenceRegions: []string{"eu"}}}, codes.InvalidArgument},
		"bad label":      {&pubsubpb.Topic{Labels: map[string]string{"App": ""}}, codes.InvalidArgument},
		"schema":         {&pubsubpb.Topic{SchemaSettings: &pubsubpb.SchemaSettings{}}, codes.Unimplemented},
		"of another one": {&pubsubpb.Topic{Name: "projects/p/subscriptions/x"}, codes.InvalidArgument},
	} {
		if c.topic.GetName() == "" {
			c.topic.Name = "projects/p/topics/" + strings.ReplaceAll(what, " ", "-")
		}
		_, err := w.topics.CreateTopic(t.Context(), c.topic)
		wantCode(t, what, err, c.want)
	}
}

func TestUpdateTopic(t *testing.T) {
	t.Parallel()
	dir, keyFile := t.TempDir(), filepath.Join(t.TempDir(), "master.key")
	store, closeStore := tabletest.At(t, dir)
	w := open(t, store, keyFile, modeltest.NewClock(time.Time{}), pubsub.Options{})
	w.makeTopics(t)
	change := &pubsubpb.Topic{Name: topic, Labels: map[string]string{"app": "toh"}, KmsKeyName: dataKey,
		MessageRetentionDuration: durationpb.New(day)}
	got, err := w.updateTopic(t, change, "labels", "message_retention_duration")
	if err != nil || got.GetLabels()["app"] != "toh" || got.GetMessageRetentionDuration().AsDuration() != day ||
		got.GetKmsKeyName() != "" {
		t.Errorf("updated %v, %v", got, err)
	}
	for path, want := range map[string]codes.Code{"name": codes.InvalidArgument, "state": codes.InvalidArgument,
		"no_such_field": codes.InvalidArgument, "schema_settings": codes.Unimplemented} {
		_, err := w.updateTopic(t, change, "kms_key_name", path)
		wantCode(t, path, err, want)
	}
	_, err = w.updateTopic(t, change)
	wantCode(t, "no mask", err, codes.InvalidArgument)
	_, err = w.updateTopic(t, &pubsubpb.Topic{Name: topic, KmsKeyName: dataKey + "x"}, "kms_key_name")
	wantCode(t, "no such key", err, codes.FailedPrecondition)
	_, err = w.updateTopic(t, &pubsubpb.Topic{Name: topic + "x"}, "labels")
	wantCode(t, "no topic", err, codes.NotFound)
	if kept, err := w.topics.GetTopic(t.Context(), &pubsubpb.GetTopicRequest{Topic: topic}); err != nil ||
		!proto.Equal(kept, got) {
		t.Errorf("refused changes left %v, %v", kept, err)
	}
	got, err = w.updateTopic(t, change, "kms_key_name")
	if err != nil || got.GetKmsKeyName() != dataKey {
		t.Errorf("key: %v, %v", got, err)
	}
	if s := w.subscribe(t, &pubsubpb.Subscription{}); s.GetTopicMessageRetentionDuration().AsDuration() != day {
		t.Errorf("the subscription does not show how long its topic keeps messages: %v", s)
	}
	_ = w.server.Close()
	closeStore()
	store, closeStore = tabletest.At(t, dir)
	defer closeStore()
	w = open(t, store, keyFile, modeltest.NewClock(time.Time{}), pubsub.Options{})
	if kept, err := w.topics.GetTopic(t.Context(), &pubsubpb.GetTopicRequest{Topic: topic}); err != nil ||
		!proto.Equal(kept, got) {
		t.Errorf("after reopening %v, want %v (%v)", kept, got, err)
	}
	names := w.topics.ListTopicSubscriptions(t.Context(), &pubsubpb.ListTopicSubscriptionsRequest{Topic: topic})
	if name, err := names.Next(); err != nil || name != sub {
		t.Errorf("subscription %q, %v", name, err)
	}
	_, err = w.topics.ListTopicSubscriptions(t.Context(), &pubsubpb.ListTopicSubscriptionsRequest{Topic: topic + "x"}).
		Next()
	wantCode(t, "subscriptions of nothing", err, codes.NotFound)
	_ = w.server.Close()
}

func TestSettingsOfSubscriptions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	expires := func(ttl, kept time.Duration) *pubsubpb.Subscription {
		return &pubsubpb.Subscription{MessageRetentionDuration: durationpb.New(kept),
			ExpirationPolicy: &pubsubpb.ExpirationPolicy{Ttl: durationpb.New(ttl)}}
	}
	none := toDead()
	none.DeadLetterTopic = "projects/p/topics/none"
	for what, c := range map[string]struct {
		sub  *pubsubpb.Subscription
		want codes.Code
	}{
		"expires":              {expires(day, day), codes.OK},
		"expires too soon":     {expires(day-1, time.Hour), codes.InvalidArgument},
		"keeps beyond its end": {expires(day, day+1), codes.InvalidArgument},
		"dead letters":         {&pubsubpb.Subscription{DeadLetterPolicy: toDead()}, codes.OK},
		"no such topic":        {&pubsubpb.Subscription{DeadLetterPolicy: none}, codes.NotFound},
		"bad label":            {&pubsubpb.Subscription{Labels: map[string]string{"a": "A"}}, codes.InvalidArgument},
	} {
		c.sub.Name, c.sub.Topic = "projects/p/subscriptions/"+strings.ReplaceAll(what, " ", "-"), topic
		_, err := w.subs.CreateSubscription(t.Context(), c.sub)
		wantCode(t, what, err, c.want)
	}
	made := w.subscribe(t, &pubsubpb.Subscription{})
	if made.GetExpirationPolicy().GetTtl().AsDuration() != 31*day {
		t.Errorf("expires %v", made.GetExpirationPolicy())
	}
	change := &pubsubpb.Subscription{
		Name: sub, Topic: dead, AckDeadlineSeconds: 60, DeadLetterPolicy: toDead(),
		ExpirationPolicy: &pubsubpb.ExpirationPolicy{}, EnableMessageOrdering: true,
	}
	got, err := w.updateSub(t, change, "expiration_policy", "dead_letter_policy")
	if err != nil || got.GetExpirationPolicy() == nil || got.GetExpirationPolicy().GetTtl() != nil ||
		got.GetDeadLetterPolicy().GetMaxDeliveryAttempts() != 5 || got.GetAckDeadlineSeconds() != 10 {
		t.Errorf("updated %v, %v", got, err)
	}
	for _, path := range []string{"topic", "name", "enable_message_ordering", "filter", "state", "no_such_field"} {
		_, err := w.updateSub(t, change, "ack_deadline_seconds", path)
		wantCode(t, path, err, codes.InvalidArgument)
	}
	change.DeadLetterPolicy = none
	_, err = w.updateSub(t, change, "ack_deadline_seconds", "dead_letter_policy")
	wantCode(t, "no topic for dead letters", err, codes.NotFound)
	if kept, err := w.subs.GetSubscription(t.Context(), &pubsubpb.GetSubscriptionRequest{Subscription: sub}); err !=
		nil || !proto.Equal(kept, got) {
		t.Errorf("refused changes left %v, %v", kept, err)
	}
}

func TestPoliciesOfTopicsAndSubscriptions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.subscribe(t, &pubsubpb.Subscription{})
	publisher := &iampb.Policy{Bindings: []*iampb.Binding{{Role: "roles/pubsub.publisher",
		Members: []string{"serviceAccount:" + pusher}}}}
	if _, err := w.topics.SetIamPolicy(t.Context(), &iampb.SetIamPolicyRequest{Resource: topic,
		Policy: publisher}); err != nil {
		t.Fatal(err)
	}
	subscriber := &iampb.Policy{Bindings: []*iampb.Binding{{Role: "roles/pubsub.subscriber",
		Members: []string{"serviceAccount:" + pusher}}}}
	if _, err := w.subs.SetIamPolicy(t.Context(), &iampb.SetIamPolicyRequest{Resource: sub, Policy: subscriber}); err !=
		nil {
		t.Fatal(err)
	}
	role := func(name string) string {
		p, err := w.topics.GetIamPolicy(t.Context(), &iampb.GetIamPolicyRequest{Resource: name})
		if err != nil {
			t.Fatal(err)
		}
		if len(p.GetBindings()) == 0 {
			return ""
		}
		return p.GetBindings()[0].GetRole()
	}
	if role(topic) != "roles/pubsub.publisher" || role(sub) != "roles/pubsub.subscriber" || role(dead) != "" {
		t.Errorf("roles %q, %q, %q", role(topic), role(sub), role(dead))
	}
	for _, name := range []string{topic + "x", sub + "x"} {
		_, err := w.topics.GetIamPolicy(t.Context(), &iampb.GetIamPolicyRequest{Resource: name})
		wantCode(t, name, err, codes.NotFound)
	}
	if err := w.topics.DeleteTopic(t.Context(), &pubsubpb.DeleteTopicRequest{Topic: topic}); err != nil {
		t.Fatal(err)
	}
	if err := w.subs.DeleteSubscription(t.Context(), &pubsubpb.DeleteSubscriptionRequest{Subscription: sub}); err !=
		nil {
		t.Fatal(err)
	}
	if _, err := w.topics.CreateTopic(t.Context(), &pubsubpb.Topic{Name: topic}); err != nil {
		t.Fatal(err)
	}
	w.subscribe(t, &pubsubpb.Subscription{})
	if role(topic) != "" || role(sub) != "" {
		t.Errorf("what was made anew has the roles %q, %q", role(topic), role(sub))
	}
}
