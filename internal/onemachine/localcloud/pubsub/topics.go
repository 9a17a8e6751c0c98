package pubsub

import (
	"context"
	"slices"
	"strings"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/crud"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table"
)

// CreateTopic makes a topic.
func (s *Server) CreateTopic(ctx context.Context, req *pubsubpb.Topic) (*pubsubpb.Topic, error) {
	if err := checkName(topicPattern, "topics", req.GetName()); err != nil {
		return nil, err
	}
	topic := proto.CloneOf(req)
	topic.State, topic.SatisfiesPzs = pubsubpb.Topic_ACTIVE, false
	if err := s.checkTopic(ctx, topic); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.topics[req.GetName()] != nil {
		return nil, exists(req.GetName())
	}
	return topic, s.putTopic(topic)
}

func (s *Server) putTopic(topic *pubsubpb.Topic) error {
	if err := s.topicTable.Put(topic.GetName(), topic); err != nil {
		return table.Status(err)
	}
	s.topics[topic.GetName()] = topic
	return nil
}

// UpdateTopic changes the parts of a topic that the mask names.
func (s *Server) UpdateTopic(ctx context.Context, req *pubsubpb.UpdateTopicRequest) (*pubsubpb.Topic, error) {
	if err := checkName(topicPattern, "topics", req.GetTopic().GetName()); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	stored := s.topics[req.GetTopic().GetName()]
	if stored == nil {
		return nil, notFound(req.GetTopic().GetName())
	}
	topic, paths := proto.CloneOf(stored), req.GetUpdateMask().GetPaths()
	for _, path := range []string{"schema_settings", "ingestion_data_source_settings", "message_transforms"} {
		if slices.Contains(paths, path) {
			return nil, unserved("A topic with schema, ingestion or transforms")
		}
	}
	if err := crud.Merge(topic, req.GetTopic(), paths, "labels", "message_storage_policy",
		"message_retention_duration", "kms_key_name"); err != nil {
		return nil, err
	}
	if err := s.checkTopic(ctx, topic); err != nil {
		return nil, err
	}
	return topic, s.putTopic(topic)
}

// GetTopic returns a topic.
func (s *Server) GetTopic(_ context.Context, req *pubsubpb.GetTopicRequest) (*pubsubpb.Topic, error) {
	return s.topic(req.GetTopic())
}

func (s *Server) topic(name string) (*pubsubpb.Topic, error) {
	if err := checkName(topicPattern, "topics", name); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if topic := s.topics[name]; topic != nil {
		return topic, nil
	}
	return nil, notFound(name)
}

// ListTopics lists the topics of a project.
func (s *Server) ListTopics(_ context.Context, req *pubsubpb.ListTopicsRequest) (*pubsubpb.ListTopicsResponse, error) {
	if err := checkProject(req.GetProject()); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	under := func(name string) bool { return strings.HasPrefix(name, req.GetProject()+"/") }
	names, next, err := table.Names(s.topics, under, req.GetPageSize(), req.GetPageToken())
	resp := &pubsubpb.ListTopicsResponse{NextPageToken: next}
	for _, name := range names {
		resp.Topics = append(resp.Topics, s.topics[name])
	}
	return resp, err
}

// ListTopicSubscriptions lists the names of a topic's subscriptions.
func (s *Server) ListTopicSubscriptions(_ context.Context, req *pubsubpb.ListTopicSubscriptionsRequest) (
	*pubsubpb.ListTopicSubscriptionsResponse, error) {
	if _, err := s.topic(req.GetTopic()); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	of := func(name string) bool { return s.subs[name].get().GetTopic() == req.GetTopic() }
	names, next, err := table.Names(s.subs, of, req.GetPageSize(), req.GetPageToken())
	return &pubsubpb.ListTopicSubscriptionsResponse{Subscriptions: names, NextPageToken: next}, err
}

// DeleteTopic deletes a topic. Its subscriptions keep the messages that they hold, and get no more.
func (s *Server) DeleteTopic(_ context.Context, req *pubsubpb.DeleteTopicRequest) (*emptypb.Empty, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.topics[req.GetTopic()] == nil {
		return nil, notFound(req.GetTopic())
	}
	b := s.store.Batch()
	s.topicTable.Remove(b, req.GetTopic())
	s.policies.Remove(b, req.GetTopic())
	orphans := map[*subscription]*pubsubpb.Subscription{}
	for name, sub := range s.subs {
		if sub.get().GetTopic() != req.GetTopic() {
			continue
		}
		pb := proto.CloneOf(sub.get())
		pb.Topic = deletedTopic
		orphans[sub] = pb
		if err := s.subTable.Set(b, name, pb); err != nil {
			return nil, table.Status(err)
		}
	}
	if err := s.store.Apply(b); err != nil {
		return nil, table.Status(err)
	}
	delete(s.topics, req.GetTopic())
	for sub, pb := range orphans {
		sub.pb.Store(pb)
	}
	return &emptypb.Empty{}, nil
}
