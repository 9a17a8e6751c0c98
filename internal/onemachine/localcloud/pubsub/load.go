package pubsub

import (
	"encoding/binary"
	"errors"
	"fmt"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table"
)

// load reads topics, subscriptions and the state of every message from disk. What was leased before is due again.
func (s *Server) load() error {
	err := s.topicTable.Each("", func(name string, topic *pubsubpb.Topic) bool {
		s.topics[name] = topic
		return true
	})
	if err != nil {
		return fmt.Errorf("load topics: %w", err)
	}
	err = s.subTable.Each("", func(name string, pb *pubsubpb.Subscription) bool {
		s.subs[name] = s.newSubscription(pb)
		return true
	})
	if err != nil {
		return fmt.Errorf("load subscriptions: %w", err)
	}
	for name, sub := range s.subs {
		if err := s.loadMessages(name, sub); err != nil {
			return fmt.Errorf("load messages of %s: %w", name, err)
		}
	}
	return nil
}

func (s *Server) loadMessages(name string, sub *subscription) error {
	var items []*item
	var bad error
	err := s.messages.Each(name+"\x00", func(row string, m *pubsubpb.PubsubMessage) bool {
		it := sub.newItem(binary.BigEndian.Uint64([]byte(row[len(row)-8:])), m)
		bad = s.loadTries(name, it)
		items = append(items, it)
		return bad == nil
	})
	if err != nil || bad != nil {
		return errors.Join(err, bad)
	}
	sub.backlog.add(items...)
	return nil
}

func (s *Server) loadTries(name string, it *item) error {
	raw, err := s.store.Get(triesKey(name, it.seq))
	if errors.Is(err, table.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	return decodeTries(it, raw)
}
