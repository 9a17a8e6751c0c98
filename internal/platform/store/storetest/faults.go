package storetest

import (
	"context"
	"path"
	"sync"
	"sync/atomic"

	gtransport "google.golang.org/api/transport/grpc"
	"google.golang.org/grpc"
)

// Hook is called for a call, with the name of its method as in "Commit". If it returns an error, the call fails with
// it. It may block.
type Hook func(ctx context.Context, method string) error

// Faults is a connection on which calls can be made to fail, before they reach the server or after.
type Faults struct {
	gtransport.ConnPool
	mu            sync.Mutex
	before, after Hook
	spoil         func(any)
}

// NewFaults puts Faults in front of a connection.
func NewFaults(to gtransport.ConnPool) *Faults { return &Faults{ConnPool: to} }

// Set installs the hooks. Nil hooks do nothing.
func (f *Faults) Set(before, after Hook) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.before, f.after = before, after
}

// Spoil changes every answer of a unary call before the client sees it.
func (f *Faults) Spoil(spoil func(answer any)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.spoil = spoil
}

func (f *Faults) spoiled(answer any) {
	f.mu.Lock()
	spoil := f.spoil
	f.mu.Unlock()
	if spoil != nil {
		spoil(answer)
	}
}

func (f *Faults) hooks() (before, after Hook) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.before, f.after
}

func ask(ctx context.Context, h Hook, method string) error {
	if h == nil {
		return nil
	}
	return h(ctx, path.Base(method))
}

// Invoke makes a unary call.
func (f *Faults) Invoke(ctx context.Context, method string, args, reply any, opts ...grpc.CallOption) error {
	before, after := f.hooks()
	if err := ask(ctx, before, method); err != nil {
		return err
	}
	if err := f.ConnPool.Invoke(ctx, method, args, reply, opts...); err != nil {
		return err
	}
	f.spoiled(reply)
	return ask(ctx, after, method)
}

// NewStream makes a call with a stream of answers. The hook after the call makes its first message fail.
func (f *Faults) NewStream(ctx context.Context, d *grpc.StreamDesc, method string,
	opts ...grpc.CallOption) (grpc.ClientStream, error) {
	before, after := f.hooks()
	if err := ask(ctx, before, method); err != nil {
		return nil, err
	}
	s, err := f.ConnPool.NewStream(ctx, d, method, opts...)
	if err != nil || after == nil {
		return s, err
	}
	return &faultyStream{ClientStream: s, ctx: ctx, method: method, after: after}, nil
}

type faultyStream struct {
	grpc.ClientStream
	ctx    context.Context
	method string
	after  Hook
}

// RecvMsg returns the next message, or the injected error.
func (s *faultyStream) RecvMsg(m any) error {
	if err := ask(s.ctx, s.after, s.method); err != nil {
		return err
	}
	return s.ClientStream.RecvMsg(m)
}

// Counting is a hook that counts the calls of a method.
func Counting(method string, n *atomic.Int64) Hook {
	return func(_ context.Context, m string) error {
		if m == method {
			n.Add(1)
		}
		return nil
	}
}
