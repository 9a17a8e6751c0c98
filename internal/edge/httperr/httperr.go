// Package httperr is the one table from kinds of error to HTTP statuses, for pages and API alike.
//
// It must never depend on the text of an error, write an answer, or decide what a person gets to read.
package httperr

import (
	"context"
	"errors"
	"net/http"

	"github.com/tinyoperahouse/toh/internal/model"
)

// statuses is the table. The first match counts; what is not here is a 500.
var statuses = []struct {
	kind   error
	status int
}{
	{model.ErrUnauthenticated, http.StatusUnauthorized},
	{model.ErrNotFound, http.StatusNotFound},
	{model.ErrDenied, http.StatusForbidden},
	{model.ErrUnproven, http.StatusForbidden},
	{model.ErrStale, http.StatusPreconditionFailed},
	{model.ErrConflict, http.StatusConflict},
	{model.ErrReused, http.StatusConflict},
	{model.ErrDoubtful, http.StatusConflict},
	{model.ErrTooMany, http.StatusTooManyRequests},
	{model.ErrTooLarge, http.StatusRequestEntityTooLarge},
	{model.ErrLocked, http.StatusLocked},
	{model.ErrUnavailable, http.StatusServiceUnavailable},
	{context.DeadlineExceeded, http.StatusServiceUnavailable},
	{context.Canceled, http.StatusServiceUnavailable},
	{model.ErrInvalid, http.StatusBadRequest},
}

// Status is the HTTP status of an error, 200 if there is none.
func Status(err error) int {
	if err == nil {
		return http.StatusOK
	}
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		return http.StatusRequestEntityTooLarge
	}
	for _, row := range statuses {
		if errors.Is(err, row.kind) {
			return row.status
		}
	}
	return http.StatusInternalServerError
}
