package pubsub

import (
	"encoding/binary"
	"errors"
	"fmt"
	"sync"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table"
)

const (
	sequenceKey = "queue/sequence"
	// Numbers are reserved on disk this many at a time. A crash skips the rest, so that no number is issued twice.
	sequenceStep = 10_000
)

// sequence numbers messages. Later messages have greater numbers, across restarts too.
type sequence struct {
	store table.Store

	mu    sync.Mutex
	next  uint64
	limit uint64
}

func openSequence(store table.Store) (*sequence, error) {
	raw, err := store.Get([]byte(sequenceKey))
	if errors.Is(err, table.ErrNotFound) {
		return &sequence{store: store, next: 1, limit: 1}, nil
	}
	if err != nil || len(raw) != 8 {
		return nil, fmt.Errorf("read message sequence: %w", errors.Join(err, lengthError(raw)))
	}
	n := binary.BigEndian.Uint64(raw)
	return &sequence{store: store, next: n, limit: n}, nil
}

func lengthError(raw []byte) error {
	if len(raw) == 8 {
		return nil
	}
	return fmt.Errorf("%d bytes instead of 8", len(raw))
}

// take returns the first of n new numbers.
func (s *sequence) take(n int) (uint64, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	first := s.next
	end := first + uint64(n) // #nosec G115 -- a count of messages
	if end > s.limit {
		if err := s.reserve(end + sequenceStep); err != nil {
			return 0, err
		}
	}
	s.next = end
	return first, nil
}

func (s *sequence) reserve(limit uint64) error {
	b := s.store.Batch()
	b.Set([]byte(sequenceKey), binary.BigEndian.AppendUint64(nil, limit))
	if err := s.store.Apply(b); err != nil {
		return err
	}
	s.limit = limit
	return nil
}
