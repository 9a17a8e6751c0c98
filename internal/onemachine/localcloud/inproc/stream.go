package inproc

import (
	"context"
	"io"
	"sync"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// window is how many messages may wait in one direction of a stream before the sender waits.
const window = 16

// stream is both ends of one streaming call. The service runs in a goroutine that ends when it returns; it is started
// by the first message for methods with a single request, and at once for the others.
type stream struct {
	ctx      context.Context
	cancel   context.CancelFunc
	conn     *Conn
	method   *method
	name     string
	toServer chan proto.Message
	toClient chan any
	start    sync.Once
	closing  sync.Once
	err      error // the service's answer; read after toClient is closed
}

// clientStream and serverStream are the two ends' views.
type (
	clientStream struct {
		*stream
		over error // what every RecvMsg returns once the stream is over
	}
	serverStream struct {
		*stream
		ctx context.Context
	}
)

func newStream(ctx context.Context, c *Conn, m *method, name string) *clientStream {
	s := &stream{conn: c, method: m, name: name, toClient: make(chan any, window)}
	s.ctx, s.cancel = context.WithCancel(ctx)
	size := 1
	if m.stream.ClientStreams {
		size = window
	}
	s.toServer = make(chan proto.Message, size)
	if m.stream.ClientStreams {
		s.run()
	}
	return &clientStream{stream: s}
}

// run starts the service, once.
func (s *stream) run() {
	s.start.Do(func() {
		if !s.conn.running.enter() {
			s.err = errShutdown()
			close(s.toClient)
			return
		}
		go s.serve()
	})
}

func (s *stream) serve() {
	defer s.conn.running.leave()
	err := s.conn.callStream(&serverStream{s, serverContext(s.ctx)}, s.method, s.name)
	if err != nil {
		s.err = AsStatus(err)
	}
	close(s.toClient)
}

func (s *stream) ended() error { return status.FromContextError(s.ctx.Err()).Err() }

// SendMsg gives the service a copy of m.
func (c *clientStream) SendMsg(m any) error {
	msg, ok := m.(proto.Message)
	if !ok {
		return status.Errorf(codes.Internal, "%T is not a protocol buffer message", m)
	}
	select {
	case c.toServer <- proto.Clone(msg):
		c.run()
		return nil
	case <-c.ctx.Done():
		return io.EOF
	}
}

// CloseSend tells the service that no more messages come.
func (c *clientStream) CloseSend() error {
	c.closing.Do(func() { close(c.toServer) })
	c.run()
	return nil
}

// RecvMsg waits for the service's next message, or for its answer.
func (c *clientStream) RecvMsg(m any) error {
	if c.over != nil {
		return c.over
	}
	select {
	case msg, ok := <-c.toClient:
		if ok {
			return c.received(m, msg)
		}
		c.over = io.EOF
		if c.err != nil {
			c.over = c.err
		}
		c.cancel()
	case <-c.ctx.Done():
		c.over = c.ended()
	}
	return c.over
}

// received passes one message on. A method that sends a single message is over with it; gRPC lets its client stop
// reading there.
func (c *clientStream) received(m, msg any) error {
	if err := give(m, msg, c.method.fresh); err != nil {
		return err
	}
	if c.method.stream.ServerStreams {
		return nil
	}
	defer c.cancel()
	select {
	case _, more := <-c.toClient:
		if more {
			return status.Error(codes.Internal, "more than one answer from "+c.name)
		}
		return c.err
	case <-c.ctx.Done():
		return c.ended()
	}
}

func (c *clientStream) Header() (metadata.MD, error) { return metadata.MD{}, nil }
func (c *clientStream) Trailer() metadata.MD         { return metadata.MD{} }
func (c *clientStream) Context() context.Context     { return c.ctx }

// SendMsg passes m to the client; a copy of it unless the service promised not to keep it.
func (s *serverStream) SendMsg(m any) error {
	if !s.method.fresh {
		msg, ok := m.(proto.Message)
		if !ok {
			return status.Errorf(codes.Internal, "%T is not a protocol buffer message", m)
		}
		m = proto.Clone(msg)
	}
	select {
	case s.toClient <- m:
		return nil
	case <-s.ctx.Done():
		return s.ended()
	}
}

// RecvMsg waits for the client's next message; io.EOF after its last.
func (s *serverStream) RecvMsg(m any) error {
	select {
	case msg, ok := <-s.toServer:
		if !ok {
			return io.EOF
		}
		return give(m, msg, true)
	case <-s.ctx.Done():
		return s.ended()
	}
}

func (s *serverStream) Context() context.Context   { return s.ctx }
func (*serverStream) SetHeader(metadata.MD) error  { return nil }
func (*serverStream) SendHeader(metadata.MD) error { return nil }
func (*serverStream) SetTrailer(metadata.MD)       {}
