package app

import (
	"context"
	"sync"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
)

// sharedFor is how long one reading answers everybody who asks for a public page, since anybody can.
const sharedFor = 10 * time.Second

// shared is something that public pages show, read at most once in sharedFor by each instance.
type shared[T any] struct {
	fetch func(context.Context) (T, error)
	clock model.Clock

	mu   sync.Mutex
	last T
	read time.Time
}

func (s *shared[T]) get(ctx context.Context) (T, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.clock.Now()
	if !s.read.IsZero() && now.Sub(s.read) < sharedFor && !now.Before(s.read) {
		return s.last, nil
	}
	value, err := s.fetch(ctx)
	if err != nil {
		return value, err
	}
	s.last, s.read = value, now
	return value, nil
}
