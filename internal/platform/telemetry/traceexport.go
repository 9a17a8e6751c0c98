package telemetry

import (
	"context"

	tracing "cloud.google.com/go/trace/apiv2"
	"cloud.google.com/go/trace/apiv2/tracepb"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/genproto/googleapis/rpc/code"
	"google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"
	"google.golang.org/protobuf/types/known/wrapperspb"
)

// spanExporter writes spans to Cloud Trace, with our own attributes and no others.
type spanExporter struct {
	client  *tracing.Client
	project string
	common  map[string]*tracepb.AttributeValue // on every span
	failed  func(context.Context, error)
}

// ExportSpans sends one batch. It never returns an error; failures are reported through failed.
func (e *spanExporter) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	ctx, cancel := context.WithTimeout(ctx, exportTimeout)
	defer cancel()
	req := &tracepb.BatchWriteSpansRequest{Name: "projects/" + e.project, Spans: make([]*tracepb.Span, len(spans))}
	for i, s := range spans {
		req.Spans[i] = e.span(s)
	}
	if err := e.client.BatchWriteSpans(ctx, req); err != nil {
		e.failed(ctx, err)
	}
	return nil
}

// Shutdown does nothing, because whoever opened the client closes it.
func (*spanExporter) Shutdown(context.Context) error { return nil }

func (e *spanExporter) span(s sdktrace.ReadOnlySpan) *tracepb.Span {
	sc, parent := s.SpanContext(), s.Parent()
	out := &tracepb.Span{
		Name:   "projects/" + e.project + "/traces/" + sc.TraceID().String() + "/spans/" + sc.SpanID().String(),
		SpanId: sc.SpanID().String(), DisplayName: text(s.Name()),
		StartTime: timestamppb.New(s.StartTime()), EndTime: timestamppb.New(s.EndTime()),
		Attributes: e.attributes(s.Attributes()), SpanKind: kinds[s.SpanKind()],
		SameProcessAsParentSpan: wrapperspb.Bool(!parent.IsRemote()),
		Links:                   links(s.Links()),
	}
	if parent.SpanID().IsValid() {
		out.ParentSpanId = parent.SpanID().String()
	}
	if s.Status().Code == codes.Error {
		out.Status = &status.Status{Code: int32(code.Code_UNKNOWN)}
	}
	return out
}

var kinds = map[trace.SpanKind]tracepb.Span_SpanKind{
	trace.SpanKindInternal: tracepb.Span_INTERNAL, trace.SpanKindServer: tracepb.Span_SERVER,
	trace.SpanKindClient:   tracepb.Span_CLIENT,
	trace.SpanKindProducer: tracepb.Span_PRODUCER, trace.SpanKindConsumer: tracepb.Span_CONSUMER,
}

func text(s string) *tracepb.TruncatableString {
	// bytes of a name that Cloud Trace keeps
	const most = 128
	return &tracepb.TruncatableString{Value: s[:min(len(s), most)], TruncatedByteCount: int32(max(len(s)-most, 0))} // #nosec G115 -- small
}

func (e *spanExporter) attributes(list []attribute.KeyValue) *tracepb.Span_Attributes {
	out := &tracepb.Span_Attributes{AttributeMap: make(map[string]*tracepb.AttributeValue, len(e.common)+len(list))}
	for key, value := range e.common {
		out.AttributeMap[key] = value
	}
	for _, a := range list {
		switch {
		case !attributes[a.Key]:
			out.DroppedAttributesCount++
		case a.Value.Type() == attribute.INT64:
			out.AttributeMap[string(a.Key)] = &tracepb.AttributeValue{Value: &tracepb.AttributeValue_IntValue{
				IntValue: a.Value.AsInt64()}}
		default:
			out.AttributeMap[string(a.Key)] = said(a.Value.AsString())
		}
	}
	return out
}

func said(s string) *tracepb.AttributeValue {
	return &tracepb.AttributeValue{Value: &tracepb.AttributeValue_StringValue{StringValue: &tracepb.TruncatableString{
		Value: s}}}
}

func links(list []sdktrace.Link) *tracepb.Span_Links {
	out := &tracepb.Span_Links{}
	for _, l := range list {
		if l.SpanContext.IsValid() {
			out.Link = append(out.Link, &tracepb.Span_Link{TraceId: l.SpanContext.TraceID().String(),
				SpanId: l.SpanContext.SpanID().String()})
		}
	}
	if len(out.Link) == 0 {
		return nil
	}
	return out
}

// common identifies the sender on every span.
func (o Options) common() map[string]*tracepb.AttributeValue {
	return map[string]*tracepb.AttributeValue{
		"service.name": said(o.Service), "service.version": said(o.Version), "service.instance.id": said(o.Instance),
		"cloud.region": said(o.Region),
	}
}

var _ sdktrace.SpanExporter = (*spanExporter)(nil)
