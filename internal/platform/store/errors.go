package store

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tinyoperahouse/toh/internal/model"
)

// Clash says which document made a commit fail: it already exists, is gone, or changed in the meantime.
type Clash struct{ Ref Ref }

// Error names the document.
func (c *Clash) Error() string { return "clash at " + c.Ref.String() }

// ErrUnsettled is wrapped by the error of a commit whose outcome is unknown: it was sent, and neither its answer nor
// its effect was seen in time.
var ErrUnsettled = errors.New("the outcome of the commit is unknown")

// failed maps an error of the client to a kind of package model.
func failed(ctx context.Context, doing string, err error) error {
	if err == nil {
		return nil
	}
	cause := fmt.Errorf("store: %s: %w", doing, err)
	switch code := status.Code(err); {
	case ctx.Err() != nil:
		return model.Unavailable(fmt.Errorf("%w: %w", cause, ctx.Err()))
	case away(code):
		return model.Unavailable(cause)
	case code == codes.FailedPrecondition && aboutKey(err):
		return model.Unavailable(cause)
	case broken(code):
		return model.Unavailable(cause)
	case code == codes.NotFound:
		return &model.Error{Kind: model.ErrNotFound, Cause: cause}
	}
	return cause
}

// away reports codes that mean that the database cannot be used now.
func away(code codes.Code) bool {
	switch code {
	case codes.Unavailable, codes.DeadlineExceeded, codes.Canceled, codes.Aborted, codes.ResourceExhausted:
		return true
	}
	return false
}

// broken reports codes with which a database that can be reached refuses everybody: it failed internally, or does not
// accept our identity. Nothing in a request can cause or cure that.
func broken(code codes.Code) bool {
	switch code {
	case codes.Internal, codes.PermissionDenied, codes.Unauthenticated:
		return true
	}
	return false
}

// passing reports whether a failed read may succeed when it is repeated at once.
func passing(err error) bool {
	switch status.Code(err) {
	case codes.Unavailable, codes.Aborted, codes.Internal:
		return true
	}
	return false
}

// aboutKey reports whether the database's own encryption key is unavailable.
func aboutKey(err error) bool { return strings.Contains(err.Error(), "encryption key") }

// refused reports whether the database rejected a commit because of a condition.
func refused(err error) bool {
	switch status.Code(err) {
	case codes.AlreadyExists, codes.NotFound:
		return true
	case codes.FailedPrecondition:
		return !aboutKey(err)
	}
	return false
}

// lost reports whether a call may have had an effect although it failed.
func lost(err error) bool {
	switch status.Code(err) {
	case codes.Unavailable, codes.DeadlineExceeded, codes.Canceled, codes.Internal, codes.Unknown:
		return true
	}
	return false
}

// unsettled must not say that nothing was changed, because that is not known.
func unsettled(ctx context.Context, err error) error {
	return &model.Error{
		Kind:   model.ErrUnavailable,
		Public: "We could not find out whether this was saved. Please check before you try again.",
		Cause:  fmt.Errorf("%w: %w", ErrUnsettled, failed(ctx, "commit", err)),
	}
}

func clash(r Ref) error {
	return &model.Error{Kind: model.ErrConflict, Public: "This was changed by someone else in the meantime.",
		Cause: &Clash{r}}
}
