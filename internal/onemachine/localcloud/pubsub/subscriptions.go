package pubsub

import (
	"context"
	"strings"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/crud"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table"
)

// CreateSubscription makes a subscription. It gets the messages that are published from now on.
func (s *Server) CreateSubscription(_ context.Context, req *pubsubpb.Subscription) (*pubsubpb.Subscription, error) {
	if err := checkName(subPattern, "subscriptions", req.GetName()); err != nil {
		return nil, err
	}
	if err := checkName(topicPattern, "topics", req.GetTopic()); err != nil {
		return nil, err
	}
	pb := proto.CloneOf(req)
	if err := complete(pb); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.subs[pb.GetName()] != nil {
		return nil, exists(pb.GetName())
	}
	if s.topics[pb.GetTopic()] == nil {
		return nil, notFound(pb.GetTopic())
	}
	if err := s.checkDeadLetters(pb); err != nil {
		return nil, err
	}
	if err := s.subTable.Put(pb.GetName(), pb); err != nil {
		return nil, table.Status(err)
	}
	s.subs[pb.GetName()] = s.newSubscription(pb)
	s.dispatch.add(s, s.subs[pb.GetName()])
	return s.shown(pb), nil
}

// checkDeadLetters requires that the topic for dead letters exists. The caller holds the lock.
func (s *Server) checkDeadLetters(pb *pubsubpb.Subscription) error {
	topic := pb.GetDeadLetterPolicy().GetDeadLetterTopic()
	if topic != "" && s.topics[topic] == nil {
		return notFound(topic)
	}
	return nil
}

// shown is a subscription with what its topic adds. The caller holds the lock.
func (s *Server) shown(pb *pubsubpb.Subscription) *pubsubpb.Subscription {
	kept := s.topics[pb.GetTopic()].GetMessageRetentionDuration()
	if kept == nil {
		return pb
	}
	pb = proto.CloneOf(pb)
	pb.TopicMessageRetentionDuration = proto.CloneOf(kept)
	return pb
}

// GetSubscription returns a subscription's settings.
func (s *Server) GetSubscription(_ context.Context, req *pubsubpb.GetSubscriptionRequest) (*pubsubpb.Subscription,
	error) {
	sub, err := s.sub(req.GetSubscription())
	if err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.shown(sub.get()), nil
}

func (s *Server) sub(name string) (*subscription, error) {
	if err := checkName(subPattern, "subscriptions", name); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if sub := s.subs[name]; sub != nil {
		return sub, nil
	}
	return nil, notFound(name)
}

// ListSubscriptions lists the subscriptions of a project.
func (s *Server) ListSubscriptions(_ context.Context, req *pubsubpb.ListSubscriptionsRequest) (
	*pubsubpb.ListSubscriptionsResponse, error) {
	if err := checkProject(req.GetProject()); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	under := func(name string) bool { return strings.HasPrefix(name, req.GetProject()+"/") }
	names, next, err := table.Names(s.subs, under, req.GetPageSize(), req.GetPageToken())
	resp := &pubsubpb.ListSubscriptionsResponse{NextPageToken: next}
	for _, name := range names {
		resp.Subscriptions = append(resp.Subscriptions, s.shown(s.subs[name].get()))
	}
	return resp, err
}

// UpdateSubscription changes the parts of a subscription that the mask names.
func (s *Server) UpdateSubscription(_ context.Context, req *pubsubpb.UpdateSubscriptionRequest) (*pubsubpb.Subscription,
	error) {
	return s.replace(req.GetSubscription().GetName(), func(pb *pubsubpb.Subscription) error {
		return crud.Merge(pb, req.GetSubscription(), req.GetUpdateMask().GetPaths(), "push_config",
			"ack_deadline_seconds", "retry_policy", "dead_letter_policy", "message_retention_duration",
			"expiration_policy", "labels", "retain_acked_messages", "enable_exactly_once_delivery")
	})
}

// ModifyPushConfig makes a pull subscription a push subscription, or the other way round.
func (s *Server) ModifyPushConfig(_ context.Context, req *pubsubpb.ModifyPushConfigRequest) (*emptypb.Empty, error) {
	_, err := s.replace(req.GetSubscription(), func(pb *pubsubpb.Subscription) error {
		pb.PushConfig = proto.CloneOf(req.GetPushConfig())
		return nil
	})
	return &emptypb.Empty{}, err
}

// replace stores a changed copy of a subscription's settings.
func (s *Server) replace(name string, edit func(*pubsubpb.Subscription) error) (*pubsubpb.Subscription, error) {
	if err := checkName(subPattern, "subscriptions", name); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	sub := s.subs[name]
	if sub == nil {
		return nil, notFound(name)
	}
	pb := proto.CloneOf(sub.get())
	if err := edit(pb); err != nil {
		return nil, err
	}
	if err := complete(pb); err != nil {
		return nil, err
	}
	if policy := pb.GetDeadLetterPolicy(); !proto.Equal(policy, sub.get().GetDeadLetterPolicy()) {
		if err := s.checkDeadLetters(pb); err != nil {
			return nil, err
		}
	}
	if err := s.subTable.Put(name, pb); err != nil {
		return nil, table.Status(err)
	}
	sub.pb.Store(pb)
	sub.backlog.wake()
	return s.shown(pb), nil
}

// DeleteSubscription deletes a subscription and the messages that it holds.
func (s *Server) DeleteSubscription(_ context.Context, req *pubsubpb.DeleteSubscriptionRequest) (*emptypb.Empty,
	error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	sub := s.subs[req.GetSubscription()]
	if sub == nil {
		return nil, notFound(req.GetSubscription())
	}
	b := s.store.Batch()
	s.subTable.Remove(b, sub.name())
	s.policies.Remove(b, sub.name())
	for _, seq := range sub.backlog.all() {
		s.removeRows(b, sub.name(), seq)
	}
	if err := s.store.Apply(b); err != nil {
		return nil, table.Status(err)
	}
	delete(s.subs, sub.name())
	s.dispatch.remove(sub)
	return &emptypb.Empty{}, nil
}
