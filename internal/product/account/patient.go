package account

import (
	"context"
	"sync"
	"time"
)

// patience is a time limit that stands still while a password is hashed: that is our own work, and on a busy machine it
// takes its time.
type patience struct {
	mu    sync.Mutex
	left  time.Duration
	since time.Time
	timer *time.Timer
	holds int
}

type patienceKey struct{}

// Patient gives a context that ends after limit, not counting the time in which passwords are hashed or wait for it,
// and after most in any case. So what this depends on is waited for no longer than elsewhere.
func Patient(ctx context.Context, limit, most time.Duration) (context.Context, context.CancelFunc) {
	ctx, end := context.WithTimeout(ctx, most)
	p := &patience{left: limit, since: time.Now()}
	p.timer = time.AfterFunc(limit, end)
	return context.WithValue(ctx, patienceKey{}, p), func() { p.timer.Stop(); end() }
}

// unhurried lets the limit of a Patient context stand still until the returned function is called.
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
