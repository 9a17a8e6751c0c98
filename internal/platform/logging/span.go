package logging

import "context"

// Tracer makes spans. Package telemetry provides one; the other packages know only this interface.
type Tracer interface {
	// Start begins a span below that of ctx. The returned function ends it.
	Start(ctx context.Context, name string) (context.Context, func(error))
	// Join begins a span that continues the request origin, which another process answered. The returned context
	// belongs to that request.
	Join(ctx context.Context, name string, origin Request) (context.Context, func(error))
}

type tracerKey struct{}

// WithTracer makes t the tracer of ctx.
func WithTracer(ctx context.Context, t Tracer) context.Context {
	return context.WithValue(ctx, tracerKey{}, t)
}

// Start begins a span for a part of the work. Its name is a constant of the code and never comes from outside. Without
// a tracer it does nothing.
func Start(ctx context.Context, name string) (context.Context, func(error)) {
	if t, ok := ctx.Value(tracerKey{}).(Tracer); ok {
		return t.Start(ctx, name)
	}
	return ctx, func(error) {}
}

// Join makes ctx belong to a request that another process answered, with a span of that name in its trace.
func Join(ctx context.Context, name string, origin Request) (context.Context, func(error)) {
	if t, ok := ctx.Value(tracerKey{}).(Tracer); ok {
		return t.Join(ctx, name, origin)
	}
	return WithRequest(ctx, origin), func(error) {}
}
