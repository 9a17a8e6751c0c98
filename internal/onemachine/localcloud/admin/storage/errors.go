package storage

import (
	"errors"
	"fmt"
	"net/http"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// apiError is an error answer of the JSON API.
type apiError struct {
	code    int
	reason  string
	message string
}

func (e *apiError) Error() string { return fmt.Sprintf("%d %s: %s", e.code, e.reason, e.message) }

func fail(code int, reason, format string, args ...any) error {
	return &apiError{code: code, reason: reason, message: fmt.Sprintf(format, args...)}
}

func invalid(format string, args ...any) error {
	return fail(http.StatusBadRequest, "invalid", format, args...)
}

// byStatus has the answers for errors of the other parts of the cloud.
var byStatus = map[codes.Code]apiError{
	codes.InvalidArgument:    {code: http.StatusBadRequest, reason: "invalid"},
	codes.FailedPrecondition: {code: http.StatusBadRequest, reason: "failedPrecondition"},
	codes.NotFound:           {code: http.StatusNotFound, reason: "notFound"},
	codes.AlreadyExists:      {code: http.StatusConflict, reason: "conflict"},
	codes.PermissionDenied:   {code: http.StatusForbidden, reason: "forbidden"},
	codes.Aborted:            {code: http.StatusPreconditionFailed, reason: "conditionNotMet"},
	codes.Unavailable:        {code: http.StatusServiceUnavailable, reason: "backendError"},
	codes.ResourceExhausted:  {code: http.StatusTooManyRequests, reason: "rateLimitExceeded"},
	codes.DeadlineExceeded:   {code: http.StatusGatewayTimeout, reason: "backendError"},
}

// WriteError answers a request with the error of another part of the cloud.
func WriteError(w http.ResponseWriter, r *http.Request, err error) {
	answer(func(*http.Request) (any, error) { return nil, err })(w, r)
}

func errorBody(err error) (int, any) {
	var e *apiError
	if !errors.As(err, &e) {
		known, ok := byStatus[status.Code(err)]
		if !ok {
			known = apiError{code: http.StatusInternalServerError, reason: "internalError"}
		}
		known.message = status.Convert(err).Message()
		e = &known
	}
	one := map[string]string{"domain": "global", "reason": e.reason, "message": e.message}
	return e.code, map[string]any{"error": map[string]any{"code": e.code, "message": e.message, "errors": []any{one}}}
}
