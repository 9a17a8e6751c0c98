package telemetry

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"

	"github.com/tinyoperahouse/toh/internal/platform/logging"
)

// Front wraps every handler of requests: each request gets a span, and is counted.
func (t *Telemetry) Front(log *slog.Logger, next http.Handler) http.Handler {
	if t == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := time.Now()
		ctx, line := logging.Arrive(r, log)
		ctx, span := t.receive(ctx, began)
		defer func() { t.answered(ctx, span, line, logging.Method(r.Method), began) }()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// receive begins the span of a request. Its trace is the one that the request came with, if any.
func (t *Telemetry) receive(ctx context.Context, began time.Time) (context.Context, trace.Span) {
	req, _ := logging.RequestFrom(ctx)
	if req.Trace != "" {
		req.Sampled = t.sampler.sample(req.Sampled, began)
		ctx = trace.ContextWithRemoteSpanContext(ctx, spanContext(req))
	}
	ctx, span := t.tracer.Start(ctx, "request", trace.WithSpanKind(trace.SpanKindServer), trace.WithTimestamp(began))
	return logging.WithTracer(within(ctx, span, req.ID), t), span
}

// answered ends the span of a request, and counts it.
func (t *Telemetry) answered(ctx context.Context, span trace.Span, line *logging.Line, method string, began time.Time) {
	r := t.route(routeKey{line.Edge, line.Route, line.Template, method})
	if status := line.Status; span.IsRecording() {
		req, _ := logging.RequestFrom(ctx)
		span.SetName(method + " " + r.template)
		span.SetAttributes(attribute.String(attrMethod, method), attribute.String(attrRoute, r.template),
			attribute.Int(attrStatus, status),
			attribute.String(attrRequest, req.ID), attribute.String(attrEdge, r.edge))
		if line.Workspace != "" {
			span.SetAttributes(attribute.String(attrWorkspace, line.Workspace))
		}
		if status >= http.StatusInternalServerError {
			span.SetStatus(codes.Error, "")
		}
	}
	span.End()
	t.counts.counter[Requests].Add(ctx, 1, r.classes[class(line.Status)])
	t.counts.spread[RequestLatencies].Record(ctx, milliseconds(time.Since(began)), r.latency)
}

// routeKey is what a request is counted under: all of its parts are words of the code.
type routeKey struct{ edge, name, template, method string }

type route struct {
	edge, template string
	classes        [len(classes)]metric.MeasurementOption
	latency        metric.MeasurementOption
}

var classes = [...]string{"none", "1xx", "2xx", "3xx", "4xx", "5xx"}

// class is the index of a status in classes.
func class(status int) int {
	if c := status / 100; c > 0 && c < len(classes) {
		return c
	}
	return 0
}

func (t *Telemetry) route(k routeKey) *route {
	if r, ok := t.routes.Load(k); ok {
		return r.(*route)
	}
	r := &route{edge: k.edge, template: k.template}
	if r.edge == "" {
		r.edge = "other"
	}
	if r.template == "" {
		r.template = "(" + k.name + ")"
	}
	for i, c := range classes {
		r.classes[i] = t.counts.with(Requests, r.edge, k.method, r.template, c)
	}
	r.latency = t.counts.with(RequestLatencies, r.edge, r.template)
	made, _ := t.routes.LoadOrStore(k, r)
	return made.(*route)
}
