package logging

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
)

// The edges through which a request can come in.
const (
	Page    = "page"
	API     = "api"
	Push    = "push"
	Webhook = "webhook"
	Probe   = "probe"
)

// Line collects what becomes known about a request while it is answered: the content of its log line, its span and its
// counts. It belongs to one request, and nothing in it comes from outside.
type Line struct {
	Edge      string
	Route     string // the name of the handler
	Template  string // the path, with placeholders for what varies
	Workspace string // id
	Detail    string // private text of the error
	Control   bool   // whether an account asks that exists for the controls of promises only
	Status    int
	Bytes     int64
}

type lineKey struct{}

// LineOf is the line of the request that ctx belongs to. Outside of a request it is a line that is never logged.
func LineOf(ctx context.Context) *Line {
	if line, ok := ctx.Value(lineKey{}).(*Line); ok {
		return line
	}
	return &Line{}
}

// Arrive gives a request its id, its trace and its line, unless an outer handler has done so, and makes log its logger.
func Arrive(r *http.Request, log *slog.Logger) (context.Context, *Line) {
	ctx := r.Context()
	if line, ok := ctx.Value(lineKey{}).(*Line); ok {
		return ctx, line
	}
	trace, span, sampled := TraceFrom(r.Header.Get("traceparent"), r.Header.Get("X-Cloud-Trace-Context"))
	line := &Line{}
	ctx = WithRequest(Into(ctx, log), Request{ID: model.NewID(), Trace: trace, Span: span, Sampled: sampled})
	return context.WithValue(ctx, lineKey{}, line), line
}

// Log writes the one entry of an answered request: never its path, which can hold a secret, and never a header.
func (l *Line) Log(ctx context.Context, method string, took time.Duration) {
	level := slog.LevelInfo
	if l.Status >= http.StatusInternalServerError {
		level = slog.LevelError
	}
	attrs := []slog.Attr{
		slog.String("route", l.Route),
		slog.String("method", Method(method)),
		slog.Int("status", l.Status),
		slog.Int64("bytes", l.Bytes),
		slog.Duration("took", took),
	}
	if l.Control {
		attrs = append(attrs, slog.Bool("control", true))
	}
	if l.Detail != "" {
		attrs = append(attrs, slog.String("error", l.Detail))
	}
	From(ctx).LogAttrs(ctx, level, "request", attrs...)
}

// Method is an HTTP method in a form that may be logged and counted, because a client can send any word.
func Method(m string) string {
	switch m {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
		http.MethodOptions:
		return m
	}
	return "other"
}

// Recorder writes an answer and records its status and length in the line.
type Recorder struct {
	http.ResponseWriter
	line *Line
}

// Record makes a recorder.
func Record(w http.ResponseWriter, line *Line) *Recorder { return &Recorder{w, line} }

// Started reports whether the answer has been started.
func (w *Recorder) Started() bool { return w.line.Status != 0 }

// WriteHeader remembers the status.
func (w *Recorder) WriteHeader(status int) {
	if w.line.Status == 0 {
		w.line.Status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

// Write counts.
func (w *Recorder) Write(b []byte) (int, error) {
	if w.line.Status == 0 {
		w.line.Status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(b)
	w.line.Bytes += int64(n)
	return n, err
}

// Unwrap is for http.ResponseController.
func (w *Recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }
