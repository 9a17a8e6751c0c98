package provision

import (
	"context"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
)

func (s Spec) topics() []Resource {
	return []Resource{s.topicResource(TasksTopic), s.topicResource(TickTopic), s.topicResource(DeadTopic)}
}

// topicResource is a topic whose messages are encrypted under the data key, and stored in the region.
func (s Spec) topicResource(id string) Resource {
	name := s.topic(id)
	want := &pubsubpb.Topic{
		Name: name, KmsKeyName: s.key(DataKey),
		MessageStoragePolicy: &pubsubpb.MessageStoragePolicy{AllowedPersistenceRegions: []string{s.Region}},
	}
	rs := rules{}
	t := thing[*pubsubpb.Topic]{
		read: func(ctx context.Context, c *session) (*pubsubpb.Topic, error) {
			return c.Topics.GetTopic(ctx, &pubsubpb.GetTopicRequest{Topic: name})
		},
		create: func(ctx context.Context, c *session) error {
			_, err := c.Topics.CreateTopic(ctx, want)
			return err
		},
		differ: func(have *pubsubpb.Topic) []difference { return rs.differences(have, want) },
		update: func(ctx context.Context, c *session, have *pubsubpb.Topic, found []difference) error {
			rs.overlay(have, want)
			_, err := c.Topics.UpdateTopic(ctx, &pubsubpb.UpdateTopicRequest{Topic: have, UpdateMask: mask(found)})
			return err
		},
	}
	return Resource{
		Kind: "topic", Name: name, api: apiPubSub, look: t.look, fresh: true,
		block: tf("google_pubsub_topic", id, set("name", id), set("kms_key_name", s.key(DataKey)),
			sub("message_storage_policy", set("allowed_persistence_regions", []string{s.Region}))),
	}
}
