package gcp

import (
	"context"

	"google.golang.org/api/option"
	gtransport "google.golang.org/api/transport/grpc"
	"google.golang.org/grpc"
)

// Watch wraps every call of every client, whatever connection it uses. Either both interceptors are given or neither.
type Watch struct {
	Unary  grpc.UnaryClientInterceptor
	Stream grpc.StreamClientInterceptor
}

func (w Watch) set() bool { return w.Unary != nil && w.Stream != nil }

// dial are the options that make Google's library watch a connection it opens. The library's own telemetry is off,
// because it would report everything a second time.
func (w Watch) dial() []option.ClientOption {
	opts := []option.ClientOption{option.WithTelemetryDisabled()}
	if !w.set() {
		return opts
	}
	return append(opts,
		option.WithGRPCDialOption(grpc.WithChainUnaryInterceptor(w.Unary)),
		option.WithGRPCDialOption(grpc.WithChainStreamInterceptor(w.Stream)))
}

// around is a given connection with the watch around it.
func (w Watch) around(pool gtransport.ConnPool) gtransport.ConnPool {
	if !w.set() {
		return pool
	}
	return watched{
		ConnPool: pool, watch: w,
		invoke: func(ctx context.Context, method string, args, reply any, _ *grpc.ClientConn,
			opts ...grpc.CallOption) error {
			return pool.Invoke(ctx, method, args, reply, opts...)
		},
		open: func(ctx context.Context, desc *grpc.StreamDesc, _ *grpc.ClientConn, method string,
			opts ...grpc.CallOption) (grpc.ClientStream, error) {
			return pool.NewStream(ctx, desc, method, opts...)
		},
	}
}

// watched is a pool whose calls pass the interceptors. A connection that is given already open has no place for them.
type watched struct {
	gtransport.ConnPool
	watch  Watch
	invoke grpc.UnaryInvoker
	open   grpc.Streamer
}

// Invoke makes a call with one answer.
func (w watched) Invoke(ctx context.Context, method string, args, reply any, opts ...grpc.CallOption) error {
	return w.watch.Unary(ctx, method, args, reply, nil, w.invoke, opts...)
}

// NewStream makes a call with a stream on one side or both.
func (w watched) NewStream(ctx context.Context, desc *grpc.StreamDesc, method string,
	opts ...grpc.CallOption) (grpc.ClientStream, error) {
	return w.watch.Stream(ctx, desc, nil, method, w.open, opts...)
}
