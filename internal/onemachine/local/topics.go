package local

import (
	"context"
	"fmt"
	"strings"
	"time"

	pubsub "cloud.google.com/go/pubsub/v2/apiv1"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	gtransport "google.golang.org/api/transport/grpc"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/tinyoperahouse/toh/internal/config"
)

// topics creates the topic that wakes tasks, the subscription that pushes it to the service, and the topic for what
// cannot be delivered.
func (c *Cloud) topics(ctx context.Context, cfg config.Config) error {
	for _, topic := range []string{cfg.TopicName(), TickTopic(cfg), deadTopic(cfg)} {
		_, err := c.Clients.Publisher.CreateTopic(ctx, &pubsubpb.Topic{Name: topic})
		if err := unlessThere(err); err != nil {
			return err
		}
	}
	subscriptions, err := pubsub.NewSubscriptionAdminClient(ctx, gtransport.WithConnPool(c.Conn()))
	if err != nil {
		return fmt.Errorf("open subscriptions: %w", err)
	}
	defer subscriptions.Close()
	for _, s := range []*pubsubpb.Subscription{tasks(cfg), ticks(cfg), dead(cfg)} {
		if err := ensureSubscription(ctx, subscriptions, s); err != nil {
			return err
		}
	}
	return nil
}

func subscriptionName(topic string) string {
	return strings.Replace(topic, "/topics/", "/subscriptions/", 1)
}

// TickTopic is where ticks are published, as Cloud Scheduler does on Google Cloud.
func TickTopic(cfg config.Config) string { return cfg.TopicName() + "-tick" }

func deadTopic(cfg config.Config) string { return cfg.TopicName() + "-dead" }

func tasks(cfg config.Config) *pubsubpb.Subscription {
	s := pushed(cfg, cfg.TopicName(), "/push/tasks")
	s.DeadLetterPolicy = &pubsubpb.DeadLetterPolicy{DeadLetterTopic: deadTopic(cfg), MaxDeliveryAttempts: 20}
	return s
}

// ticks are not retried for long, because the next tick comes soon.
func ticks(cfg config.Config) *pubsubpb.Subscription {
	s := pushed(cfg, TickTopic(cfg), "/push/tick")
	s.MessageRetentionDuration = durationpb.New(10 * time.Minute)
	return s
}

func pushed(cfg config.Config, topic, path string) *pubsubpb.Subscription {
	return &pubsubpb.Subscription{
		Name: subscriptionName(topic), Topic: topic, AckDeadlineSeconds: 60,
		PushConfig: &pubsubpb.PushConfig{
			PushEndpoint: cfg.BaseURL + path,
			AuthenticationMethod: &pubsubpb.PushConfig_OidcToken_{OidcToken: &pubsubpb.PushConfig_OidcToken{
				ServiceAccountEmail: cfg.Push.ServiceAccount, Audience: cfg.Push.Audience,
			}},
		},
		RetryPolicy: &pubsubpb.RetryPolicy{
			MinimumBackoff: durationpb.New(time.Second), MaximumBackoff: durationpb.New(time.Minute),
		},
	}
}

func dead(cfg config.Config) *pubsubpb.Subscription {
	return &pubsubpb.Subscription{Name: subscriptionName(deadTopic(cfg)), Topic: deadTopic(cfg), AckDeadlineSeconds: 60}
}

// ensureSubscription creates the subscription, or points an existing one to where the service now listens.
func ensureSubscription(ctx context.Context, client *pubsub.SubscriptionAdminClient, s *pubsubpb.Subscription) error {
	_, err := client.CreateSubscription(ctx, s)
	if err := unlessThere(err); err != nil {
		return err
	}
	if s.PushConfig == nil {
		return nil
	}
	return client.ModifyPushConfig(ctx, &pubsubpb.ModifyPushConfigRequest{Subscription: s.Name,
		PushConfig: s.PushConfig})
}
