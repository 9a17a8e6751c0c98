package table

import (
	"context"
	"errors"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Missing turns ErrNotFound into a NOT_FOUND status with the given text, and any other error into Status(err).
func Missing(err error, format string, args ...any) error {
	if errors.Is(err, ErrNotFound) {
		return status.Errorf(codes.NotFound, format, args...)
	}
	return Status(err)
}

// Status makes err an answer: an error that is already a status stays one, an ended context keeps its meaning, and
// anything else is INTERNAL.
func Status(err error) error {
	if err == nil {
		return nil
	}
	var known interface{ GRPCStatus() *status.Status }
	if errors.As(err, &known) { // the status itself, because a status around it would contain its text twice
		return known.GRPCStatus().Err()
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return status.FromContextError(err).Err()
	}
	return status.Errorf(codes.Internal, "local storage: %v", err)
}
