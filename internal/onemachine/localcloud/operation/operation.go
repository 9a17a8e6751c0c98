// Package operation keeps the long-running operations of the local cloud. They are already done when they are returned,
// and stay readable, because Google's clients read them while they wait.
//
// It must never hold one that is not done: the local cloud completes its work before it answers.
package operation

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"regexp"

	"cloud.google.com/go/longrunning/autogen/longrunningpb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table"
)

var namePattern = regexp.MustCompile(`^([^/]+/)*operations/[^/]+$`)

// Operations serves google.longrunning.Operations once for all services.
type Operations struct {
	longrunningpb.UnimplementedOperationsServer

	table table.Table[longrunningpb.Operation, *longrunningpb.Operation]
}

// New returns the operations that store keeps.
func New(store table.Store) *Operations {
	return &Operations{table: table.New[longrunningpb.Operation](store, "operation/")}
}

// Register adds the service to a server or connection.
func (o *Operations) Register(r grpc.ServiceRegistrar) { longrunningpb.RegisterOperationsServer(r, o) }

// Done stores and returns an operation below parent that has ended with a result. parent may be empty, metadata nil.
func (o *Operations) Done(parent string, result, metadata proto.Message) (*longrunningpb.Operation, error) {
	op, err := ended(result, metadata)
	if err != nil {
		return nil, table.Status(err)
	}
	op.Name = "operations/" + newID()
	if parent != "" {
		op.Name = parent + "/" + op.Name
	}
	return op, table.Status(o.table.Put(op.GetName(), op))
}

func ended(result, metadata proto.Message) (*longrunningpb.Operation, error) {
	response, err := anypb.New(result)
	if err != nil {
		return nil, err
	}
	op := &longrunningpb.Operation{Done: true, Result: &longrunningpb.Operation_Response{Response: response}}
	if metadata != nil {
		op.Metadata, err = anypb.New(metadata)
	}
	return op, err
}

func newID() string {
	id := make([]byte, 16)
	_, _ = rand.Read(id) // never fails
	return hex.EncodeToString(id)
}

// GetOperation returns an operation.
func (o *Operations) GetOperation(_ context.Context, req *longrunningpb.GetOperationRequest) (*longrunningpb.Operation,
	error) {
	return o.get(req.GetName())
}

func (o *Operations) get(name string) (*longrunningpb.Operation, error) {
	if !namePattern.MatchString(name) {
		return nil, status.Errorf(codes.InvalidArgument, "Operation name %q is invalid.", name)
	}
	op, err := o.table.Get(name)
	if err != nil {
		return nil, table.Missing(err, "Operation %s not found.", name)
	}
	return op, nil
}

// WaitOperation is GetOperation, because there is nothing to wait for.
func (o *Operations) WaitOperation(_ context.Context, req *longrunningpb.WaitOperationRequest) (
	*longrunningpb.Operation, error) {
	return o.get(req.GetName())
}

// ListOperations lists the operations below a name.
func (o *Operations) ListOperations(_ context.Context, req *longrunningpb.ListOperationsRequest) (
	*longrunningpb.ListOperationsResponse, error) {
	if req.GetFilter() != "" {
		return nil, status.Error(codes.Unimplemented, "Filters of operations are not served locally.")
	}
	under := "operations/"
	if req.GetName() != "" {
		under = req.GetName() + "/operations/"
	}
	ops, next, _, err := o.table.List(under, req.GetPageSize(), req.GetPageToken())
	return &longrunningpb.ListOperationsResponse{Operations: ops, NextPageToken: next}, err
}

// DeleteOperation forgets an operation.
func (o *Operations) DeleteOperation(_ context.Context, req *longrunningpb.DeleteOperationRequest) (*emptypb.Empty,
	error) {
	if _, err := o.get(req.GetName()); err != nil {
		return nil, err
	}
	return &emptypb.Empty{}, table.Status(o.table.Delete(req.GetName()))
}

// CancelOperation leaves an operation as it is, because it has ended.
func (o *Operations) CancelOperation(_ context.Context, req *longrunningpb.CancelOperationRequest) (*emptypb.Empty,
	error) {
	_, err := o.get(req.GetName())
	return &emptypb.Empty{}, err
}
