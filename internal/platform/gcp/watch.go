package gcp

import (
	"context"
	"errors"
	"fmt"

	monitoring "cloud.google.com/go/monitoring/apiv3/v2"
	trace "cloud.google.com/go/trace/apiv2"
	"google.golang.org/api/option"
	gtransport "google.golang.org/api/transport/grpc"
	"google.golang.org/grpc"
)

// Watch stands around every call of every client, whatever connection it goes over. Both or neither are given.
type Watch struct {
	Unary  grpc.UnaryClientInterceptor
	Stream grpc.StreamClientInterceptor
}

func (w Watch) set() bool { return w.Unary != nil && w.Stream != nil }

// dial are the options by which a connection that Google's library opens is watched. The library's own telemetry is
// off: it would tell everything twice.
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

// watched is a pool whose calls pass the interceptors, which a given connection has no place for.
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

// Watchers are the clients that traces and metrics leave by. Nothing watches them: telling of a call is not a call to
// tell of.
type Watchers struct {
	Traces  *trace.Client
	Metrics *monitoring.MetricClient

	close []func() error
}

// OpenWatchers opens them. Of the options only Project, Dial and UserAgent are looked at.
func OpenWatchers(ctx context.Context, o Options) (*Watchers, error) {
	o = Options{Project: o.Project, Dial: o.Dial, UserAgent: o.UserAgent}
	if !projectForm.MatchString(o.Project) {
		return nil, fmt.Errorf("gcp: %q is no project id", o.Project)
	}
	if o.Dial == nil {
		if err := checkEnvironment(); err != nil {
			return nil, fmt.Errorf("gcp: %w", err)
		}
	}
	w := &Watchers{}
	traces, err := trace.NewClient(ctx, o.base()...)
	if err != nil {
		return nil, fmt.Errorf("gcp: open Cloud Trace: %w", err)
	}
	w.Traces, w.close = traces, append(w.close, traces.Close)
	if w.Metrics, err = monitoring.NewMetricClient(ctx, o.base()...); err != nil {
		return nil, errors.Join(fmt.Errorf("gcp: open Cloud Monitoring: %w", err), w.Close())
	}
	w.close = append(w.close, w.Metrics.Close)
	return w, nil
}

// Close closes both. It can be called twice.
func (w *Watchers) Close() error {
	var all error
	for _, f := range w.close {
		all = errors.Join(all, f())
	}
	w.close = nil
	return all
}
