package logging

import "context"

// Tracer makes spans. Package telemetry has one; the others know no more of it than this.
type Tracer interface {
	// Start begins a span below that of ctx. The function that it gives ends it.
	Start(ctx context.Context, name string) (context.Context, func(error))
	// Join begins a span that goes on where another process answered the request origin. From there on ctx belongs to
	// that request.
	Join(ctx context.Context, name string, origin Request) (context.Context, func(error))
}

type tracerKey struct{}

// WithTracer makes t the tracer of ctx.
func WithTracer(ctx context.Context, t Tracer) context.Context {
	return context.WithValue(ctx, tracerKey{}, t)
}

// Start begins a span for a part of the work. Its name is a constant of the code, never what came from outside. Without
// a tracer it does nothing.
func Start(ctx context.Context, name string) (context.Context, func(error)) {
	if t, ok := ctx.Value(tracerKey{}).(Tracer); ok {
		return t.Start(ctx, name)
	}
	return ctx, func(error) {}
}

// Join makes ctx belong to the request that another process answered, with a span of that name in its trace.
func Join(ctx context.Context, name string, origin Request) (context.Context, func(error)) {
	if t, ok := ctx.Value(tracerKey{}).(Tracer); ok {
		return t.Join(ctx, name, origin)
	}
	return WithRequest(ctx, origin), func(error) {}
}
