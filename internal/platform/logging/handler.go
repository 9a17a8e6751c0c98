package logging

import (
	"context"
	"io"
	"log/slog"
	"runtime"
)

// Levels besides slog's four, as Cloud Logging knows them.
const (
	LevelNotice   = slog.Level(2)
	LevelCritical = slog.Level(12)
	LevelAlert    = slog.Level(16)
)

// Options say how to log. Writer is required.
type Options struct {
	Writer  io.Writer
	Level   slog.Leveler // nil means info
	Text    bool         // readable lines for a terminal instead of JSON
	Project string       // Google Cloud project of the traces; "" omits traces
	Service string       // for Error Reporting
	Version string
}

// handler cleans what it is given, puts the request's fields at the top level, and passes the entry to the handler for
// the output format.
type handler struct {
	opts Options
	form slog.Handler
	open []frame // groups opened by WithGroup, outermost first
}

// frame is an opened group with the attributes that were added inside it.
type frame struct {
	name  string
	attrs []slog.Attr
}

// New makes a logger.
func New(opts Options) *slog.Logger { return slog.New(NewHandler(opts)) }

// NewHandler makes the handler of New.
func NewHandler(opts Options) slog.Handler {
	if opts.Level == nil {
		opts.Level = slog.LevelInfo
	}
	if opts.Text {
		return &handler{opts: opts, form: newTerminal(opts)}
	}
	return &handler{opts: opts, form: newJSON(opts)}
}

// Enabled reports whether the level is logged.
func (h *handler) Enabled(_ context.Context, level slog.Level) bool {
	return level >= h.opts.Level.Level()
}

// WithAttrs adds attributes to every later entry. They are cleaned once, here.
func (h *handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	next := *h
	if len(h.open) == 0 {
		next.form = h.form.WithAttrs(cleanAttrs(attrs, 0))
		return &next
	}
	next.open = append([]frame(nil), h.open...)
	last := &next.open[len(next.open)-1]
	last.attrs = append(last.attrs[:len(last.attrs):len(last.attrs)], attrs...)
	return &next
}

// WithGroup nests what follows. The request's fields stay outside, where Cloud Logging looks for them.
func (h *handler) WithGroup(name string) slog.Handler {
	if name == "" {
		return h
	}
	next := *h
	next.open = append(h.open[:len(h.open):len(h.open)], frame{name: name})
	return &next
}

// Handle writes one entry.
func (h *handler) Handle(ctx context.Context, r slog.Record) error {
	out := slog.NewRecord(r.Time, r.Level, cleanText(r.Message, maxMessage), r.PC)
	out.AddAttrs(h.attrs(r)...)
	out.AddAttrs(h.requestAttrs(ctx)...)
	if !h.opts.Text && r.Level >= slog.LevelWarn {
		out.AddAttrs(h.sourceAttrs(r)...)
	}
	return h.form.Handle(ctx, out)
}

// attrs are the record's own attributes, inside the open groups, cleaned.
func (h *handler) attrs(r slog.Record) []slog.Attr {
	attrs := make([]slog.Attr, 0, r.NumAttrs()+4)
	r.Attrs(func(a slog.Attr) bool {
		attrs = append(attrs, a)
		return true
	})
	for i := len(h.open) - 1; i >= 0; i-- {
		inner := append(append([]slog.Attr(nil), h.open[i].attrs...), attrs...)
		attrs = []slog.Attr{{Key: h.open[i].name, Value: slog.GroupValue(inner...)}}
	}
	return cleanAttrs(attrs, 0)
}

// requestAttrs are the fields of the request that ctx belongs to.
func (h *handler) requestAttrs(ctx context.Context) []slog.Attr {
	req, ok := RequestFrom(ctx)
	if !ok {
		return nil
	}
	attrs := []slog.Attr{slog.String("request", req.ID)}
	if h.opts.Text || h.opts.Project == "" || req.Trace == "" {
		return attrs
	}
	attrs = append(attrs, slog.String(keyTrace, "projects/"+h.opts.Project+"/traces/"+req.Trace))
	if req.Span != "" {
		attrs = append(attrs, slog.String(keySpan, req.Span))
	}
	return append(attrs, slog.Bool(keySampled, req.Sampled))
}

// sourceAttrs say where in the code it happened, and mark errors for Error Reporting.
func (h *handler) sourceAttrs(r slog.Record) []slog.Attr {
	frames := runtime.CallersFrames([]uintptr{r.PC})
	f, _ := frames.Next()
	if r.PC == 0 || f.File == "" {
		return nil
	}
	attrs := []slog.Attr{slog.Group(keySource, slog.String("file", f.File), slog.Int("line", f.Line),
		slog.String("function", f.Function))}
	if r.Level < slog.LevelError {
		return attrs
	}
	return append(attrs,
		slog.String("@type", reportedError),
		slog.Group("serviceContext", slog.String("service", h.opts.Service), slog.String("version", h.opts.Version)),
		slog.Group("context", slog.Group("reportLocation",
			slog.String("filePath", f.File), slog.Int("lineNumber", f.Line), slog.String("functionName", f.Function))))
}
