package pubsub

import (
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table"
)

const (
	maxPull  = 1000
	pullWait = 5 * time.Second
	// clockCheck is how often a wait looks at the clock again, because a test may set it.
	clockCheck = time.Second
)

// Pull delivers messages of a pull subscription. When there are none it waits a little.
func (s *Server) Pull(ctx context.Context, req *pubsubpb.PullRequest) (*pubsubpb.PullResponse, error) {
	sub, err := s.sub(req.GetSubscription())
	if err != nil {
		return nil, err
	}
	if req.GetMaxMessages() <= 0 {
		return nil, invalid("max_messages must be greater than zero.")
	}
	if sub.get().GetPushConfig() != nil {
		return nil, status.Error(codes.FailedPrecondition, "A push subscription cannot be pulled from.")
	}
	limit := min(int(req.GetMaxMessages()), maxPull)
	wait := pullWait
	//lint:ignore SA1019 deprecated, and still what tools use
	if req.GetReturnImmediately() {
		wait = 0
	}
	given, err := s.takeWithin(ctx, sub, limit, wait)
	if err != nil {
		return nil, table.Status(err)
	}
	return s.received(sub, given)
}

// takeWithin waits for messages until the time is over.
func (s *Server) takeWithin(ctx context.Context, sub *subscription, limit int, wait time.Duration) ([]lease, error) {
	end := time.NewTimer(wait)
	defer end.Stop()
	for {
		changes := sub.backlog.changes()
		given, err := s.take(sub, limit)
		if len(given) > 0 || err != nil || wait == 0 {
			return given, err
		}
		again := time.NewTimer(s.untilNext(sub))
		select {
		case <-changes:
		case <-again.C:
		case <-end.C:
			wait = 0
		case <-ctx.Done():
			again.Stop()
			return nil, ctx.Err()
		}
		again.Stop()
	}
}

// untilNext is how long to sleep before something of the subscription may be due.
func (s *Server) untilNext(sub *subscription) time.Duration {
	at, ok := sub.backlog.next()
	if !ok {
		return time.Hour
	}
	return max(time.Millisecond, min(at.Sub(s.clock.Now()), clockCheck))
}

func (s *Server) received(sub *subscription, given []lease) (*pubsubpb.PullResponse, error) {
	resp := &pubsubpb.PullResponse{}
	for _, l := range given {
		m, err := s.message(sub, l)
		if errors.Is(err, table.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, table.Status(err)
		}
		got := &pubsubpb.ReceivedMessage{AckId: encodeAck(l), Message: m}
		if sub.get().GetDeadLetterPolicy() != nil {
			got.DeliveryAttempt = int32(l.tries) + 1 // #nosec G115 -- a small count
		}
		resp.ReceivedMessages = append(resp.ReceivedMessages, got)
	}
	return resp, nil
}

// Acknowledge removes messages for good.
func (s *Server) Acknowledge(_ context.Context, req *pubsubpb.AcknowledgeRequest) (*emptypb.Empty, error) {
	return s.eachAck(req.GetSubscription(), req.GetAckIds(), s.accept)
}

// ModifyAckDeadline gives messages more time, or with zero gives them back.
func (s *Server) ModifyAckDeadline(_ context.Context, req *pubsubpb.ModifyAckDeadlineRequest) (*emptypb.Empty, error) {
	seconds := req.GetAckDeadlineSeconds()
	if seconds < 0 || seconds > longestDeadline {
		return nil, invalid("ack_deadline_seconds must be between 0 and %d.", longestDeadline)
	}
	return s.eachAck(req.GetSubscription(), req.GetAckIds(), func(sub *subscription, l lease) error {
		if seconds == 0 {
			return s.reject(sub, l)
		}
		sub.backlog.extend(l, s.clock.Now().Add(time.Duration(seconds)*time.Second))
		return nil
	})
}

func (s *Server) eachAck(name string, ids []string, do func(*subscription, lease) error) (*emptypb.Empty, error) {
	sub, err := s.sub(name)
	if err != nil {
		return nil, err
	}
	if len(ids) == 0 {
		return nil, invalid("At least one ack id is required.")
	}
	leases := make([]lease, len(ids))
	for i, id := range ids {
		var ok bool
		if leases[i], ok = decodeAck(id); !ok {
			return nil, invalid("Some acknowledgement ids in the request were invalid.")
		}
	}
	var failed []error
	for _, l := range leases {
		failed = append(failed, do(sub, l))
	}
	return &emptypb.Empty{}, table.Status(errors.Join(failed...))
}

func encodeAck(l lease) string {
	raw := binary.BigEndian.AppendUint64(nil, l.seq)
	return base64.RawURLEncoding.EncodeToString(binary.BigEndian.AppendUint64(raw, l.lease))
}

func decodeAck(id string) (lease, bool) {
	raw, err := base64.RawURLEncoding.DecodeString(id)
	if err != nil || len(raw) != 16 {
		return lease{}, false
	}
	return lease{seq: binary.BigEndian.Uint64(raw), lease: binary.BigEndian.Uint64(raw[8:])}, true
}
