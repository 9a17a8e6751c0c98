package passwords

import (
	"context"
	"sync"
	"time"
)

// patience is a time limit that is paused while a password is hashed, because hashing is our own work and takes long on
// a busy machine.
type patience struct {
	mu    sync.Mutex
	left  time.Duration
	since time.Time
	timer *time.Timer
	holds int
}

type patienceKey struct{}

// Patient returns a context that ends after limit, not counting the time in which passwords are hashed or wait to be,
// and after most in any case. So other services are not waited for longer than in other requests.
func Patient(ctx context.Context, limit, most time.Duration) (context.Context, context.CancelFunc) {
	ctx, end := context.WithTimeout(ctx, most)
	p := &patience{left: limit, since: time.Now()}
	p.timer = time.AfterFunc(limit, end)
	return context.WithValue(ctx, patienceKey{}, p), func() { p.timer.Stop(); end() }
}

// unhurried pauses the limit of a Patient context until the returned function is called.
func unhurried(ctx context.Context) (resume func()) {
	p, _ := ctx.Value(patienceKey{}).(*patience)
	if p == nil {
		return func() {}
	}
	p.hold()
	return p.resume
}

func (p *patience) hold() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.holds++; p.holds == 1 && p.timer.Stop() {
		p.left -= time.Since(p.since)
	}
}

func (p *patience) resume() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.holds--; p.holds == 0 {
		p.since = time.Now()
		p.timer.Reset(max(p.left, 0))
	}
}
