package telemetry

import (
	"math/rand/v2"
	"sync"
	"time"
)

// Google's front end asks for about one trace in ten seconds, and a stranger may ask for any number, so only this many
// are granted.
const (
	askedBurst = 5
	askedEvery = time.Second
)

// sampler decides which requests are traced: a share of all, and some of those for which a trace was asked.
type sampler struct {
	ratio float64

	mu   sync.Mutex
	left float64
	last time.Time
}

func newSampler(ratio float64) *sampler { return &sampler{ratio: ratio, left: askedBurst} }

// sample decides about a request whose trace began elsewhere. The random choice is our own, because whoever makes the
// trace id must not decide.
func (s *sampler) sample(asked bool, now time.Time) bool {
	lucky := rand.Float64() < s.ratio // #nosec G404 -- not a secret
	return lucky || asked && s.ratio > 0 && s.grant(now)
}

func (s *sampler) grant(now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.last.IsZero() {
		s.left = min(askedBurst, s.left+float64(now.Sub(s.last))/float64(askedEvery))
	}
	s.last = now
	if s.left < 1 {
		return false
	}
	s.left--
	return true
}
