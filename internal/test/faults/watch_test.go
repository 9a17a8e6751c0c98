package faults

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/logging/apiv2/loggingpb"
	"cloud.google.com/go/monitoring/apiv3/v2/monitoringpb"
	"cloud.google.com/go/trace/apiv2/tracepb"
	"google.golang.org/api/iterator"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tinyoperahouse/toh/internal/config"
	"github.com/tinyoperahouse/toh/internal/onemachine/local/serve/servetest"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/admin"
	"github.com/tinyoperahouse/toh/internal/platform/gcp/watchers"
	"github.com/tinyoperahouse/toh/internal/platform/telemetry"
	"github.com/tinyoperahouse/toh/internal/test/testclock"
)

// everything is telemetry that traces every request.
var everything = config.Telemetry{On: true, Ratio: 1}

// traced are the spans of a project, by their ids.
func (f *folder) traced(t *testing.T) map[string]*tracepb.Span {
	t.Helper()
	list, err := f.admin.Trace().Spans(f.cfg.Project)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]*tracepb.Span{}
	for _, s := range list {
		out[s.GetSpanId()] = s
	}
	return out
}

// measured are the last points of all our metrics.
func (f *folder) measured(t *testing.T) map[string][]*monitoringpb.TimeSeries {
	t.Helper()
	w, err := watchers.Open(t.Context(), watchers.Options{Project: f.cfg.Project, Dial: f.cloud.Conn()})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = w.Close() }()
	out := map[string][]*monitoringpb.TimeSeries{}
	for _, m := range telemetry.Metrics() {
		it := w.Metrics.ListTimeSeries(t.Context(), &monitoringpb.ListTimeSeriesRequest{
			Name: "projects/" + f.cfg.Project, Filter: fmt.Sprintf("metric.type=%q", m.Type),
			Interval: &monitoringpb.TimeInterval{StartTime: timestamppb.New(testclock.Now().Add(-time.Hour)),
				EndTime: timestamppb.New(testclock.Now().Add(time.Minute))},
		})
		for {
			s, err := it.Next()
			if err == iterator.Done {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			out[m.Type] = append(out[m.Type], s)
		}
	}
	return out
}

// total is the sum of a counter over the series whose labels are as given: pairs.
func total(list []*monitoringpb.TimeSeries, labels ...string) (n int64) {
	for _, s := range list {
		fits := true
		for i := 0; i+1 < len(labels); i += 2 {
			fits = fits && s.GetMetric().GetLabels()[labels[i]] == labels[i+1]
		}
		if fits {
			n += s.GetPoints()[0].GetValue().GetInt64Value()
		}
	}
	return n
}

func attribute(s *tracepb.Span, key string) string {
	return s.GetAttributes().GetAttributeMap()[key].GetStringValue().GetValue()
}

// TestOneRequestIsOneTrace follows a request from the browser to the letter that is sent because of it.
func TestOneRequestIsOneTrace(t *testing.T) {
	dir, since := t.TempDir(), testclock.Now().Add(-time.Second)
	installation := servetest.Start(t, servetest.Options{Dir: dir, Demo: true, Telemetry: everything,
		Further: (&admin.Services{}).Join})
	for !strings.Contains(installation.Logs.String(), `"push-tick"`) { // the first tick is over: no sweep takes the job
		time.Sleep(10 * time.Millisecond)
	}
	const to = "newcomer@tracing.example"
	boss, browser := account(installation.Sheet.Workspaces[0], "management"), newClient(installation.URL(), false)
	must(t, browser.post(t.Context(), "/signin", "email", boss.Email, "password", boss.Password), http.StatusSeeOther)
	asked := must(t, browser.post(t.Context(), "/w/demo/invitations", "email", to, "role", "viewer"),
		http.StatusSeeOther)
	installation.Mail(t, to, since)
	installation.Stop(t)
	request := asked.header.Get("X-Request-Id")

	f := openFolder(t, dir)
	defer f.close(t)
	spans := map[string]*tracepb.Span{} // of this trace, by name
	ids := f.traced(t)
	for _, s := range ids {
		if strings.Contains(s.GetName(), "/traces/"+asked.trace+"/") {
			spans[s.GetDisplayName().GetValue()] = s
		}
	}
	parent := asked.trace[:16] // the browser's name for its span
	for _, name := range []string{"POST /w/{ws}/invitations", "push tasks", "job mail"} {
		s := spans[name]
		if s == nil || s.GetParentSpanId() != parent {
			t.Fatalf("%s is not where it belongs: %v; the trace has %d spans: %v", name, s, len(spans), names(spans))
		}
		if got := attribute(s, "toh/request"); name != "job mail" && got != request {
			t.Errorf("%s belongs to the request %q, the browser was told %q", name, got, request)
		}
		parent = s.GetSpanId()
	}
	if s := spans["pubsub.Publish"]; s == nil || s.GetParentSpanId() != spans["POST /w/{ws}/invitations"].GetSpanId() {
		t.Errorf("the message is not in the trace: %v", names(spans))
	}
	inJob := 0
	for _, s := range ids {
		if s.GetParentSpanId() == spans["job mail"].GetSpanId() && strings.HasPrefix(s.GetDisplayName().GetValue(),
			"firestore.") {
			inJob++
		}
	}
	if inJob == 0 {
		t.Error("nothing tells what the job did")
	}
	logged(t, installation.Logs.String(), request, asked.trace)
	f.trailOf(t, request, asked.trace)
}

func names(spans map[string]*tracepb.Span) (list []string) {
	for name := range spans {
		list = append(list, name)
	}
	return list
}

// logged: the one log line of the request has its id, its trace and its route.
func logged(t *testing.T, logs, request, trace string) {
	t.Helper()
	for _, text := range strings.Split(logs, "\n") {
		var line map[string]any
		if json.Unmarshal([]byte(text), &line) != nil || line["request"] != request || line["message"] != "request" {
			continue
		}
		if line["logging.googleapis.com/trace"] != "projects/toh-local/traces/"+trace ||
			line["route"] != "invitations.send" || line["status"] != 303.0 {
			t.Errorf("the log says %s", text)
		}
		return
	}
	t.Error("the request is not in the log")
}

// trailOf: the entries of the request have its id and its trace.
func (f *folder) trailOf(t *testing.T, request, trace string) {
	t.Helper()
	it := f.cloud.Clients.Logging.ListLogEntries(t.Context(), &loggingpb.ListLogEntriesRequest{
		ResourceNames: []string{"projects/" + f.cfg.Project + "/locations/" + f.cfg.Region +
			"/buckets/audit/views/_AllLogs"}, PageSize: 1000,
	})
	found := 0
	for {
		e, err := it.Next()
		if err == iterator.Done {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if e.GetJsonPayload().GetFields()["request"].GetStringValue() != request {
			continue
		}
		found++
		if e.GetTrace() != "projects/"+f.cfg.Project+"/traces/"+trace {
			t.Errorf("an entry of the trail is of the trace %s", e.GetTrace())
		}
	}
	if found == 0 {
		t.Error("the request is not in the trail")
	}
}

// TestTelemetryTellsNothing plays the story with everything traced, and looks for everything that anybody typed or was
// given in every span, every metric and every line of the log.
func TestTelemetryTellsNothing(t *testing.T) {
	dir := t.TempDir()
	s := &story{Installation: servetest.Start(t, servetest.Options{Dir: dir, Telemetry: everything,
		Further: (&admin.Services{}).Join}), t: t, given: map[string]string{},
		started: testclock.Now().Add(-time.Second)}
	s.people()
	s.script()
	for range 12 { // somebody is locked out
		s.boss.post(t.Context(), "/signin", "email", bossNewMail, "password", wrongPassword)
	}
	s.Stop(t)
	f := openFolder(t, dir)
	defer f.close(t)
	var scan scanner
	for what, text := range s.texts() {
		scan.needles = append(scan.needles, needles(what, text)...)
	}
	spans, metrics := f.traced(t), f.measured(t)
	for _, span := range spans {
		scan.look("the span "+span.GetDisplayName().GetValue(), []byte(protojson.Format(span)))
	}
	series := 0
	for kind, list := range metrics {
		for _, m := range list {
			series++
			scan.look("the metric "+kind, []byte(protojson.Format(m)))
		}
	}
	scan.look("the log", []byte(s.Logs.String()))
	if strings.Contains(s.Logs.String(), `"route":""`) {
		t.Error("a line of the log does not say which route it is about")
	}
	if len(scan.found) > 0 {
		t.Errorf("found:\n%s", few(scan.found))
	}
	if len(spans) < 300 || series < 60 {
		t.Errorf("there was not much to look at: %d spans, %d series", len(spans), series)
	}
	t.Logf("%d spans, %d series, %d bytes", len(spans), series, scan.bytes)
	counted(t, metrics)
	f.hides(t, scan.needles)
}

// counted: what happened in the story is in the numbers.
func counted(t *testing.T, m map[string][]*monitoringpb.TimeSeries) {
	t.Helper()
	for what, n := range map[string]int64{
		"reports written by script": total(m[telemetry.Requests], "edge", "api", "method", "POST", "route",
			"/api/v1/workspaces/{ws}/reports", "class", "2xx"),
		"pages": total(m[telemetry.Requests], "edge", "page", "class", "2xx"),
		"pushes": total(m[telemetry.Requests], "edge", "push", "route", "/push/tasks", "class",
			"2xx"),
		"letters":         total(m[telemetry.JobRuns], "kind", "mail", "outcome", "done"),
		"entries":         total(m[telemetry.AuditEntries], "outcome", "done"),
		"denials":         total(m[telemetry.Denials]),
		"wrong passwords": total(m[telemetry.SignInFailures]),
		"lockouts":        total(m[telemetry.SignInLockouts]),
		"unwrapped keyrings": total(m[telemetry.CloudCalls], "service", "kms", "method", "Decrypt", "code",
			"OK"),
		"commits": total(m[telemetry.CloudCalls], "service", "firestore", "method", "Commit", "code",
			"OK"),
		"keyrings in memory": total(m[telemetry.KeyringLookups], "result", "hit"),
	} {
		if n == 0 {
			t.Errorf("%s are not counted", what)
		}
	}
	if ready := m[telemetry.Ready]; len(ready) == 0 {
		t.Error("readiness is not sent")
	}
	for kind, list := range m {
		for _, s := range list {
			for label, value := range s.GetMetric().GetLabels() {
				if len(value) > 60 || label == "workspace" {
					t.Errorf("%s has the label %s=%q", kind, label, value)
				}
			}
		}
	}
}

// hides plants a text in a span, to show that the scan would have found it.
func (f *folder) hides(t *testing.T, all []needle) {
	t.Helper()
	scan := scanner{needles: all}
	span := &tracepb.Span{DisplayName: &tracepb.TruncatableString{Value: "GET /reports/" + sealedText}}
	if scan.look("a span", []byte(protojson.Format(span))); len(scan.found) == 0 {
		t.Error("the scan finds nothing")
	}
}

// TestHangingTelemetryFailsNothing: Google's trace and monitoring services do not answer; the service does, and ends in
// time.
func TestHangingTelemetryFailsNothing(t *testing.T) {
	hang := func(ctx context.Context, method string) error {
		if strings.Contains(method, "cloudtrace") || strings.Contains(method, "MetricService") {
			<-ctx.Done()
			return ctx.Err()
		}
		return nil
	}
	installation := servetest.Start(t, servetest.Options{Demo: true, Telemetry: everything, Intercept: hang,
		Send: 50 * time.Millisecond, Further: (&admin.Services{}).Join})
	c := newClient(installation.URL(), false)
	token := account(installation.Sheet.Workspaces[0], "management").Token
	for range 100 {
		must(t, c.ask(t.Context(), "GET", "/api/v1/workspaces/demo/reports?limit=1", token, ""), 200)
	}
	began := testclock.Start()
	installation.Stop(t)
	if took := began.Elapsed(); took > 9*time.Second {
		t.Errorf("it took %s to end", took)
	}
}
