package localcloud

import (
	"context"
	"errors"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/kv"
)

// durable registers services so that none of them answers before the disk has what the answer reveals. A change is
// visible in memory a little earlier, and may be gone after a crash, so until then neither the document nor the fact
// that it exists may be revealed. This is done in one place for all services, because each of them can read what
// another call is just writing.
type durable struct {
	to grpc.ServiceRegistrar
	db *kv.DB
}

// RegisterService registers a service with handlers that wait.
func (d durable) RegisterService(desc *grpc.ServiceDesc, impl any) {
	waiting := *desc
	waiting.Methods = make([]grpc.MethodDesc, len(desc.Methods))
	for i, m := range desc.Methods {
		waiting.Methods[i] = grpc.MethodDesc{MethodName: m.MethodName, Handler: d.unary(m.Handler)}
	}
	waiting.Streams = make([]grpc.StreamDesc, len(desc.Streams))
	for i, m := range desc.Streams {
		m.Handler = d.stream(m)
		waiting.Streams[i] = m
	}
	d.to.RegisterService(&waiting, impl)
}

// unary waits for the disk after a call, whether or not it succeeded, because an error reveals what is stored, too.
func (d durable) unary(handle grpc.MethodHandler) grpc.MethodHandler {
	return func(impl any, ctx context.Context, decode func(any) error, with grpc.UnaryServerInterceptor) (any, error) {
		out, err := handle(impl, ctx, decode, with)
		if wrong := d.db.Durable(ctx); wrong != nil {
			return nil, NotDurable(wrong)
		}
		return out, err
	}
}

func (d durable) stream(m grpc.StreamDesc) grpc.StreamHandler {
	return func(impl any, s grpc.ServerStream) error {
		out := &waiting{ServerStream: s, db: d.db, most: heldAnswers}
		if m.ClientStreams {
			out.most = 1 // it is bidirectional
		}
		err := m.Handler(impl, out)
		if wrong := out.flush(); wrong != nil {
			return wrong
		}
		return err
	}
}

// heldAnswers is how many answers wait for the disk together. If each waited alone, a long list would wait as often as
// it has lines.
const heldAnswers = 64

// waiting is a stream whose answers wait until the disk has what they reveal.
type waiting struct {
	grpc.ServerStream
	db   *kv.DB
	most int
	held []any
}

// SendMsg holds an answer, or sends all that are held.
func (w *waiting) SendMsg(m any) error {
	w.held = append(w.held, m)
	if len(w.held) < w.most {
		return nil
	}
	return w.flush()
}

func (w *waiting) flush() error {
	if err := w.db.Durable(w.Context()); err != nil {
		return NotDurable(err)
	}
	held := w.held
	w.held = nil
	for _, m := range held {
		if err := w.ServerStream.SendMsg(m); err != nil {
			return err
		}
	}
	return nil
}

// NotDurable is what a caller gets when the disk may not have what the answer is about: the outcome is unknown.
func NotDurable(err error) error {
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return status.FromContextError(err).Err()
	}
	return status.Error(codes.Unavailable, err.Error())
}
