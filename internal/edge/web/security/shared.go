package security

import (
	"sync"
	"time"
)

// shared answers everybody who asks the same in some seconds with one reading of the database. Anybody can ask, so that
// otherwise anybody could make it read as much as they like.
type shared[T any] struct {
	mu   sync.Mutex
	have map[place]reading[T]
}

type reading[T any] struct {
	value T
	at    time.Time
}

// get is the value, read anew if it is too old. Errors are not shared.
func (s *shared[T]) get(now time.Time, of place, read func() (T, error)) (T, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if r, ok := s.have[of]; ok && now.Sub(r.at) < kept && !now.Before(r.at) {
		return r.value, nil
	}
	value, err := read()
	if err != nil {
		return value, err
	}
	if s.have == nil || len(s.have) >= mostKept {
		s.have = map[place]reading[T]{}
	}
	s.have[of] = reading[T]{value, now}
	return value, nil
}
