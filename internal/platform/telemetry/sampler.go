package telemetry

import (
	"math/rand/v2"
	"sync"
	"time"
)

// A front of ours asks for one trace in ten seconds or so, and a stranger may ask for any number: so many are granted.
const (
	askedBurst = 5
	askedEvery = time.Second
)

// sampler decides which requests are traced: a part of all, and some of those for which it was asked.
type sampler struct {
	ratio float64

	mu   sync.Mutex
	left float64
	last time.Time
}

func newSampler(ratio float64) *sampler { return &sampler{ratio: ratio, left: askedBurst} }

// sample decides about a request whose trace began elsewhere. The chance is our own: who makes the id of a trace must
// not decide.
func (s *sampler) sample(asked bool, now time.Time) bool {
	lucky := rand.Float64() < s.ratio // #nosec G404 -- no secret
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
