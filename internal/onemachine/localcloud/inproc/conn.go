// Package inproc is a gRPC connection without a network: Google's official clients call Google's generated service
// interfaces in the same process, with no HTTP/2 and no wire encoding between them.
//
// It must never change what a call means: both sides see the behaviour of a real connection (their own copies of
// messages, metadata, cancellation, status codes). It must never know a service, and it must never be the only thing
// that separates two workspaces, because it authenticates nobody.
package inproc

import (
	"context"
	"fmt"
	"reflect"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// FreshMessages is implemented by a service that builds every response message for the one call that gets it. If it
// keeps a part of one, it never changes it, and a client must not either. Its responses are passed to the client
// instead of being copied. A stream of responses to a single request ends by itself, and is produced as a whole when
// the client asks for the first.
type FreshMessages interface {
	// FreshMessages does nothing; having it is the promise.
	FreshMessages()
}

// BorrowedRequests is implemented by a service that never changes a request, and keeps no part of one after the call.
// Its requests are passed on instead of being copied.
type BorrowedRequests interface {
	// BorrowedRequests does nothing; having it is the promise.
	BorrowedRequests()
}

// Options change how a connection behaves. The zero value is a plain connection.
type Options struct {
	// Intercept, when set, runs before every call reaches its service. Its error is the call's error; it may block
	// until ctx ends.
	Intercept func(ctx context.Context, method string) error
	// OnPanic, when set, is told about a panic in a service before the caller gets codes.Internal.
	OnPanic func(method string, value any, stack []byte)
}

// Conn dispatches calls to the services registered with it. It is a grpc.ServiceRegistrar for the servers, and for the
// clients a grpc.ClientConnInterface and a connection pool for google.golang.org/api/transport/grpc.WithConnPool.
type Conn struct {
	opts     Options
	register sync.Mutex
	methods  atomic.Pointer[map[string]*method]
	running  running
}

// method is one registered RPC: unary when unary is set, else a stream.
type method struct {
	unary   *grpc.MethodDesc
	stream  *grpc.StreamDesc
	impl    any
	fresh   bool
	borrows bool
	calls   atomic.Int64
}

// New makes a connection with no services.
func New(opts Options) *Conn {
	c := &Conn{opts: opts, running: running{idle: make(chan struct{})}}
	c.methods.Store(&map[string]*method{})
	return c
}

// RegisterService makes impl the server of the service that desc describes. Like grpc.Server it panics when impl does
// not have the service's methods, or when the service has a server already.
func (c *Conn) RegisterService(desc *grpc.ServiceDesc, impl any) {
	want := reflect.TypeOf(desc.HandlerType).Elem()
	if !reflect.TypeOf(impl).Implements(want) {
		panic(fmt.Sprintf("inproc: %T does not implement %s", impl, want))
	}
	c.register.Lock()
	defer c.register.Unlock()
	next := make(map[string]*method)
	for name, m := range *c.methods.Load() {
		if strings.HasPrefix(name, "/"+desc.ServiceName+"/") {
			panic("inproc: service registered twice: " + desc.ServiceName)
		}
		next[name] = m
	}
	addMethods(next, desc, impl)
	c.methods.Store(&next)
}

func addMethods(into map[string]*method, desc *grpc.ServiceDesc, impl any) {
	_, fresh := impl.(FreshMessages)
	_, borrows := impl.(BorrowedRequests)
	prefix := "/" + desc.ServiceName + "/"
	for i := range desc.Methods {
		into[prefix+desc.Methods[i].MethodName] = &method{unary: &desc.Methods[i], impl: impl, fresh: fresh,
			borrows: borrows}
	}
	for i := range desc.Streams {
		into[prefix+desc.Streams[i].StreamName] = &method{stream: &desc.Streams[i], impl: impl, fresh: fresh,
			borrows: borrows}
	}
}

// Calls says how often each method was called, including intercepted calls.
func (c *Conn) Calls() map[string]int64 {
	out := make(map[string]int64)
	for name, m := range *c.methods.Load() {
		if n := m.calls.Load(); n > 0 {
			out[name] = n
		}
	}
	return out
}

// Conn returns nil: there is no network connection to hand out.
func (c *Conn) Conn() *grpc.ClientConn { return nil }

// Num is the number of connections in the pool.
func (c *Conn) Num() int { return 1 }

// Close does nothing. Every client closes its pool, and the clients of one process share this one.
func (c *Conn) Close() error { return nil }

// Invoke makes a unary call.
func (c *Conn) Invoke(ctx context.Context, name string, args, reply any, opts ...grpc.CallOption) error {
	m, err := c.begin(ctx, name)
	if err != nil {
		return err
	}
	if m.unary == nil {
		return status.Errorf(codes.Unimplemented, "method %s is a stream", name)
	}
	if !c.running.enter() {
		return errShutdown()
	}
	defer c.running.leave()
	answerMetadata(opts)
	out, err := c.callUnary(serverContext(ctx), m, name, args)
	if err != nil {
		return AsStatus(err)
	}
	return give(reply, out, m.fresh)
}

// NewStream starts a call with a stream on one side or both.
func (c *Conn) NewStream(ctx context.Context, _ *grpc.StreamDesc, name string,
	opts ...grpc.CallOption) (grpc.ClientStream, error) {
	m, err := c.begin(ctx, name)
	if err != nil {
		return nil, err
	}
	if m.stream == nil {
		return nil, status.Errorf(codes.Unimplemented, "method %s is not a stream", name)
	}
	answerMetadata(opts)
	if m.fresh && !m.stream.ClientStreams {
		return &answers{ctx: ctx, conn: c, method: m, name: name}, nil
	}
	return newStream(ctx, c, m, name), nil
}

// begin finds the method, counts the call and runs the interceptor.
func (c *Conn) begin(ctx context.Context, name string) (*method, error) {
	if err := ctx.Err(); err != nil {
		return nil, status.FromContextError(err).Err()
	}
	m, ok := (*c.methods.Load())[name]
	if !ok {
		return nil, status.Errorf(codes.Unimplemented, "unknown method %s", name)
	}
	m.calls.Add(1)
	if c.opts.Intercept != nil {
		if err := c.opts.Intercept(ctx, name); err != nil {
			return nil, AsStatus(err)
		}
	}
	return m, nil
}

// Shutdown refuses new calls and waits until those in progress have ended, or ctx has. It must be called before the
// services are closed.
func (c *Conn) Shutdown(ctx context.Context) error { return c.running.stop(ctx) }

func (c *Conn) callUnary(ctx context.Context, m *method, name string, args any) (out any, err error) {
	defer c.recovered(name, &err)
	return m.unary.Handler(m.impl, ctx, func(in any) error { return give(in, args, m.borrows) }, nil)
}

func (c *Conn) callStream(s grpc.ServerStream, m *method, name string) (err error) {
	defer c.recovered(name, &err)
	return m.stream.Handler(m.impl, s)
}

// recovered turns a panic into codes.Internal. The value is left out of the message, because it may hold a workspace's
// data.
func (c *Conn) recovered(name string, err *error) {
	v := recover()
	if v == nil {
		return
	}
	if c.opts.OnPanic != nil {
		c.opts.OnPanic(name, v, debug.Stack())
	}
	*err = status.Errorf(codes.Internal, "panic in %s", name)
}

// answerMetadata fills in the header and trailer that a caller asked for; no service here sends any.
func answerMetadata(opts []grpc.CallOption) {
	for _, o := range opts {
		switch o := o.(type) {
		case grpc.HeaderCallOption:
			*o.HeaderAddr = metadata.MD{}
		case grpc.TrailerCallOption:
			*o.TrailerAddr = metadata.MD{}
		}
	}
}
