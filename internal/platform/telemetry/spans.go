package telemetry

import (
	"context"
	"encoding/binary"
	"math/rand/v2"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"

	"github.com/tinyoperahouse/toh/internal/platform/logging"
)

// The attributes that a span can have. The exporter sends nothing else.
const (
	attrMethod    = "/http/method"
	attrRoute     = "/http/route"
	attrStatus    = "/http/status_code"
	attrRequest   = "toh/request"
	attrEdge      = "toh/edge"
	attrWorkspace = "toh/workspace"
	attrService   = "rpc/service"
	attrCall      = "rpc/method"
	attrCode      = "rpc/code"
)

var attributes = map[attribute.Key]bool{
	attrMethod: true, attrRoute: true, attrStatus: true, attrRequest: true, attrEdge: true, attrWorkspace: true,
	attrService: true, attrCall: true, attrCode: true,
}

var spanLimits = sdktrace.SpanLimits{
	AttributeValueLengthLimit: 256, AttributeCountLimit: 16, EventCountLimit: 0, LinkCountLimit: 2,
	AttributePerEventCountLimit: 0, AttributePerLinkCountLimit: 0,
}

// within makes ctx log with the ids of a span, for the request with this id.
func within(ctx context.Context, span trace.Span, request string) context.Context {
	sc := span.SpanContext()
	return logging.WithRequest(ctx, logging.Request{ID: request, Trace: sc.TraceID().String(),
		Span: sc.SpanID().String(), Sampled: sc.IsSampled()})
}

// spanContext is a request as OpenTelemetry sees it. Where only the trace is known, the span id is random; only the
// trace matters.
func spanContext(r logging.Request) trace.SpanContext {
	traceID, _ := trace.TraceIDFromHex(r.Trace)
	spanID, err := trace.SpanIDFromHex(r.Span)
	if err != nil {
		binary.BigEndian.PutUint64(spanID[:], rand.Uint64()|1) // #nosec G404 -- not a secret
	}
	var flags trace.TraceFlags
	return trace.NewSpanContext(trace.SpanContextConfig{TraceID: traceID, SpanID: spanID,
		TraceFlags: flags.WithSampled(r.Sampled), Remote: true})
}

// Start begins a span for a part of the work: below that of ctx, or a root span where there is none.
func (t *Telemetry) Start(ctx context.Context, name string) (context.Context, func(error)) {
	if t == nil {
		return ctx, func(error) {}
	}
	ctx, span := t.tracer.Start(ctx, name)
	return ctx, ending(span)
}

// Join begins a span in the trace of a request that another process answered. The span of ctx so far is linked.
func (t *Telemetry) Join(ctx context.Context, name string, origin logging.Request) (context.Context, func(error)) {
	here := trace.SpanContextFromContext(ctx)
	if origin.Trace != "" {
		ctx = trace.ContextWithRemoteSpanContext(ctx, spanContext(origin))
	}
	ctx, span := t.tracer.Start(ctx, name, trace.WithSpanKind(trace.SpanKindConsumer),
		trace.WithLinks(trace.Link{SpanContext: here}))
	if span.IsRecording() {
		span.SetAttributes(attribute.String(attrRequest, origin.ID))
	}
	return within(ctx, span, origin.ID), ending(span)
}

// ending ends a span. What went wrong is in the log, under the same ids; the text of an error may contain what no span
// may have.
func ending(span trace.Span) func(error) {
	return func(err error) {
		if err != nil {
			span.SetStatus(codes.Error, "")
		}
		span.End()
	}
}
