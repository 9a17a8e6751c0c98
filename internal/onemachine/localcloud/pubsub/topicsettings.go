package pubsub

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/label"
)

// agent is the domain of the accounts with which Google uses the keys of topics.
const agent = "gcp-sa-pubsub"

var regionPattern = regexp.MustCompile(`^[a-z]+(-[a-z]+)+[0-9]+$`)

// checkTopic refuses settings that a topic cannot have.
func (s *Server) checkTopic(ctx context.Context, topic *pubsubpb.Topic) error {
	if topic.GetSchemaSettings() != nil || topic.GetIngestionDataSourceSettings() != nil ||
		len(topic.GetMessageTransforms()) > 0 || len(topic.GetTags()) > 0 {
		return unserved("A topic with schema, ingestion, transforms or tags")
	}
	if err := label.Check(topic.GetLabels()); err != nil {
		return err
	}
	if kept := topic.GetMessageRetentionDuration(); kept != nil {
		if err := between("message_retention_duration", kept, shortestRetention, longestRetention); err != nil {
			return err
		}
	}
	if err := checkStorage(topic.GetMessageStoragePolicy()); err != nil {
		return err
	}
	return s.checkKey(ctx, topic)
}

func checkStorage(p *pubsubpb.MessageStoragePolicy) error {
	bad := func(region string) bool { return !regionPattern.MatchString(region) }
	if p != nil && (len(p.GetAllowedPersistenceRegions()) == 0 || slices.ContainsFunc(p.GetAllowedPersistenceRegions(),
		bad)) {
		return invalid("message_storage_policy.allowed_persistence_regions must name at least one region.")
	}
	return nil
}

// checkKey checks whether the topic's key can be used. A topic has no location of its own, so the key may be anywhere.
func (s *Server) checkKey(ctx context.Context, topic *pubsubpb.Topic) error {
	_, rest, _ := strings.Cut(topic.GetKmsKeyName(), "/locations/")
	location, _, _ := strings.Cut(rest, "/")
	return s.opts.Key.Check(ctx, topic.GetKmsKeyName(), topic.GetName(), location, agent)
}
