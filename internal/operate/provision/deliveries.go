package provision

import (
	"context"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"cloud.google.com/go/scheduler/apiv1/schedulerpb"
	"google.golang.org/protobuf/types/known/durationpb"
)

// How messages are delivered. A task that fails this often is put aside for a person to look at. A tick is not kept,
// because the next one comes soon.
const (
	tasksAck    = 600 * time.Second
	tickAck     = 60 * time.Second
	tasksKept   = 7 * day
	tickKept    = 10 * time.Minute
	deadKept    = 31 * day
	tries       = 20
	taskBackoff = 600 * time.Second
	tickBackoff = 60 * time.Second
	minBackoff  = 10 * time.Second
)

// deliveries bring messages to the tasks service, and make ticks.
func (s Spec) deliveries() []Resource {
	tasks := s.pushed(TasksPush, TasksTopic, "/push/tasks")
	tasks.AckDeadlineSeconds, tasks.MessageRetentionDuration = int32(tasksAck/time.Second), durationpb.New(tasksKept)
	tasks.RetryPolicy = backoff(taskBackoff)
	tasks.DeadLetterPolicy = &pubsubpb.DeadLetterPolicy{DeadLetterTopic: s.topic(DeadTopic), MaxDeliveryAttempts: tries}
	tick := s.pushed(TickPush, TickTopic, "/push/tick")
	tick.AckDeadlineSeconds, tick.MessageRetentionDuration = int32(tickAck/time.Second), durationpb.New(tickKept)
	tick.RetryPolicy = backoff(tickBackoff)
	dead := &pubsubpb.Subscription{
		Name: s.subscription(DeadPull), Topic: s.topic(DeadTopic), ExpirationPolicy: &pubsubpb.ExpirationPolicy{},
		AckDeadlineSeconds: int32(tasksAck / time.Second), MessageRetentionDuration: durationpb.New(deadKept),
	}
	return []Resource{
		s.subscriptionResource(DeadPull, dead), s.subscriptionResource(TasksPush, tasks),
		s.subscriptionResource(TickPush, tick),
		grant{on: s.onSubscription(TasksPush), role: "roles/pubsub.subscriber",
			member: s.agent("gcp-sa-pubsub")}.resource(),
		s.tickJob(),
	}
}

func backoff(most time.Duration) *pubsubpb.RetryPolicy {
	return &pubsubpb.RetryPolicy{MinimumBackoff: durationpb.New(minBackoff), MaximumBackoff: durationpb.New(most)}
}

// pushed calls the tasks service with a token of the push account, and never expires.
func (s Spec) pushed(id, topic, path string) *pubsubpb.Subscription {
	return &pubsubpb.Subscription{
		Name: s.subscription(id), Topic: s.topic(topic), ExpirationPolicy: &pubsubpb.ExpirationPolicy{},
		PushConfig: &pubsubpb.PushConfig{
			PushEndpoint: s.address(TasksService) + path,
			AuthenticationMethod: &pubsubpb.PushConfig_OidcToken_{OidcToken: &pubsubpb.PushConfig_OidcToken{
				ServiceAccountEmail: s.email(PushAccount), Audience: s.address(TasksService)}},
		},
	}
}

const freshSubscription = "a subscription stays with its topic: delete it when it is empty, and apply again"

func (s Spec) subscriptionResource(id string, want *pubsubpb.Subscription) Resource {
	rs := rules{
		"topic":                      {advice: always(freshSubscription)},
		"message_retention_duration": {will: longer},
		"expiration_policy.ttl":      {zero: true}, // never
	}
	if id == TickPush {
		rs["message_retention_duration"] = rule{}
	}
	t := thing[*pubsubpb.Subscription]{
		read: func(ctx context.Context, c *session) (*pubsubpb.Subscription, error) {
			return c.Subscriptions.GetSubscription(ctx, &pubsubpb.GetSubscriptionRequest{Subscription: want.GetName()})
		},
		create: func(ctx context.Context, c *session) error {
			_, err := c.Subscriptions.CreateSubscription(ctx, want)
			return err
		},
		differ: func(have *pubsubpb.Subscription) []difference { return rs.differences(have, want) },
		update: func(ctx context.Context, c *session, have *pubsubpb.Subscription, found []difference) error {
			rs.overlay(have, want)
			_, err := c.Subscriptions.UpdateSubscription(ctx, &pubsubpb.UpdateSubscriptionRequest{Subscription: have,
				UpdateMask: mask(found)})
			return err
		},
	}
	return Resource{Kind: "subscription", Name: want.GetName(), api: apiPubSub, look: t.look, fresh: true,
		block: subscriptionBlock(id, want)}
}

func subscriptionBlock(id string, want *pubsubpb.Subscription) block {
	body := []arg{
		set("name", id), set("topic", want.GetTopic()), set("ack_deadline_seconds", int(want.GetAckDeadlineSeconds())),
		set("message_retention_duration", seconds(want.GetMessageRetentionDuration().AsDuration())),
		sub("expiration_policy", set("ttl", "")),
	}
	if p := want.GetPushConfig(); p != nil {
		body = append(body, sub("push_config", set("push_endpoint", p.GetPushEndpoint()),
			sub("oidc_token", set("service_account_email", p.GetOidcToken().GetServiceAccountEmail()),
				set("audience", p.GetOidcToken().GetAudience()))))
	}
	if r := want.GetRetryPolicy(); r != nil {
		body = append(body, sub("retry_policy", set("minimum_backoff", seconds(r.GetMinimumBackoff().AsDuration())),
			set("maximum_backoff", seconds(r.GetMaximumBackoff().AsDuration()))))
	}
	if d := want.GetDeadLetterPolicy(); d != nil {
		body = append(body, sub("dead_letter_policy", set("dead_letter_topic", d.GetDeadLetterTopic()),
			set("max_delivery_attempts", int(d.GetMaxDeliveryAttempts()))))
	}
	return tf("google_pubsub_subscription", id, body...)
}

// tickJob publishes a tick each minute. The operator decides whether it is paused.
func (s Spec) tickJob() Resource {
	name := s.location() + "/jobs/" + TickJob
	want := &schedulerpb.Job{
		Name: name, Schedule: "* * * * *", TimeZone: "Etc/UTC",
		Target: &schedulerpb.Job_PubsubTarget{PubsubTarget: &schedulerpb.PubsubTarget{TopicName: s.topic(TickTopic),
			Data: []byte("{}")}},
	}
	rs := rules{}
	t := thing[*schedulerpb.Job]{
		read: func(ctx context.Context, c *session) (*schedulerpb.Job, error) {
			return c.Scheduler.GetJob(ctx, &schedulerpb.GetJobRequest{Name: name})
		},
		create: func(ctx context.Context, c *session) error {
			_, err := c.Scheduler.CreateJob(ctx, &schedulerpb.CreateJobRequest{Parent: s.location(), Job: want})
			return err
		},
		differ: func(have *schedulerpb.Job) []difference { return rs.differences(have, want) },
		update: func(ctx context.Context, c *session, have *schedulerpb.Job, found []difference) error {
			rs.overlay(have, want)
			_, err := c.Scheduler.UpdateJob(ctx, &schedulerpb.UpdateJobRequest{Job: have, UpdateMask: mask(found)})
			return err
		},
	}
	return Resource{
		Kind: "scheduler job", Name: name, api: apiScheduler, look: t.look, fresh: true,
		block: tf("google_cloud_scheduler_job", TickJob, set("name", TickJob), set("region", s.Region),
			set("schedule", want.GetSchedule()),
			set("time_zone", want.GetTimeZone()), sub("pubsub_target", set("topic_name", s.topic(TickTopic)),
				set("data", "e30="))),
	}
}
