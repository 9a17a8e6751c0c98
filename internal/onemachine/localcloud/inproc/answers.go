package inproc

import (
	"context"
	"io"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// answers is both ends of a call with one request and a stream of answers, of a service that makes fresh messages. The
// service runs when the first answer is requested, in the goroutine that requests it, and has finished before the
// answer is read: there is no goroutine and no channel.
type answers struct {
	ctx     context.Context
	inner   context.Context // as the service sees it
	conn    *Conn
	method  *method
	name    string
	request proto.Message
	ran     bool
	list    []any // made but not read yet
	over    error // what RecvMsg returns when the list is empty
}

// SendMsg takes the request.
func (a *answers) SendMsg(m any) error {
	msg, ok := m.(proto.Message)
	if !ok {
		return status.Errorf(codes.Internal, "%T is not a protocol buffer message", m)
	}
	if !a.method.borrows {
		msg = proto.Clone(msg)
	}
	a.request = msg
	return nil
}

// CloseSend does nothing: there is one request.
func (*answers) CloseSend() error { return nil }

// RecvMsg returns the next answer, or how the call ended.
func (a *answers) RecvMsg(m any) error {
	if !a.ran {
		a.ran = true
		a.over = a.run()
	}
	if err := a.ctx.Err(); err != nil && len(a.list) > 0 {
		a.list, a.over = nil, status.FromContextError(err).Err()
	}
	if len(a.list) == 0 {
		return a.over
	}
	next := a.list[0]
	a.list = a.list[1:]
	return give(m, next, true)
}

func (a *answers) run() error {
	if !a.conn.running.enter() {
		return errShutdown()
	}
	defer a.conn.running.leave()
	a.inner = serverContext(a.ctx)
	if err := a.conn.callStream((*answering)(a), a.method, a.name); err != nil {
		return AsStatus(err)
	}
	return io.EOF
}

func (*answers) Header() (metadata.MD, error) { return metadata.MD{}, nil }
func (*answers) Trailer() metadata.MD         { return metadata.MD{} }
func (a *answers) Context() context.Context   { return a.ctx }

// answering is the service's end of answers.
type answering answers

// SendMsg queues an answer for the client.
func (a *answering) SendMsg(m any) error {
	if err := a.ctx.Err(); err != nil {
		return status.FromContextError(err).Err()
	}
	a.list = append(a.list, m)
	return nil
}

// RecvMsg returns the request, once.
func (a *answering) RecvMsg(m any) error {
	if a.request == nil {
		return io.EOF
	}
	request := a.request
	a.request = nil
	return give(m, request, true)
}

func (a *answering) Context() context.Context   { return a.inner }
func (*answering) SetHeader(metadata.MD) error  { return nil }
func (*answering) SendHeader(metadata.MD) error { return nil }
func (*answering) SetTrailer(metadata.MD)       {}
