package logging

import (
	"log/slog"
)

// The fields of a JSON line that Cloud Logging recognizes, and the type that Error Reporting looks for.
const (
	keyTrace      = "logging.googleapis.com/trace"
	keySpan       = "logging.googleapis.com/spanId"
	keySampled    = "logging.googleapis.com/trace_sampled"
	keySource     = "logging.googleapis.com/sourceLocation"
	keyStack      = "stack_trace"
	reportedError = "type.googleapis.com/google.devtools.clouderrorreporting.v1beta1.ReportedErrorEvent"
)

// newJSON writes one object per line. It gets only cleaned attributes, so only the built-in fields need other names.
func newJSON(opts Options) slog.Handler {
	return slog.NewJSONHandler(opts.Writer, &slog.HandlerOptions{Level: slog.Level(-1000), ReplaceAttr: renameBuiltin})
}

func renameBuiltin(groups []string, a slog.Attr) slog.Attr {
	if len(groups) > 0 {
		return a
	}
	switch a.Key {
	case slog.LevelKey:
		if level, ok := a.Value.Any().(slog.Level); ok {
			return slog.String("severity", Severity(level))
		}
	case slog.MessageKey:
		a.Key = "message"
	}
	return a
}

// Severity is the level as Cloud Logging names it.
func Severity(level slog.Level) string {
	switch {
	case level >= LevelAlert:
		return "ALERT"
	case level >= LevelCritical:
		return "CRITICAL"
	case level >= slog.LevelError:
		return "ERROR"
	case level >= slog.LevelWarn:
		return "WARNING"
	case level >= LevelNotice:
		return "NOTICE"
	case level >= slog.LevelInfo:
		return "INFO"
	}
	return "DEBUG"
}
