package firestore

import (
	"context"
	"errors"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/firestore/lock"
)

func invalid(format string, args ...any) error {
	return status.Errorf(codes.InvalidArgument, format, args...)
}

func precondition(format string, args ...any) error {
	return status.Errorf(codes.FailedPrecondition, format, args...)
}

func notFound(format string, args ...any) error {
	return status.Errorf(codes.NotFound, format, args...)
}

// answer gives an error the code that the caller of an RPC gets.
func answer(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, lock.ErrDeadlock):
		return status.Error(codes.Aborted, "Aborted due to cross-transaction contention. This occurs when multiple "+
			"transactions attempt to access the same data, requiring Firestore to abort at least one in order to "+
			"enforce serializability.")
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return status.FromContextError(err).Err()
	}
	var known interface{ GRPCStatus() *status.Status }
	if errors.As(err, &known) { // the status itself, because a status around it would contain its text twice
		return known.GRPCStatus().Err()
	}
	return status.Errorf(codes.Internal, "firestore: %v", err)
}

func isPrecondition(err error) bool {
	return err != nil && status.Code(err) == codes.FailedPrecondition
}

func isNotFound(err error) bool { return err != nil && status.Code(err) == codes.NotFound }

// errUnserved: Google can do this, and the product does not need it.
func errUnserved(what string) error {
	return status.Errorf(codes.Unimplemented, "The local Firestore does not serve this: %s.", what)
}
