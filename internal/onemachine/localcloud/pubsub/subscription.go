package pubsub

import (
	"encoding/binary"
	"fmt"
	"sync/atomic"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
)

const (
	messagePrefix = "queue/message/"
	triesPrefix   = "queue/tries/"
)

// subscription is a subscription's settings, which are replaced as a whole and never changed, and its messages.
type subscription struct {
	pb      atomic.Pointer[pubsubpb.Subscription]
	backlog *backlog
	stop    func() // ends its dispatcher, if one runs; guarded by the dispatcher's lock
}

func (s *Server) newSubscription(pb *pubsubpb.Subscription) *subscription {
	sub := &subscription{backlog: newBacklog(s.clock.Now())}
	sub.pb.Store(pb)
	return sub
}

func (s *subscription) get() *pubsubpb.Subscription { return s.pb.Load() }

func (s *subscription) name() string { return s.get().GetName() }

func (s *subscription) retention() time.Duration {
	return s.get().GetMessageRetentionDuration().AsDuration()
}

func (s *subscription) ackDeadline() time.Duration {
	return time.Duration(s.get().GetAckDeadlineSeconds()) * time.Second
}

func (s *subscription) newItem(seq uint64, m *pubsubpb.PubsubMessage) *item {
	it := &item{seq: seq, published: m.GetPublishTime().AsTime(), at: m.GetPublishTime().AsTime()}
	if s.get().GetEnableMessageOrdering() {
		it.key = m.GetOrderingKey()
	}
	return it
}

// backoff is how long a message waits after it was refused for the nth time: Google's times for pushes, or those of the
// retry policy. A pulled message without a policy comes back at once.
func (s *subscription) backoff(tries int) time.Duration {
	shortest, longest := 100*time.Millisecond, time.Minute
	policy := s.get().GetRetryPolicy()
	switch {
	case policy != nil:
		shortest, longest = policy.GetMinimumBackoff().AsDuration(), policy.GetMaximumBackoff().AsDuration()
	case s.get().GetPushConfig().GetPushEndpoint() == "":
		return 0
	}
	wait := shortest
	for i := 1; i < tries && wait < longest; i++ {
		wait *= 2
	}
	return min(wait, longest)
}

// lastTry tells whether a message that was refused so often goes to the dead-letter topic.
func (s *subscription) lastTry(tries int) bool {
	policy := s.get().GetDeadLetterPolicy()
	return policy != nil && tries >= int(policy.GetMaxDeliveryAttempts())
}

func messageRow(sub string, seq uint64) string {
	return string(binary.BigEndian.AppendUint64(append([]byte(sub), 0), seq))
}

func triesKey(sub string, seq uint64) []byte { return []byte(triesPrefix + messageRow(sub, seq)) }

func encodeTries(it *item) []byte {
	raw := binary.BigEndian.AppendUint64(nil, uint64(it.at.UnixNano())) // #nosec G115 -- read back the same way
	return binary.AppendUvarint(raw, uint64(it.tries))                  // #nosec G115 -- a small count
}

func decodeTries(it *item, raw []byte) error {
	if len(raw) < 9 {
		return fmt.Errorf("tries of a message have %d bytes", len(raw))
	}
	n, used := binary.Uvarint(raw[8:])
	if used <= 0 || n > 1<<31 {
		return fmt.Errorf("tries of a message cannot be read")
	}
	it.tries = int(n)                                                   // #nosec G115 -- bounded above
	it.at = time.Unix(0, int64(binary.BigEndian.Uint64(raw[:8]))).UTC() // #nosec G115 -- as written
	return nil
}
