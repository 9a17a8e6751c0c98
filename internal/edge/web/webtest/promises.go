package webtest

import (
	"context"
	"sync"

	"github.com/tinyoperahouse/toh/internal/product/promise"
)

// Promises answer what a test says that is known.
type Promises struct {
	mu    sync.Mutex
	Says  promise.Overview
	Asked []string // controls that were asked to run again
	Fails error
}

// Overview is what the test says.
func (p *Promises) Overview(context.Context) (*promise.Overview, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	says := p.Says
	return &says, p.Fails
}

// RunAgain notes what was asked for.
func (p *Promises) RunAgain(_ context.Context, control string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.Asked = append(p.Asked, control)
	return p.Fails
}
