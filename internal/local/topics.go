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

// topics makes the topic that wakes tasks, the subscription that pushes it to the service, and the place for what cannot be delivered.
func (c *Cloud) topics(ctx context.Context, cfg config.Config) error {
	for _, topic := range []string{cfg.TopicName(), cfg.TopicName() + "-dead"} {
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
	for _, s := range []*pubsubpb.Subscription{push(cfg), dead(cfg)} {
		if err := ensureSubscription(ctx, subscriptions, s); err != nil {
			return err
		}
	}
	return nil
}

func subscriptionName(topic string) string {
	return strings.Replace(topic, "/topics/", "/subscriptions/", 1)
}

func push(cfg config.Config) *pubsubpb.Subscription {
	return &pubsubpb.Subscription{
		Name: subscriptionName(cfg.TopicName()), Topic: cfg.TopicName(), AckDeadlineSeconds: 60,
		PushConfig: &pubsubpb.PushConfig{
			PushEndpoint: cfg.BaseURL + "/push/tasks",
			AuthenticationMethod: &pubsubpb.PushConfig_OidcToken_{OidcToken: &pubsubpb.PushConfig_OidcToken{
				ServiceAccountEmail: cfg.Push.ServiceAccount, Audience: cfg.Push.Audience,
			}},
		},
		RetryPolicy: &pubsubpb.RetryPolicy{
			MinimumBackoff: durationpb.New(time.Second), MaximumBackoff: durationpb.New(time.Minute),
		},
		DeadLetterPolicy: &pubsubpb.DeadLetterPolicy{DeadLetterTopic: cfg.TopicName() + "-dead", MaxDeliveryAttempts: 20},
	}
}

func dead(cfg config.Config) *pubsubpb.Subscription {
	topic := cfg.TopicName() + "-dead"
	return &pubsubpb.Subscription{Name: subscriptionName(topic), Topic: topic, AckDeadlineSeconds: 60}
}

// ensureSubscription makes the subscription, or points an existing one to where the service now listens.
func ensureSubscription(ctx context.Context, client *pubsub.SubscriptionAdminClient, s *pubsubpb.Subscription) error {
	_, err := client.CreateSubscription(ctx, s)
	if err := unlessThere(err); err != nil {
		return err
	}
	if s.PushConfig == nil {
		return nil
	}
	return client.ModifyPushConfig(ctx, &pubsubpb.ModifyPushConfigRequest{Subscription: s.Name, PushConfig: s.PushConfig})
}
