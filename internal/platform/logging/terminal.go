package logging

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"sync"
)

// terminal writes lines for people. Like the JSON format it gets only cleaned attributes.
type terminal struct {
	w      io.Writer
	mu     *sync.Mutex
	prefix string // attributes of WithAttrs, already formatted
}

func newTerminal(opts Options) slog.Handler { return &terminal{w: opts.Writer, mu: new(sync.Mutex)} }

// Enabled is decided by the outer handler.
func (t *terminal) Enabled(context.Context, slog.Level) bool { return true }

// WithAttrs formats the attributes once.
func (t *terminal) WithAttrs(attrs []slog.Attr) slog.Handler {
	next := *t
	var b bytes.Buffer
	for _, a := range attrs {
		writeAttr(&b, "", a)
	}
	next.prefix += b.String()
	return &next
}

// WithGroup is never called: groups arrive as attributes.
func (t *terminal) WithGroup(string) slog.Handler { return t }

// Handle writes one line, and a stack below it.
func (t *terminal) Handle(_ context.Context, r slog.Record) error {
	var b bytes.Buffer
	b.WriteString(r.Time.Format("15:04:05.000 "))
	b.WriteString(padded(Severity(r.Level)))
	b.WriteString(r.Message)
	b.WriteString(t.prefix)
	stack := ""
	r.Attrs(func(a slog.Attr) bool {
		if a.Key == keyStack {
			stack = a.Value.String()
			return true
		}
		writeAttr(&b, "", a)
		return true
	})
	b.WriteByte('\n')
	if stack != "" {
		b.WriteString(stack + "\n")
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	_, err := t.w.Write(b.Bytes())
	return err
}

func padded(s string) string {
	const width = "         "
	if len(s) >= len(width) {
		return s + " "
	}
	return s + width[len(s):]
}

func writeAttr(b *bytes.Buffer, group string, a slog.Attr) {
	if a.Value.Kind() == slog.KindGroup {
		for _, inner := range a.Value.Group() {
			writeAttr(b, group+a.Key+".", inner)
		}
		return
	}
	b.WriteString("  " + group + a.Key + "=" + a.Value.String())
}
