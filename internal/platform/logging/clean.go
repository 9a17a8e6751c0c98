package logging

import (
	"fmt"
	"log/slog"
	"strings"
)

// Limits of one entry. Cloud Logging accepts 256 KB.
const (
	maxMessage = 4 << 10
	maxText    = 2 << 10
	maxStack   = 16 << 10
	maxAttrs   = 64
	maxDepth   = 6
	maxKey     = 100
)

const blank = "[not logged]"

// cleanAttrs returns copies without anything that must not be written.
func cleanAttrs(attrs []slog.Attr, depth int) []slog.Attr {
	if len(attrs) > maxAttrs {
		attrs = append(attrs[:maxAttrs:maxAttrs], slog.Int("attributes_cut", len(attrs)-maxAttrs))
	}
	out := make([]slog.Attr, 0, len(attrs))
	for _, a := range attrs {
		if !a.Equal(slog.Attr{}) {
			out = append(out, cleanAttr(a, depth))
		}
	}
	return out
}

func cleanAttr(a slog.Attr, depth int) slog.Attr {
	switch {
	case a.Key == keyStack && a.Value.Kind() == slog.KindString:
		return slog.String(keyStack, cleanStack(a.Value.String()))
	case depth == 0 && isReserved(a.Key):
		a.Key = "attr_" + a.Key
	case dangerous(a.Key):
		return slog.String(cleanText(a.Key, maxKey), blank)
	}
	return slog.Attr{Key: cleanText(a.Key, maxKey), Value: cleanValue(a.Value, depth)}
}

// isReserved reports whether only the handler itself may write a field of this name.
func isReserved(key string) bool {
	switch key {
	case "severity", "message", "msg", "level", "time", "timestamp", "request", keyTrace, keySpan, keySampled,
		keySource, "@type", "serviceContext", "context":
		return true
	}
	return false
}

// cleanValue resolves a LogValuer first; slog guards against one that panics or returns itself.
func cleanValue(v slog.Value, depth int) slog.Value {
	if v.Kind() == slog.KindLogValuer {
		v = v.Resolve()
	}
	switch v.Kind() {
	case slog.KindString:
		return slog.StringValue(cleanText(v.String(), maxText))
	case slog.KindDuration:
		return slog.StringValue(v.Duration().String())
	case slog.KindGroup:
		return cleanGroup(v, depth)
	case slog.KindAny:
		return slog.StringValue(cleanText(textOf(v.Any()), maxText))
	}
	return v
}

func cleanGroup(v slog.Value, depth int) slog.Value {
	if depth >= maxDepth {
		return slog.StringValue("[too deep]")
	}
	return slog.GroupValue(cleanAttrs(v.Group(), depth+1)...)
}

// textOf writes only what is known to be text. A struct may hold anything, so its type is named and its content not
// shown.
func textOf(v any) (text string) {
	defer func() {
		if recover() != nil {
			text = fmt.Sprintf("[%T panicked]", v)
		}
	}()
	switch t := v.(type) {
	case nil:
		return "nil"
	case error:
		return t.Error()
	case []string:
		return strings.Join(t, ", ")
	case slog.Level:
		return t.String()
	case bool, int, int8, int16, int32, int64, uint, uint8, uint16, uint32, uint64, float32, float64, []int, []int64:
		return fmt.Sprint(t)
	case fmt.Stringer:
		return t.String()
	}
	return fmt.Sprintf("[%T]", v)
}
