package web

import (
	"context"
	"log/slog"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/obs"
)

// Shell is what every request needs, whatever answers it: an id, a trace, a line in the log, an answer to a panic. The API wears it too.
func (s *Site) Shell(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		trace, span, sampled := obs.TraceFrom(r.Header.Get("traceparent"), r.Header.Get("X-Cloud-Trace-Context"))
		ctx := obs.Into(r.Context(), s.opts.Log)
		id := model.NewID()
		ctx = obs.WithRequest(ctx, obs.Request{ID: id, Trace: trace, Span: span, Sampled: sampled})
		w.Header().Set("X-Request-Id", id)
		line := &logLine{}
		r = r.WithContext(context.WithValue(ctx, lineKey{}, line))
		seen := &statusWriter{ResponseWriter: w}
		defer s.logRequest(r, seen, line, began)
		defer s.recovered(seen, r)
		next.ServeHTTP(seen, r)
	})
}

// recovered answers a panic with a page, if nothing has been sent yet. A handler that means to cut the connection may do so.
func (s *Site) recovered(w *statusWriter, r *http.Request) {
	v := recover()
	if v == nil {
		return
	}
	if v == http.ErrAbortHandler {
		panic(v)
	}
	obs.Panic(r.Context(), v, debug.Stack())
	if w.status != 0 {
		panic(http.ErrAbortHandler)
	}
	s.plainFailure(w, r)
}

// plainFailure is the answer when pages themselves fail.
func (s *Site) plainFailure(w http.ResponseWriter, r *http.Request) {
	o, _ := obs.RequestFrom(r.Context())
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(http.StatusInternalServerError)
	_, _ = w.Write([]byte(s.catalog.T("error.500.text") + "\n" + s.catalog.T("error.request") + " " + o.ID + "\n"))
}

// logLine collects what the log line of a request says beside its status.
type logLine struct {
	route  string
	detail string // private text of the error
}

type lineKey struct{}

func lineOf(ctx context.Context) *logLine {
	line, _ := ctx.Value(lineKey{}).(*logLine)
	return line
}

// logRequest writes one line per request: never its path, which can hold a secret, and never a header.
func (s *Site) logRequest(r *http.Request, w *statusWriter, line *logLine, began time.Time) {
	level := slog.LevelInfo
	if w.status >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	attrs := []slog.Attr{
		slog.String("route", line.route),
		slog.String("method", knownMethod(r.Method)),
		slog.Int("status", w.status),
		slog.Int64("bytes", w.bytes),
		slog.Duration("took", time.Since(began)),
	}
	if line.detail != "" {
		attrs = append(attrs, slog.String("error", line.detail))
	}
	s.opts.Log.LogAttrs(r.Context(), level, "request", attrs...)
}

func knownMethod(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return m
	}
	return "other"
}

// statusWriter remembers what was answered.
type statusWriter struct {
	http.ResponseWriter
	status int
	bytes  int64
}

// WriteHeader remembers the status.
func (w *statusWriter) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write counts.
func (w *statusWriter) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(b)
	w.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController through.
func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
