package logging

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strconv"
	"strings"
)

// Request is what the entries of one request have in common.
type Request struct {
	ID      string
	Trace   string // 32 hexadecimal digits, or ""
	Span    string // 16 hexadecimal digits, or ""
	Sampled bool
}

type requestKey struct{}
type loggerKey struct{}

// WithRequest makes ctx belong to a request. Its fields are on every entry that is logged with ctx.
func WithRequest(ctx context.Context, r Request) context.Context {
	return context.WithValue(ctx, requestKey{}, r)
}

// RequestFrom is the request that ctx belongs to.
func RequestFrom(ctx context.Context) (Request, bool) {
	r, ok := ctx.Value(requestKey{}).(Request)
	return r, ok
}

// Into makes log the logger of ctx.
func Into(ctx context.Context, log *slog.Logger) context.Context {
	return context.WithValue(ctx, loggerKey{}, log)
}

// last is the logger of a context that has none; it cleans like any other.
var last = New(Options{Writer: os.Stderr})

// From is the logger of ctx. It is never nil.
func From(ctx context.Context) *slog.Logger {
	if log, ok := ctx.Value(loggerKey{}).(*slog.Logger); ok {
		return log
	}
	return last
}

// Panic logs a recovered panic so that Error Reporting groups it by its stack. Of a value that is neither text nor an
// error only the type is logged, because the value may contain what somebody wrote.
func Panic(ctx context.Context, value any, stack []byte) {
	text := cleanText(panicText(value), maxText)
	From(ctx).LogAttrs(ctx, slog.LevelError, "panic: "+text, slog.String(keyStack, "panic: "+text+"\n\n"+string(stack)))
}

func panicText(value any) string {
	switch v := value.(type) {
	case string:
		return v
	case error:
		return textOf(v)
	}
	return fmt.Sprintf("a value of type %T", value)
}

// TraceFrom reads the trace from the headers traceparent and X-Cloud-Trace-Context. Malformed headers are ignored.
func TraceFrom(traceparent, cloud string) (trace, span string, sampled bool) {
	if parts := strings.Split(traceparent, "-"); len(parts) >= 4 && len(parts[0]) == 2 && isHex(parts[1], 32) &&
		isHex(parts[2], 16) && isHex(parts[3], 2) {
		return parts[1], parts[2], parts[3][1]&1 == 1
	}
	trace, rest, _ := strings.Cut(cloud, "/")
	if !isHex(trace, 32) {
		return "", "", false
	}
	number, options, _ := strings.Cut(rest, ";")
	if n, err := strconv.ParseUint(number, 10, 64); err == nil && n != 0 {
		span = fmt.Sprintf("%016x", n)
	}
	return trace, span, strings.HasPrefix(options, "o=1")
}

func isHex(s string, length int) bool {
	if len(s) != length {
		return false
	}
	zero := true
	for i := range len(s) {
		if (s[i] < '0' || s[i] > '9') && (s[i] < 'a' || s[i] > 'f') {
			return false
		}
		zero = zero && s[i] == '0'
	}
	return length == 2 || !zero
}
