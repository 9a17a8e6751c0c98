package inproc

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// give puts the content of src into dst. When src may be handed over, dst takes its parts; otherwise it gets a deep
// copy, so that neither side can see what the other does to its message.
func give(dst, src any, handOver bool) error {
	d, s := reflect.ValueOf(dst), reflect.ValueOf(src)
	if handOver && d.Type() == s.Type() && !s.IsNil() {
		d.Elem().Set(s.Elem())
		return nil
	}
	to, ok := dst.(proto.Message)
	if !ok {
		return status.Errorf(codes.Internal, "%T is not a protocol buffer message", dst)
	}
	from, ok := src.(proto.Message)
	if !ok || from.ProtoReflect().Descriptor() != to.ProtoReflect().Descriptor() {
		return status.Errorf(codes.Internal, "cannot give a %T as a %T", src, dst)
	}
	proto.Reset(to)
	proto.Merge(to, from)
	return nil
}

// AsStatus gives err the code that it would have after a trip over the network. If err wraps a status, the status
// itself is returned, because gRPC would wrap err's text, which contains the code once more, in another status.
func AsStatus(err error) error {
	var wrapped interface{ GRPCStatus() *status.Status }
	switch {
	case err == nil:
		return nil
	case errors.As(err, &wrapped):
		return wrapped.GRPCStatus().Err()
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return status.FromContextError(err).Err()
	}
	return status.Error(codes.Unknown, fmt.Sprint(err))
}

// serverContext is what a server may see of the caller's context: its end and its metadata. Values stay on the caller's
// side, as they would with a network in between.
func serverContext(ctx context.Context) context.Context { return bare{ctx} }

// bare is a context without its values, but with the caller's metadata, which is copied only when it is used.
type bare struct{ ctx context.Context }

// Value is the metadata that arrived; nothing else.
func (b bare) Value(key any) any {
	if key != incomingKey {
		return nil
	}
	md, ok := metadata.FromOutgoingContext(b.ctx)
	if !ok {
		md = metadata.MD{}
	}
	return metadata.NewIncomingContext(b, md).Value(key)
}

// incomingKey is the key under which a context has the metadata that arrived. The package that defines it does not
// export it, but looks it up in a context.
var incomingKey = func() any {
	asked := &curious{}
	_, _ = metadata.FromIncomingContext(asked)
	return asked.key
}()

// curious is a context that only records which value is requested.
type curious struct {
	context.Context
	key any
}

// Value remembers the key.
func (c *curious) Value(key any) any {
	c.key = key
	return nil
}

func (b bare) Deadline() (time.Time, bool) { return b.ctx.Deadline() }
func (b bare) Done() <-chan struct{}       { return b.ctx.Done() }
func (b bare) Err() error                  { return b.ctx.Err() }

// AfterFunc lets contexts derived from this one be cancelled without a goroutine of their own.
func (b bare) AfterFunc(f func()) func() bool { return context.AfterFunc(b.ctx, f) }
