package api

import (
	"sync"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
)

const maxBuckets = 10_000 // tokens in use at once that are remembered; beyond that the fullest are forgotten

// limiter bounds the requests of one token in this process. It is against a script that runs wild, not against an attacker: what it
// counts by has been checked before.
type limiter struct {
	rate  float64 // per second; 0 is no limit
	burst float64
	clock model.Clock

	mu      sync.Mutex
	buckets map[string]*bucket
}

type bucket struct {
	left float64
	at   time.Time
}

func newLimiter(perSecond float64, burst int, clock model.Clock) *limiter {
	return &limiter{rate: perSecond, burst: max(1, float64(burst)), clock: clock, buckets: map[string]*bucket{}}
}

// allow takes one request off a token's allowance.
func (l *limiter) allow(token string) error {
	if l.rate <= 0 {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.clock.Now()
	b := l.buckets[token]
	if b == nil {
		l.forget(now)
		b = &bucket{left: l.burst, at: now}
		l.buckets[token] = b
	}
	b.left = min(l.burst, b.left+now.Sub(b.at).Seconds()*l.rate)
	b.at = now
	if b.left < 1 {
		return &model.Error{Kind: model.ErrTooMany, Public: details[429]}
	}
	b.left--
	return nil
}

// forget drops the buckets that are full again, and if there are still too many, all.
func (l *limiter) forget(now time.Time) {
	if len(l.buckets) < maxBuckets {
		return
	}
	for token, b := range l.buckets {
		if b.left+now.Sub(b.at).Seconds()*l.rate >= l.burst {
			delete(l.buckets, token)
		}
	}
	if len(l.buckets) >= maxBuckets {
		clear(l.buckets)
	}
}
