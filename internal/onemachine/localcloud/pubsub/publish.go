package pubsub

import (
	"context"
	"strconv"
	"strings"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table"
)

// Google's limits of a publish request and of its messages.
const (
	maxMessages     = 1000
	maxRequest      = 10_000_000
	maxAttributes   = 100
	maxAttributeKey = 256
	maxAttribute    = 1024
	maxOrderingKey  = 1024
)

// Publish stores messages for every subscription of a topic. They are on disk when it answers.
func (s *Server) Publish(ctx context.Context, req *pubsubpb.PublishRequest) (*pubsubpb.PublishResponse, error) {
	if err := checkName(topicPattern, "topics", req.GetTopic()); err != nil {
		return nil, err
	}
	if err := checkPublish(req); err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, table.Status(err)
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.topics[req.GetTopic()] == nil {
		return nil, notFound(req.GetTopic())
	}
	b := s.store.Batch()
	deliveries, ids, err := s.stage(b, req.GetTopic(), req.GetMessages())
	if err != nil {
		return nil, table.Status(err)
	}
	if err := s.store.Apply(b); err != nil {
		return nil, table.Status(err)
	}
	deliveries.enqueue()
	return &pubsubpb.PublishResponse{MessageIds: ids}, nil
}

func checkPublish(req *pubsubpb.PublishRequest) error {
	if len(req.GetMessages()) == 0 {
		return invalid("A publish request needs at least one message.")
	}
	if len(req.GetMessages()) > maxMessages {
		return invalid("A publish request has at most %d messages.", maxMessages)
	}
	if size := proto.Size(req); size > maxRequest {
		return invalid("Request payload size exceeds the limit: %d bytes.", maxRequest)
	}
	for _, m := range req.GetMessages() {
		if err := checkMessage(m); err != nil {
			return err
		}
	}
	return nil
}

func checkMessage(m *pubsubpb.PubsubMessage) error {
	if len(m.GetData()) == 0 && len(m.GetAttributes()) == 0 {
		return invalid("Some messages in the publish request are empty: each must have data or attributes.")
	}
	if len(m.GetAttributes()) > maxAttributes {
		return invalid("A message has at most %d attributes.", maxAttributes)
	}
	for k, v := range m.GetAttributes() {
		if k == "" || len(k) > maxAttributeKey || strings.HasPrefix(k, "goog") {
			return invalid("An attribute key is empty, longer than %d bytes or starts with goog.", maxAttributeKey)
		}
		if len(v) > maxAttribute {
			return invalid("An attribute value is longer than %d bytes.", maxAttribute)
		}
	}
	if len(m.GetOrderingKey()) > maxOrderingKey {
		return invalid("An ordering key is longer than %d bytes.", maxOrderingKey)
	}
	return nil
}

// staged are messages that a batch holds, on their way into the backlogs.
type staged map[*subscription][]*item

func (d staged) enqueue() {
	for sub, items := range d {
		sub.backlog.add(items...)
	}
}

// stage numbers messages and adds them to the batch, once for each subscription. The caller holds the lock at least for
// reading, applies the batch, and then enqueues.
func (s *Server) stage(b *table.Batch, topic string, messages []*pubsubpb.PubsubMessage) (staged, []string, error) {
	first, err := s.sequence.take(len(messages))
	if err != nil {
		return nil, nil, err
	}
	now := s.clock.Now()
	ids := make([]string, len(messages))
	out := staged{}
	for i, m := range messages {
		seq := first + uint64(i) // #nosec G115 -- an index
		ids[i] = strconv.FormatUint(seq, 10)
		m.MessageId, m.PublishTime = ids[i], timestamppb.New(now)
		for name, sub := range s.subs {
			if sub.get().GetTopic() != topic {
				continue
			}
			if err := s.messages.Set(b, messageRow(name, seq), m); err != nil {
				return nil, nil, err
			}
			out[sub] = append(out[sub], sub.newItem(seq, m))
		}
	}
	return out, ids, nil
}
