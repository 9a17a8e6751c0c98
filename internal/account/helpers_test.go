package account_test

import (
	"context"
	"sync"
)

// recorder notes calls to the cloud.
type recorder struct {
	mu      sync.Mutex
	methods []string
}

func (r *recorder) note(_ context.Context, method string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.methods = append(r.methods, method)
	return nil
}
