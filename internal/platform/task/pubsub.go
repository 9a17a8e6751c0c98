package task

import (
	"context"
	"fmt"

	pubsub "cloud.google.com/go/pubsub/v2/apiv1"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"

	"github.com/tinyoperahouse/toh/internal/platform/logging"
)

// Topic is a Publisher on a Pub/Sub topic.
type Topic struct {
	Client *pubsub.TopicAdminClient
	Name   string // projects/{p}/topics/{t}
}

// Publish sends one message and waits until Pub/Sub has stored it. The ids of the request that it is sent for travel
// with it.
func (t Topic) Publish(ctx context.Context, data []byte) error {
	message := &pubsubpb.PubsubMessage{Data: data, Attributes: logging.Outgoing(ctx)}
	_, err := t.Client.Publish(ctx, &pubsubpb.PublishRequest{Topic: t.Name,
		Messages: []*pubsubpb.PubsubMessage{message}})
	if err != nil {
		return fmt.Errorf("publish: %w", err)
	}
	return nil
}
