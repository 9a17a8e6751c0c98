package telemetry_test

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/monitoring/apiv3/v2/monitoringpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tinyoperahouse/toh/internal/platform/logging"
	"github.com/tinyoperahouse/toh/internal/platform/telemetry"
	"github.com/tinyoperahouse/toh/internal/test/testclock"
)

// everything sends at least one point of every metric.
func (w *world) everything(t *testing.T) {
	t.Helper()
	now := testclock.Now()
	if err := w.Watch(telemetry.Watched{
		Clock:           testclock.Moving{},
		Ready:           func(context.Context) bool { return true },
		OldestUnshipped: func() time.Duration { return time.Second },
		Left:            func() (time.Duration, time.Time) { return 90 * time.Second, now },
		OldestUnbound:   func() (time.Duration, time.Time) { return 150 * time.Second, now },
		OldestDue:       func() (time.Duration, time.Time) { return 2 * time.Minute, now },
		Keyrings:        func() (int64, int64) { return 41, 7 },
		Attested:        func() (int, int, time.Time) { return 3, 2, now },
	}); err != nil {
		t.Fatal(err)
	}
	w.answer(report)
	w.Entry("report.read", "denied")
	w.Entry("report.read", "done")
	w.Job("mail", "again")
	w.ShippingFailed()
	w.SignInFailed()
	w.LockedOut()
	w.Attested("broken")
	watch := w.Calls()
	_ = watch.Unary(t.Context(), "/google.firestore.v1.Firestore/Commit", nil, nil, nil,
		answering(status.Error(codes.Aborted, "secret")))
	refuse := func(context.Context, string) error { return status.Error(codes.PermissionDenied, "no") }
	w.stop.Store(&refuse)
	_ = w.Flush(t.Context())
	w.stop.Store(nil)
}

func TestWhatIsSentIsWhatIsNamed(t *testing.T) {
	t.Parallel()
	w := open(t, 1)
	w.everything(t)
	sent := map[string][]*monitoringpb.TimeSeries{}
	for _, m := range telemetry.Metrics() {
		sent[m.Type] = w.series(t, m.Type)
	}
	for _, d := range telemetry.Descriptors() {
		if len(sent[d.GetType()]) == 0 {
			t.Errorf("%s is named and not sent", d.GetType())
		}
		var want []string
		for _, l := range d.GetLabels() {
			want = append(want, l.GetKey())
		}
		slices.Sort(want)
		for _, s := range sent[d.GetType()] {
			if got := slices.Sorted(maps.Keys(s.GetMetric().GetLabels())); !slices.Equal(got, want) {
				t.Errorf("%s has the labels %v, not %v", d.GetType(), got, want)
			}
			if s.GetMetricKind() != d.GetMetricKind() || s.GetValueType() != d.GetValueType() ||
				s.GetUnit() != d.GetUnit() {
				t.Errorf("%s is sent as %v", d.GetType(), s)
			}
			r := s.GetResource()
			if r.GetType() != "generic_task" || r.GetLabels()["job"] != "toh-web" ||
				r.GetLabels()["task_id"] != "one" || r.GetLabels()["location"] != "europe-west1" ||
				r.GetLabels()["namespace"] != "toh" {
				t.Errorf("resource %v", r)
			}
		}
	}
	values := map[string]float64{telemetry.AuditOldestUnshipped: 90, telemetry.AuditOldestUnbound: 150,
		telemetry.JobOldestDue: 120, telemetry.Ready: 1, telemetry.PromisesBroken: 3, telemetry.PromisesUndecided: 2}
	for kind, want := range values {
		if got := sent[kind][0].GetPoints()[0].GetValue().GetDoubleValue(); got != want {
			t.Errorf("%s is %v, want %v", kind, got, want)
		}
	}
	for _, s := range sent[telemetry.KeyringLookups] {
		if n := s.GetPoints()[0].GetValue().GetInt64Value(); n != map[string]int64{"hit": 41, "miss": 7}[s.GetMetric().
			GetLabels()["result"]] {
			t.Errorf("keyrings: %v", s)
		}
	}
	if d := sent[telemetry.RequestLatencies][0].GetPoints()[0].GetValue().GetDistributionValue(); d.GetCount() != 1 ||
		len(d.GetBucketCounts()) != len(d.GetBucketOptions().GetExplicitBuckets().GetBounds())+1 {
		t.Errorf("distribution %v", d)
	}
	if l := sent[telemetry.CloudCalls][0].GetMetric().GetLabels(); l["service"] != "firestore" ||
		l["method"] != "Commit" || l["code"] != "ABORTED" {
		t.Errorf("call: %v", l)
	}
	if l := sent[telemetry.Requests][0].GetMetric().GetLabels(); l["edge"] != "page" ||
		l["route"] != "/w/{ws}/reports/{id}" || l["method"] != "GET" || l["class"] != "2xx" {
		t.Errorf("request: %v", l)
	}
}

// TestOldMeasuresAreNotSent: another instance may have had the last tick.
func TestOldMeasuresAreNotSent(t *testing.T) {
	t.Parallel()
	w := open(t, 0)
	old := testclock.Now().Add(-4 * time.Minute)
	if err := w.Watch(telemetry.Watched{
		Clock:           testclock.Moving{},
		OldestUnshipped: func() time.Duration { return 0 },
		Left:            func() (time.Duration, time.Time) { return time.Hour, old },
		OldestUnbound:   func() (time.Duration, time.Time) { return time.Hour, old },
		OldestDue:       func() (time.Duration, time.Time) { return time.Hour, old },
		Attested:        func() (int, int, time.Time) { return 1, 1, testclock.Now().Add(-66 * time.Minute) },
	}); err != nil {
		t.Fatal(err)
	}
	for _, kind := range []string{telemetry.AuditOldestUnbound, telemetry.JobOldestDue, telemetry.PromisesBroken} {
		if s := w.series(t, kind); len(s) != 0 {
			t.Errorf("an old measure is sent: %v", s)
		}
	}
	if s := w.series(t, telemetry.AuditOldestUnshipped); len(s) != 1 || s[0].GetPoints()[0].GetValue().
		GetDoubleValue() != 0 {
		t.Errorf("the trail: %v", s)
	}
	if s := w.series(t, telemetry.Ready); len(s) != 0 {
		t.Errorf("what is not looked at is sent: %v", s)
	}
}

// TestHangingCloudSlowsNobody: none of Google's services answer, and requests are not affected.
func TestHangingCloudSlowsNobody(t *testing.T) {
	w := open(t, 1)
	hang := func(ctx context.Context, _ string) error { <-ctx.Done(); return ctx.Err() }
	w.stop.Store(&hang)
	began, longest := testclock.Start(), time.Duration(0)
	for range 5000 { // more than the queue holds
		one := testclock.Start()
		w.answer(report)
		longest = max(longest, one.Elapsed())
	}
	if took := began.Elapsed(); took > 5*time.Second || longest > time.Second {
		t.Errorf("5000 requests took %s, the longest %s", took, longest)
	}
	ending := testclock.Start()
	w.Close(t.Context())
	if took := ending.Elapsed(); took > 3*time.Second {
		t.Errorf("the end took %s", took)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	w.Close(ctx) // a second one does nothing
}

// TestEndIsWithinTheGivenTime: whoever ends the process decides how long that may take.
func TestEndIsWithinTheGivenTime(t *testing.T) {
	w := open(t, 1)
	hang := func(context.Context, string) error {
		time.Sleep(1500 * time.Millisecond)
		return nil
	} // ignores even the context
	w.stop.Store(&hang)
	w.answer(report)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	began := testclock.Start()
	if w.Close(ctx); began.Elapsed() > time.Second {
		t.Errorf("the end took %s", began.Elapsed())
	}
}

// TestRefusingCloudFailsNobody: what did not arrive is counted, logged once, and lost.
func TestRefusingCloudFailsNobody(t *testing.T) {
	t.Parallel()
	w := open(t, 1)
	refuse := func(_ context.Context, method string) error {
		if strings.Contains(method, "CreateTimeSeries") {
			return nil
		}
		return status.Error(codes.PermissionDenied, "not allowed")
	}
	w.stop.Store(&refuse)
	for range 3 {
		w.answer(report)
		if err := w.Flush(t.Context()); err != nil {
			t.Errorf("a refusal came through: %v", err)
		}
	}
	w.Close(t.Context())
	w.stop.Store(nil)
	s := w.series(t, telemetry.ExportFailures)
	if len(s) != 1 || s[0].GetMetric().GetLabels()["signal"] != "traces" || s[0].GetPoints()[0].GetValue().
		GetInt64Value() != 3 {
		t.Errorf("failures: %v", s)
	}
	if log := w.log.String(); strings.Count(log, "telemetry not sent") != 1 {
		t.Errorf("the log says: %s", log)
	}
}

func TestOffCostsNothing(t *testing.T) {
	t.Parallel()
	var off *telemetry.Telemetry
	handler := http.NewServeMux()
	if got := off.Front(nil, handler); got != http.Handler(handler) {
		t.Error("something stands before the handler")
	}
	if c := off.Calls(); c.Unary != nil || c.Stream != nil {
		t.Error("calls are watched")
	}
	ctx, end := off.Start(t.Context(), "x")
	end(errors.New("x"))
	if ctx != t.Context() || off.Watch(telemetry.Watched{}) != nil {
		t.Error("it does something")
	}
	off.Entry("x", "denied")
	off.Job("x", "done")
	off.ShippingFailed()
	off.SignInFailed()
	off.LockedOut()
	off.Attested("kept")
	off.Close(t.Context())
}

func TestOptionsAreChecked(t *testing.T) {
	t.Parallel()
	w := open(t, 0)
	good := telemetry.Options{Project: project, Service: "toh", Watchers: w.watchers, Logger: logging.From(t.Context())}
	for name, break_ := range map[string]func(*telemetry.Options){
		"no project": func(o *telemetry.Options) {
			o.Project = ""
		}, "no service": func(o *telemetry.Options) { o.Service = "" },
		"no watchers": func(o *telemetry.Options) {
			o.Watchers = nil
		}, "no logger": func(o *telemetry.Options) { o.Logger = nil },
		"a ratio above one": func(o *telemetry.Options) {
			o.Ratio = 1.001
		}, "a negative ratio": func(o *telemetry.Options) { o.Ratio = -0.001 },
	} {
		bad := good
		break_(&bad)
		if _, err := telemetry.New(t.Context(), bad); err == nil {
			t.Error(name)
		}
	}
	ok, err := telemetry.New(t.Context(), good)
	if err != nil {
		t.Fatal(err)
	}
	ok.Close(t.Context())
}

// TestOperatorsAreToldOfEveryMetric reads the table in docs/operations.md.
func TestOperatorsAreToldOfEveryMetric(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range telemetry.Metrics() {
		row := ""
		for line := range strings.Lines(string(text)) {
			if strings.HasPrefix(line, "| ") && strings.Contains(line, "`"+strings.TrimPrefix(m.Type, telemetry.Prefix)+
				"`") {
				row = line
			}
		}
		if row == "" {
			t.Errorf("docs/operations.md does not tell of %s", m.Type)
		}
		for _, label := range m.Labels {
			if !strings.Contains(row, "`"+label+"`") {
				t.Errorf("docs/operations.md does not tell of the label %s of %s", label, m.Type)
			}
		}
	}
}
