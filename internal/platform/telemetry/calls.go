package telemetry

import (
	"context"
	"errors"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"go.opentelemetry.io/otel/attribute"
	otelcodes "go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/metric"
	"go.opentelemetry.io/otel/trace"
	"google.golang.org/genproto/googleapis/rpc/code"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tinyoperahouse/toh/internal/platform/gcp"
)

// Calls stands around the calls of Google's services: each is counted, and is a span of the request that makes it.
//
// It is not otelgrpc, which is a stats.Handler, for which a connection in the process has no place, and which puts the
// texts of errors into spans: those name documents.
func (t *Telemetry) Calls() gcp.Watch {
	if t == nil {
		return gcp.Watch{}
	}
	return gcp.Watch{Unary: t.unary, Stream: t.stream}
}

func (t *Telemetry) unary(
	ctx context.Context, name string, args, reply any, conn *grpc.ClientConn, invoke grpc.UnaryInvoker,
	opts ...grpc.CallOption,
) error {
	ctx, c := t.call(ctx, name)
	err := invoke(ctx, name, args, reply, conn, opts...)
	c.end(ctx, err)
	return err
}

func (t *Telemetry) stream(
	ctx context.Context, desc *grpc.StreamDesc, conn *grpc.ClientConn, name string, open grpc.Streamer,
	opts ...grpc.CallOption,
) (grpc.ClientStream, error) {
	ctx, c := t.call(ctx, name)
	s, err := open(ctx, desc, conn, name, opts...)
	if err != nil {
		c.end(ctx, err)
		return nil, err
	}
	return &stream{ClientStream: s, ctx: ctx, call: c}, nil
}

// stream ends its call when the stream ends. A stream that is not read to its end is not counted.
type stream struct {
	grpc.ClientStream
	ctx  context.Context
	call call
	over sync.Once
}

// RecvMsg returns the next message.
func (s *stream) RecvMsg(m any) error {
	err := s.ClientStream.RecvMsg(m)
	if err != nil {
		s.over.Do(func() {
			if errors.Is(err, io.EOF) {
				s.call.end(s.ctx, nil)
			} else {
				s.call.end(s.ctx, err)
			}
		})
	}
	return err
}

// call is one call in progress.
type call struct {
	t      *Telemetry
	method *method
	began  time.Time
	span   trace.Span // nil unless its request is traced
}

func (t *Telemetry) call(ctx context.Context, name string) (context.Context, call) {
	c := call{t: t, method: t.method(name), began: time.Now()}
	if trace.SpanFromContext(ctx).IsRecording() {
		ctx, c.span = t.tracer.Start(ctx, c.method.span, trace.WithSpanKind(trace.SpanKindClient),
			trace.WithTimestamp(c.began))
	}
	return ctx, c
}

func (c call) end(ctx context.Context, err error) {
	took := time.Since(c.began)
	is := known(status.Code(err))
	counts := c.t.counts
	counts.counter[CloudCalls].Add(ctx, 1, c.method.code(counts, is))
	counts.spread[CloudCallLatencies].Record(ctx, milliseconds(took), c.method.latency)
	if c.span == nil {
		return
	}
	c.span.SetAttributes(attribute.String(attrService, c.method.service), attribute.String(attrCall, c.method.name),
		attribute.String(attrCode, codeName(is)))
	if is != codes.OK {
		c.span.SetStatus(otelcodes.Error, "")
	}
	c.span.End()
}

// method is what is known about a method of a service.
type method struct {
	service, name, span string
	latency             metric.MeasurementOption
	codes               [codes.Unauthenticated + 1]atomic.Pointer[metric.MeasurementOption]
}

// services are the short names of the services we call.
var services = []struct{ prefix, short string }{
	{"google.firestore.", "firestore"}, {"google.cloud.kms.", "kms"}, {"google.logging.", "logging"},
	{"google.cloud.secretmanager.", "secretmanager"}, {"google.pubsub.", "pubsub"},
}

func (t *Telemetry) method(full string) *method {
	if m, ok := t.methods.Load(full); ok {
		return m.(*method)
	}
	service, name, _ := strings.Cut(strings.TrimPrefix(full, "/"), "/")
	m := &method{service: "other", name: name}
	for _, s := range services {
		if strings.HasPrefix(service, s.prefix) {
			m.service = s.short
		}
	}
	m.span = m.service + "." + name
	m.latency = t.counts.with(CloudCallLatencies, m.service, name)
	made, _ := t.methods.LoadOrStore(full, m)
	return made.(*method)
}

func (m *method) code(in *instruments, is codes.Code) metric.MeasurementOption {
	place := &m.codes[is]
	if o := place.Load(); o != nil {
		return *o
	}
	o := in.with(CloudCalls, m.service, m.name, codeName(is))
	place.Store(&o)
	return o
}

// known is the code itself if it is a defined one.
func known(is codes.Code) codes.Code {
	if is > codes.Unauthenticated {
		return codes.Unknown
	}
	return is
}

// codeName is a code as Google writes it, as in NOT_FOUND.
func codeName(is codes.Code) string { return code.Code(is).String() } // #nosec G115 -- a code is small
