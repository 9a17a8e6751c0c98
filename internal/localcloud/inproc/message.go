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

// give puts the content of src into dst. When src is handed over, dst takes its parts; else it gets a deep copy, so that neither side
// can see what the other does to its message.
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

// asStatus gives err the code that it would have after a trip over the network.
func asStatus(err error) error {
	if _, ok := err.(interface{ GRPCStatus() *status.Status }); ok {
		return err
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return status.FromContextError(err).Err()
	}
	if s, ok := status.FromError(err); ok {
		return s.Err()
	}
	return status.Error(codes.Unknown, fmt.Sprint(err))
}

// serverContext is what a server may see of the caller's context: its end and its metadata. Values stay on the caller's side, as they
// would with a network between.
func serverContext(ctx context.Context) context.Context {
	md, ok := metadata.FromOutgoingContext(ctx)
	if !ok {
		md = metadata.MD{}
	}
	return metadata.NewIncomingContext(bare{ctx}, md)
}

// bare is a context without its values.
type bare struct{ ctx context.Context }

func (b bare) Deadline() (time.Time, bool) { return b.ctx.Deadline() }
func (b bare) Done() <-chan struct{}       { return b.ctx.Done() }
func (b bare) Err() error                  { return b.ctx.Err() }
func (b bare) Value(any) any               { return nil }

// AfterFunc lets contexts derived from this one hang on without a goroutine of their own.
func (b bare) AfterFunc(f func()) func() bool { return context.AfterFunc(b.ctx, f) }
