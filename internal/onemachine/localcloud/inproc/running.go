package inproc

import (
	"context"
	"sync"
	"sync/atomic"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// running counts the calls in progress. Whether it is stopped is a bit beside the count, so that both are read at once.
type running struct {
	state atomic.Int64
	once  sync.Once
	idle  chan struct{} // closed when it is stopped and no call is in progress
}

const stopped = int64(1) << 62

func errShutdown() error { return status.Error(codes.Unavailable, "the connection is shut down") }

// enter counts a call; it returns false when no more calls are accepted.
func (r *running) enter() bool {
	if r.state.Add(1)&stopped != 0 {
		r.leave()
		return false
	}
	return true
}

func (r *running) leave() {
	if r.state.Add(-1) == stopped {
		r.signal()
	}
}

func (r *running) signal() { r.once.Do(func() { close(r.idle) }) }

func (r *running) stop(ctx context.Context) error {
	if r.state.Or(stopped)&^stopped == 0 {
		r.signal()
	}
	select {
	case <-r.idle:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
