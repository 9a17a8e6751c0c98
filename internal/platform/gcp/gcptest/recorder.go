// Package gcptest is a connection for tests of what opens clients. Production code must never import it.
package gcptest

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Recorder is a connection that answers every call with NOT_FOUND, and notes it.
type Recorder struct {
	Calls  []string
	Closed bool
}

// Conn gives none: there is nothing below.
func (r *Recorder) Conn() *grpc.ClientConn { return nil }

// Num is one connection.
func (r *Recorder) Num() int { return 1 }

// Close notes that it was closed.
func (r *Recorder) Close() error {
	r.Closed = true
	return nil
}

// Invoke refuses a call with one answer.
func (r *Recorder) Invoke(_ context.Context, method string, _, _ any, _ ...grpc.CallOption) error {
	r.Calls = append(r.Calls, method)
	return status.Error(codes.NotFound, "nothing here")
}

// NewStream refuses a call with a stream on one side or both.
func (r *Recorder) NewStream(_ context.Context, _ *grpc.StreamDesc, method string,
	_ ...grpc.CallOption) (grpc.ClientStream, error) {
	r.Calls = append(r.Calls, method)
	return nil, status.Error(codes.NotFound, "nothing here")
}
