package store_test

import (
	"context"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// refusing is a connection on which no call is answered.
type refusing struct{}

func (refusing) Conn() *grpc.ClientConn { return nil }
func (refusing) Num() int               { return 1 }
func (refusing) Close() error           { return nil }

func (refusing) Invoke(context.Context, string, any, any, ...grpc.CallOption) error {
	return status.Error(codes.Unavailable, "refused")
}

func (refusing) NewStream(context.Context, *grpc.StreamDesc, string, ...grpc.CallOption) (grpc.ClientStream, error) {
	return nil, status.Error(codes.Unavailable, "refused")
}
