package httperr

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"testing"

	"github.com/tinyoperahouse/toh/internal/model"
)

func TestStatus(t *testing.T) {
	t.Parallel()
	for want, errs := range map[int][]error{
		200: {nil},
		400: {model.Invalid("x"), model.InvalidFields(nil)},
		401: {model.ErrUnauthenticated},
		403: {model.Denied("x")},
		404: {fmt.Errorf("a: %w", model.ErrNotFound), &model.Error{Kind: model.ErrNotFound, Cause: model.ErrDenied}},
		409: {model.Conflict("x")},
		412: {model.ErrStale},
		413: {model.ErrTooLarge, &http.MaxBytesError{Limit: 1}},
		423: {model.ErrLocked},
		429: {model.ErrTooMany},
		500: {errors.New("anything")},
		503: {model.Unavailable(errors.New("x")), context.DeadlineExceeded, context.Canceled},
	} {
		for _, err := range errs {
			if got := Status(err); got != want {
				t.Errorf("%v: %d, not %d", err, got, want)
			}
		}
	}
}
