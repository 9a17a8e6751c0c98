package telemetry_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"cloud.google.com/go/trace/apiv2/tracepb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tinyoperahouse/toh/internal/platform/logging"
	"github.com/tinyoperahouse/toh/internal/platform/telemetry"
)

const (
	traceID = "0af7651916cd43dd8448eb211c80319c"
	spanID  = "b7ad6b7169203331"
)

func answering(err error) grpc.UnaryInvoker {
	return func(context.Context, string, any, any, *grpc.ClientConn, ...grpc.CallOption) error { return err }
}

// listing is a stream of a given number of messages that ends as it is told to.
type listing struct {
	grpc.ClientStream
	left int
	end  error
}

func (s *listing) RecvMsg(any) error {
	if s.left == 0 {
		return s.end
	}
	s.left--
	return nil
}

func opening(s grpc.ClientStream, err error) grpc.Streamer {
	return func(context.Context, *grpc.StreamDesc, *grpc.ClientConn, string, ...grpc.CallOption) (grpc.ClientStream,
		error) {
		return s, err
	}
}

func traceOf(s *tracepb.Span) string { return strings.Split(s.GetName(), "/")[3] }

func said(s *tracepb.Span, key string) string {
	return s.GetAttributes().GetAttributeMap()[key].GetStringValue().GetValue()
}

func TestOneTrace(t *testing.T) {
	t.Parallel()
	w := open(t, 1)
	var request logging.Request
	var travelling map[string]string
	w.answer(func(out http.ResponseWriter, r *http.Request) {
		request, _ = logging.RequestFrom(r.Context())
		travelling = logging.Outgoing(r.Context())
		calls := w.Calls()
		_ = calls.Unary(r.Context(), "/google.cloud.kms.v1.KeyManagementService/Decrypt", nil, nil, nil,
			answering(status.Error(codes.NotFound, "secret")))
		s, err := calls.Stream(r.Context(), nil, nil, "/google.firestore.v1.Firestore/RunQuery",
			opening(&listing{left: 2, end: io.EOF}, nil))
		for err == nil {
			err = s.RecvMsg(nil)
		}
		_ = s.RecvMsg(nil) // once more, which must not count again
		report(out, r)
	}, "traceparent", "00-"+traceID+"-"+spanID+"-00")

	origin, ok := logging.Incoming(travelling)
	if !ok || origin.Trace != traceID || origin.ID != request.ID || !origin.Sampled {
		t.Fatalf("travels as %v: %+v", travelling, origin)
	}
	w.answer(func(_ http.ResponseWriter, r *http.Request) {
		ctx, end := logging.Join(r.Context(), "push tasks", origin)
		if here, _ := logging.RequestFrom(ctx); here.ID != request.ID || here.Trace != traceID ||
			here.Span == origin.Span {
			t.Errorf("the job belongs to %+v", here)
		}
		ctx, done := logging.Start(ctx, "job mail")
		_ = w.Calls().Unary(ctx, "/google.firestore.v1.Firestore/Commit", nil, nil, nil, answering(nil))
		done(errors.New("secret"))
		end(nil)
	})

	spans := w.spans(t)
	below := []string{"GET /w/{ws}/reports/{id}", "push tasks", "job mail", "firestore.Commit"}
	parent := spanID
	for _, name := range below {
		s := spans[name]
		if s == nil || traceOf(s) != traceID || s.GetParentSpanId() != parent {
			t.Fatalf("%s: %v", name, s)
		}
		parent = s.GetSpanId()
	}
	for _, name := range []string{"kms.Decrypt", "firestore.RunQuery"} {
		if s := spans[name]; s.GetParentSpanId() != spans[below[0]].GetSpanId() ||
			s.GetSpanKind() != tracepb.Span_CLIENT {
			t.Errorf("%s: %v", name, s)
		}
	}
	server := spans[below[0]]
	if said(server, "toh/request") != request.ID || said(server, "toh/workspace") != "ws1" ||
		server.GetSpanId() != request.Span || server.GetSpanKind() != tracepb.Span_SERVER {
		t.Errorf("the request: %v", server)
	}
	if said(spans["kms.Decrypt"], "rpc/code") != "NOT_FOUND" || spans["kms.Decrypt"].GetStatus() == nil ||
		spans["firestore.RunQuery"].GetStatus() != nil {
		t.Error("how calls ended is not told")
	}
	if spans["job mail"].GetStatus() == nil || len(spans["push tasks"].GetLinks().GetLink()) != 1 {
		t.Errorf("the job: %v", spans["job mail"])
	}
	if text := fmt.Sprint(spans); strings.Contains(text, "secret") {
		t.Errorf("a span tells too much: %s", text)
	}
	for _, s := range w.series(t, telemetry.CloudCalls) {
		if s.GetPoints()[0].GetValue().GetInt64Value() != 1 {
			t.Errorf("counted more than once: %v", s)
		}
	}
}

// TestTraceOfTheFront: the trace that Google's front end names is used, even if it names no span.
func TestTraceOfTheFront(t *testing.T) {
	t.Parallel()
	w := open(t, 1)
	w.answer(report, "X-Cloud-Trace-Context", traceID+"/0;o=1")
	if s := w.spans(t)["GET /w/{ws}/reports/{id}"]; s == nil || traceOf(s) != traceID {
		t.Errorf("%v", s)
	}
}

// TestUntraced: an untraced request still has a trace id for the log, and its calls make no spans.
func TestUntraced(t *testing.T) {
	t.Parallel()
	w := open(t, 0)
	w.answer(func(out http.ResponseWriter, r *http.Request) {
		if req, _ := logging.RequestFrom(r.Context()); len(req.Trace) != 32 || req.Sampled {
			t.Errorf("the log would say %+v", req)
		}
		_ = w.Calls().Unary(r.Context(), "/google.pubsub.v1.Publisher/Publish", nil, nil, nil, answering(nil))
		report(out, r)
	})
	for range 20 { // a ratio of zero means none, whoever asks
		w.answer(report, "traceparent", "00-"+traceID+"-"+spanID+"-01")
	}
	if spans := w.spans(t); len(spans) != 0 {
		t.Errorf("%v", spans)
	}
	if s := w.series(t, telemetry.CloudCalls); len(s) != 1 {
		t.Errorf("calls: %v", s)
	}
}

// TestStrangersCannotHaveEverythingTraced: a header asks for a trace, and only a few are granted.
func TestStrangersCannotHaveEverythingTraced(t *testing.T) {
	t.Parallel()
	w := open(t, 1e-12)
	sampled := 0
	for range 200 {
		w.answer(func(_ http.ResponseWriter, r *http.Request) {
			if req, _ := logging.RequestFrom(r.Context()); req.Sampled {
				sampled++
			}
		}, "traceparent", "00-"+traceID+"-"+spanID+"-01")
	}
	if sampled < 5 || sampled > 8 {
		t.Errorf("%d of 200 are traced because the client said so", sampled)
	}
}

func TestStreamsThatFail(t *testing.T) {
	t.Parallel()
	w := open(t, 0)
	calls := w.Calls()
	if _, err := calls.Stream(t.Context(), nil, nil, "/google.firestore.v1.Firestore/Listen",
		opening(nil, status.Error(codes.Unavailable, "x"))); status.Code(err) != codes.Unavailable {
		t.Errorf("%v", err)
	}
	s, err := calls.Stream(t.Context(), nil, nil, "/google.firestore.v1.Firestore/RunQuery",
		opening(&listing{end: status.Error(codes.ResourceExhausted, "x")}, nil))
	if err != nil {
		t.Fatal(err)
	}
	if err := s.RecvMsg(nil); status.Code(err) != codes.ResourceExhausted {
		t.Errorf("%v", err)
	}
	_ = calls.Unary(t.Context(), "/somebody.else/Do", nil, nil, nil, answering(status.Error(99, "x")))
	got := map[string]bool{}
	for _, x := range w.series(t, telemetry.CloudCalls) {
		l := x.GetMetric().GetLabels()
		got[l["service"]+" "+l["method"]+" "+l["code"]] = true
	}
	if len(got) != 3 || !got["firestore Listen UNAVAILABLE"] || !got["firestore RunQuery RESOURCE_EXHAUSTED"] ||
		!got["other Do UNKNOWN"] {
		t.Errorf("%v", got)
	}
}

// TestStatuses: the class of a request is that of its answer, also when the handler panics.
func TestStatuses(t *testing.T) {
	t.Parallel()
	w := open(t, 0)
	for _, code := range []int{0, 200, 204, 303, 404, 500, 503, 999} {
		w.answer(func(_ http.ResponseWriter, r *http.Request) { logging.LineOf(r.Context()).Status = code })
	}
	func() {
		defer func() { _ = recover() }()
		w.answer(func(_ http.ResponseWriter, r *http.Request) {
			logging.LineOf(r.Context()).Status = 500
			panic(http.ErrAbortHandler)
		})
	}()
	got := map[string]int64{}
	for _, s := range w.series(t, telemetry.Requests) {
		got[s.GetMetric().GetLabels()["class"]] = s.GetPoints()[0].GetValue().GetInt64Value()
	}
	want := map[string]int64{"none": 2, "2xx": 2, "3xx": 1, "4xx": 1, "5xx": 3}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%v, want %v", got, want)
	}
}
