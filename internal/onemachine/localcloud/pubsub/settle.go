package pubsub

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"google.golang.org/protobuf/proto"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table"
)

// take delivers messages of a subscription that are due. Messages whose lease expired wait again, as if refused, and
// messages that are too old are dropped.
func (s *Server) take(sub *subscription, limit int) ([]lease, error) {
	now := s.clock.Now()
	var given []lease
	for {
		taken := sub.backlog.take(offer{now: now, oldest: now.Add(-sub.retention()), hold: sub.ackDeadline(),
			limit: limit - len(given)})
		given = append(given, taken.given...)
		if len(taken.lapsed)+len(taken.old) == 0 {
			return given, nil
		}
		// Some of these may be due at once.
		if err := s.settleTaken(sub, taken); err != nil {
			return given, err
		}
	}
}

func (s *Server) settleTaken(sub *subscription, t taken) error {
	var failed []error
	for _, it := range t.lapsed {
		failed = append(failed, s.refuse(sub, it))
	}
	for _, it := range t.old {
		failed = append(failed, s.drop(sub, it))
	}
	return errors.Join(failed...)
}

// accept removes a message that a subscriber has taken over.
func (s *Server) accept(sub *subscription, l lease) error {
	it, ok := sub.backlog.hold(l, false)
	if !ok {
		return nil
	}
	return s.drop(sub, it)
}

// drop removes a held message from disk and then from the backlog.
func (s *Server) drop(sub *subscription, it *item) error {
	b := s.store.Batch()
	s.removeRows(b, sub.name(), it.seq)
	if err := s.store.Apply(b); err != nil {
		sub.backlog.release(it)
		return fmt.Errorf("remove message %d: %w", it.seq, err)
	}
	sub.backlog.forget(it)
	return nil
}

func (s *Server) removeRows(b *table.Batch, sub string, seq uint64) {
	s.messages.Remove(b, messageRow(sub, seq))
	b.Delete(triesKey(sub, seq))
}

// reject puts a message back to wait after a subscriber refused it.
func (s *Server) reject(sub *subscription, l lease) error {
	it, ok := sub.backlog.hold(l, true)
	if !ok {
		return nil
	}
	return s.refuse(sub, it)
}

// refuse counts a failed delivery of a held message: it waits for the next one, or is moved to the dead-letter topic.
func (s *Server) refuse(sub *subscription, it *item) error {
	it.tries++
	if sub.lastTry(it.tries) {
		moved, err := s.moveToDeadLetters(sub, it)
		if moved || err != nil {
			return err
		}
	}
	it.at = s.clock.Now().Add(sub.backoff(it.tries))
	b := s.store.Batch()
	b.Set(triesKey(sub.name(), it.seq), encodeTries(it))
	err := s.store.Apply(b)
	sub.backlog.release(it)
	if err != nil {
		return fmt.Errorf("note refusal of message %d: %w", it.seq, err)
	}
	return nil
}

// moveToDeadLetters publishes the message to the dead-letter topic and removes it here, in one write. If the topic does
// not exist, the message stays.
func (s *Server) moveToDeadLetters(sub *subscription, it *item) (moved bool, err error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	topic := sub.get().GetDeadLetterPolicy().GetDeadLetterTopic()
	if s.topics[topic] == nil {
		return false, nil
	}
	deliveries, err := s.writeDeadLetter(sub, it, topic)
	if err != nil {
		it.at = s.clock.Now().Add(sub.backoff(it.tries))
		sub.backlog.release(it)
		return false, fmt.Errorf("move message %d to dead letters: %w", it.seq, err)
	}
	sub.backlog.forget(it)
	deliveries.enqueue()
	return true, nil
}

func (s *Server) writeDeadLetter(sub *subscription, it *item, topic string) (staged, error) {
	m, err := s.messages.Get(messageRow(sub.name(), it.seq))
	if err != nil {
		return nil, err
	}
	b := s.store.Batch()
	s.removeRows(b, sub.name(), it.seq)
	deliveries, _, err := s.stage(b, topic, []*pubsubpb.PubsubMessage{deadLetter(sub, it, m)})
	if err != nil {
		return nil, err
	}
	return deliveries, s.store.Apply(b)
}

// deadLetter is the message as it is republished, with the attributes by which Google says where it comes from.
func deadLetter(sub *subscription, it *item, m *pubsubpb.PubsubMessage) *pubsubpb.PubsubMessage {
	out := proto.CloneOf(m)
	if out.Attributes == nil {
		out.Attributes = map[string]string{}
	}
	parts := strings.Split(sub.name(), "/")
	out.Attributes["CloudPubSubDeadLetterSourceDeliveryCount"] = strconv.Itoa(it.tries)
	out.Attributes["CloudPubSubDeadLetterSourceSubscription"] = parts[3]
	out.Attributes["CloudPubSubDeadLetterSourceSubscriptionProject"] = parts[1]
	out.Attributes["CloudPubSubDeadLetterSourceTopicPublishTime"] = m.GetPublishTime().AsTime().Format(time.RFC3339Nano)
	return out
}

// message reads the content of a lease. A lease of a message that is gone has none.
func (s *Server) message(sub *subscription, l lease) (*pubsubpb.PubsubMessage, error) {
	m, err := s.messages.Get(messageRow(sub.name(), l.seq))
	if err != nil {
		return nil, fmt.Errorf("read message %d: %w", l.seq, err)
	}
	return m, nil
}
