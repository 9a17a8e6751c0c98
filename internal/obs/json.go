package obs

import (
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"time"
)

// The fields that Cloud Logging lifts out of a JSON line, and the type that error reporting looks for.
const (
	keyTrace      = "logging.googleapis.com/trace"
	keySpan       = "logging.googleapis.com/spanId"
	keySampled    = "logging.googleapis.com/trace_sampled"
	keyLabels     = "logging.googleapis.com/labels"
	keyInsertID   = "logging.googleapis.com/insertId"
	keySource     = "logging.googleapis.com/sourceLocation"
	keyOperation  = "logging.googleapis.com/operation"
	keyHTTP       = "httpRequest"
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

// Labels are labels of the entry, indexed by Cloud Logging.
func Labels(labels map[string]string) slog.Attr {
	attrs := make([]slog.Attr, 0, len(labels))
	for _, key := range slices.Sorted(maps.Keys(labels)) {
		attrs = append(attrs, slog.String(key, labels[key]))
	}
	return slog.Attr{Key: keyLabels, Value: slog.GroupValue(attrs...)}
}

// InsertID lets Cloud Logging drop the entry if it was written before.
func InsertID(id string) slog.Attr { return slog.String(keyInsertID, id) }

// Operation ties the entries of one long task together.
func Operation(id, producer string, first, last bool) slog.Attr {
	return slog.Group(keyOperation, slog.String("id", id), slog.String("producer", producer), slog.Bool("first", first), slog.Bool("last", last))
}

// HTTPRequest describes a served request. Route is the pattern of the route, never the path: paths hold single-use links.
type HTTPRequest struct {
	Method    string
	Route     string
	Protocol  string
	UserAgent string
	Status    int
	Size      int64
	Latency   time.Duration
}

// Attr is the request as the httpRequest field.
func (h HTTPRequest) Attr() slog.Attr {
	return slog.Group(keyHTTP,
		slog.String("requestMethod", cleanText(h.Method, 20)),
		slog.String("requestUrl", cleanText(h.Route, 300)),
		slog.Int("status", h.Status),
		slog.String("responseSize", strconv.FormatInt(h.Size, 10)),
		slog.String("userAgent", cleanText(h.UserAgent, 200)),
		slog.String("latency", strconv.FormatFloat(h.Latency.Seconds(), 'f', 6, 64)+"s"),
		slog.String("protocol", cleanText(h.Protocol, 20)))
}
