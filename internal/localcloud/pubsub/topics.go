package pubsub

import (
	"context"
	"slices"
	"strings"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/tinyoperahouse/toh/internal/localcloud/table"
)

// CreateTopic makes a topic.
func (s *Server) CreateTopic(_ context.Context, req *pubsubpb.Topic) (*pubsubpb.Topic, error) {
	if err := checkName(topicPattern, "topics", req.GetName()); err != nil {
		return nil, err
	}
	if req.GetSchemaSettings() != nil || req.GetIngestionDataSourceSettings() != nil || len(req.GetMessageTransforms()) > 0 {
		return nil, unserved("A topic with schema, ingestion or transforms")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.topics[req.GetName()] != nil {
		return nil, exists(req.GetName())
	}
	topic := proto.CloneOf(req)
	topic.State = pubsubpb.Topic_ACTIVE
	if err := s.topicTable.Put(topic.GetName(), topic); err != nil {
		return nil, table.Status(err)
	}
	s.topics[topic.GetName()] = topic
	return topic, nil
}

// UpdateTopic changes a topic's labels.
func (s *Server) UpdateTopic(_ context.Context, req *pubsubpb.UpdateTopicRequest) (*pubsubpb.Topic, error) {
	if !slices.Equal(req.GetUpdateMask().GetPaths(), []string{"labels"}) {
		return nil, unserved("Changing more of a topic than its labels")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	stored := s.topics[req.GetTopic().GetName()]
	if stored == nil {
		return nil, notFound(req.GetTopic().GetName())
	}
	topic := proto.CloneOf(stored)
	topic.Labels = req.GetTopic().GetLabels()
	if err := s.topicTable.Put(topic.GetName(), topic); err != nil {
		return nil, table.Status(err)
	}
	s.topics[topic.GetName()] = topic
	return topic, nil
}

// GetTopic returns a topic.
func (s *Server) GetTopic(_ context.Context, req *pubsubpb.GetTopicRequest) (*pubsubpb.Topic, error) {
	if err := checkName(topicPattern, "topics", req.GetTopic()); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if topic := s.topics[req.GetTopic()]; topic != nil {
		return topic, nil
	}
	return nil, notFound(req.GetTopic())
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
func (s *Server) ListTopicSubscriptions(_ context.Context, req *pubsubpb.ListTopicSubscriptionsRequest) (*pubsubpb.ListTopicSubscriptionsResponse, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.topics[req.GetTopic()] == nil {
		return nil, notFound(req.GetTopic())
	}
	of := func(name string) bool { return s.subs[name].get().GetTopic() == req.GetTopic() }
	names, next, err := table.Names(s.subs, of, req.GetPageSize(), req.GetPageToken())
	return &pubsubpb.ListTopicSubscriptionsResponse{Subscriptions: names, NextPageToken: next}, err
}

// DeleteTopic deletes a topic. Its subscriptions stay with what they hold, and get no more.
func (s *Server) DeleteTopic(_ context.Context, req *pubsubpb.DeleteTopicRequest) (*emptypb.Empty, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.topics[req.GetTopic()] == nil {
		return nil, notFound(req.GetTopic())
	}
	var b table.Batch
	s.topicTable.Remove(&b, req.GetTopic())
	orphans := map[*subscription]*pubsubpb.Subscription{}
	for name, sub := range s.subs {
		if sub.get().GetTopic() != req.GetTopic() {
			continue
		}
		pb := proto.CloneOf(sub.get())
		pb.Topic = deletedTopic
		orphans[sub] = pb
		if err := s.subTable.Set(&b, name, pb); err != nil {
			return nil, table.Status(err)
		}
	}
	if err := s.store.Apply(&b); err != nil {
		return nil, table.Status(err)
	}
	delete(s.topics, req.GetTopic())
	for sub, pb := range orphans {
		sub.pb.Store(pb)
	}
	return &emptypb.Empty{}, nil
}
