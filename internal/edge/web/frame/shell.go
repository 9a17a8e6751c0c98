package frame

import (
	"net/http"
	"runtime/debug"
	"time"

	"github.com/tinyoperahouse/toh/internal/platform/logging"
)

// Shell gives every request an id, a trace, a line in the log, and an answer if the handler panics. The API uses it
// too.
func (s *Site) Shell(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		ctx, line := logging.Arrive(r, s.opts.Log)
		if ctx != r.Context() {
			r = r.WithContext(ctx)
		}
		if line.Edge == "" {
			line.Edge = logging.Page
		}
		o, _ := logging.RequestFrom(ctx)
		w.Header().Set("X-Request-Id", o.ID)
		seen := logging.Record(w, line)
		defer func() { line.Log(ctx, r.Method, time.Since(began)) }()
		defer s.recovered(seen, r)
		next.ServeHTTP(seen, r)
	})
}

// recovered answers a panic with a page, if nothing has been sent yet. http.ErrAbortHandler is passed on, which closes
// the connection.
func (s *Site) recovered(w *logging.Recorder, r *http.Request) {
	v := recover()
	if v == nil {
		return
	}
	if v == http.ErrAbortHandler {
		panic(v)
	}
	logging.Panic(r.Context(), v, debug.Stack())
	if w.Started() {
		panic(http.ErrAbortHandler)
	}
	s.plainFailure(w, r)
}

// plainFailure is the answer when pages themselves fail.
func (s *Site) plainFailure(w http.ResponseWriter, r *http.Request) {
	o, _ := logging.RequestFrom(r.Context())
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(http.StatusInternalServerError)
	_, _ = w.Write([]byte(s.catalog.T("error.500.text") + "\n" + s.catalog.T("error.request") + " " + o.ID + "\n"))
}
