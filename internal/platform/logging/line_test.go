package logging

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
)

const (
	aTrace = "0af7651916cd43dd8448eb211c80319c"
	aSpan  = "b7ad6b7169203331"
)

func TestArrive(t *testing.T) {
	t.Parallel()
	var b bytes.Buffer
	log := New(Options{Writer: &b, Project: "opera"})
	r := httptest.NewRequest("BREW", "/secret/17?q=secret", nil)
	r.Header.Set("traceparent", "00-"+aTrace+"-"+aSpan+"-01")
	ctx, line := Arrive(r, log)
	req, ok := RequestFrom(ctx)
	if !ok || !model.ValidID(req.ID) || req.Trace != aTrace || req.Span != aSpan || !req.Sampled {
		t.Errorf("%+v", req)
	}
	again, same := Arrive(r.WithContext(ctx), nil)
	if again != ctx || same != line || LineOf(ctx) != line {
		t.Error("a request arrives twice")
	}
	line.Route = "report"
	w := Record(httptest.NewRecorder(), line)
	if w.Started() {
		t.Error("started before it was")
	}
	w.WriteHeader(http.StatusBadGateway)
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write([]byte("12345"))
	line.Log(ctx, r.Method, time.Second)
	var m map[string]any
	if err := json.Unmarshal(b.Bytes(), &m); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"message": "request", "severity": "ERROR", "route": "report", "method": "other",
		"status": 502.0, "bytes": 5.0, "request": req.ID,
		"logging.googleapis.com/trace": "projects/opera/traces/" + aTrace,
		"@type": "type.googleapis.com/google.devtools.clouderrorreporting.v1beta1." +
			"ReportedErrorEvent"}
	for key, value := range want {
		if m[key] != value {
			t.Errorf("%s is %v, want %v", key, m[key], value)
		}
	}
	if strings.Contains(b.String(), "secret") || strings.Contains(b.String(), "BREW") {
		t.Errorf("the path or a word of the client is logged: %s", &b)
	}
}

func TestLineOutsideOfRequests(t *testing.T) {
	t.Parallel()
	LineOf(t.Context()).Route = "x"
	if LineOf(t.Context()).Route != "" {
		t.Error("what nobody asked for is kept")
	}
	line := &Line{}
	if _, _ = Record(httptest.NewRecorder(), line).Write(nil); line.Status != http.StatusOK {
		t.Errorf("status %d", line.Status)
	}
}

func TestTravelling(t *testing.T) {
	t.Parallel()
	id := model.NewID()
	for name, r := range map[string]Request{
		"traced": {ID: id, Trace: aTrace, Span: aSpan, Sampled: true}, "not traced": {ID: id, Trace: aTrace,
			Span: aSpan}, "without a trace": {ID: id},
	} {
		got, ok := Incoming(Outgoing(WithRequest(t.Context(), r)))
		if !ok || got != r {
			t.Errorf("%s: %+v, want %+v", name, got, r)
		}
	}
	if out := Outgoing(t.Context()); out != nil {
		t.Errorf("nothing travels as %v", out)
	}
	for _, bad := range []map[string]string{
		nil, {"request": ""}, {"request": "../../etc"}, {"request": strings.Repeat("a", 500)},
		{"traceparent": "00-" + aTrace + "-" + aSpan + "-01"},
	} {
		if r, ok := Incoming(bad); ok || r != (Request{}) {
			t.Errorf("%v is taken for %+v", bad, r)
		}
	}
	if r, ok := Incoming(map[string]string{"request": id, "traceparent": "00-nonsense-01"}); !ok ||
		r != (Request{ID: id}) {
		t.Errorf("a forged trace: %+v", r)
	}
}

// teller is a tracer that records its calls.
type teller struct{ told []string }

func (l *teller) Start(ctx context.Context, name string) (context.Context, func(error)) {
	l.told = append(l.told, name)
	return ctx, func(error) { l.told = append(l.told, "/"+name) }
}

func (l *teller) Join(ctx context.Context, name string, origin Request) (context.Context, func(error)) {
	return l.Start(WithRequest(ctx, origin), name)
}

func TestSpansGoToTheTracer(t *testing.T) {
	t.Parallel()
	l := &teller{}
	origin := Request{ID: "r9"}
	for _, ctx := range []context.Context{t.Context(), WithTracer(t.Context(), l)} {
		inside, end := Start(ctx, "work")
		joined, done := Join(inside, "more", origin)
		if r, _ := RequestFrom(joined); r != origin {
			t.Errorf("joined %+v", r)
		}
		done(nil)
		end(nil)
	}
	if got := strings.Join(l.told, " "); got != "work more /more /work" {
		t.Errorf("told %s", got)
	}
}

func TestPanicsTellNoValues(t *testing.T) {
	t.Parallel()
	for name, v := range map[string]any{"struct": holder{canary}, "map": map[string]string{"title": canary},
		"pointer": &holder{canary}, "bytes": []byte(canary), "error": &badError{}} {
		var b bytes.Buffer
		Panic(Into(t.Context(), New(Options{Writer: &b})), v, []byte("goroutine 1 [running]:\nmain.main()"))
		if strings.Contains(b.String(), canary) || !strings.Contains(b.String(), "goroutine 1") {
			t.Errorf("%s: %s", name, &b)
		}
	}
}
