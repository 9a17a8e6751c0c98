package telemetry_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	monitoring "cloud.google.com/go/monitoring/apiv3/v2"
	"cloud.google.com/go/monitoring/apiv3/v2/monitoringpb"
	"cloud.google.com/go/trace/apiv2/tracepb"
	"google.golang.org/api/iterator"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/admin"
	"github.com/tinyoperahouse/toh/internal/platform/gcp/watchers"
	"github.com/tinyoperahouse/toh/internal/platform/logging"
	"github.com/tinyoperahouse/toh/internal/platform/telemetry"
	"github.com/tinyoperahouse/toh/internal/test/testclock"
)

const project = "toh-watched"

// world is a Telemetry that sends to a local cloud.
type world struct {
	*telemetry.Telemetry
	cloud    *admin.Cloud
	watchers *watchers.Clients
	log      *logs
	stop     atomic.Pointer[func(context.Context, string) error] // on the way to the cloud
}

type logs struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

func open(t testing.TB, ratio float64) *world {
	t.Helper()
	w := &world{log: &logs{}}
	var err error
	w.cloud, err = admin.Open(t.Context(), localcloud.Options{Dir: t.TempDir(),
		Intercept: func(ctx context.Context, method string) error {
			if f := w.stop.Load(); f != nil {
				return (*f)(ctx, method)
			}
			return nil
		}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.cloud.Close() })
	if w.watchers, err = watchers.Open(t.Context(), watchers.Options{Project: project,
		Dial: w.cloud.Conn()}); err != nil {
		t.Fatal(err)
	}
	w.Telemetry, err = telemetry.New(t.Context(), telemetry.Options{
		Project: project, Region: "europe-west1", Service: "toh-web", Version: "v1", Instance: "one", Ratio: ratio,
		Watchers: w.watchers, Logger: slog.New(slog.NewTextHandler(w.log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.Close(context.WithoutCancel(t.Context())) })
	return w
}

// answer makes a handler answer one request behind Front.
func (w *world) answer(handle http.HandlerFunc, headers ...string) {
	r := httptest.NewRequest(http.MethodGet, "/w/secret-place/reports/17?q=secret", nil)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w.Front(slog.New(slog.NewTextHandler(w.log, nil)), handle).ServeHTTP(httptest.NewRecorder(), r)
}

// report is a handler that answers as one of the pages does.
func report(w http.ResponseWriter, r *http.Request) {
	line := logging.LineOf(r.Context())
	line.Edge, line.Route, line.Template, line.Workspace = logging.Page, "report", "/w/{ws}/reports/{id}", "ws1"
	logging.Record(w, line).WriteHeader(http.StatusOK)
}

// spans are what arrived, after everything was sent.
func (w *world) spans(t *testing.T) map[string]*tracepb.Span {
	t.Helper()
	w.Close(t.Context())
	list, err := w.cloud.Trace().Spans(project)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]*tracepb.Span{}
	for _, s := range list {
		out[s.GetDisplayName().GetValue()] = s
	}
	return out
}

// series are the time series of a metric, after everything was sent.
func (w *world) series(t *testing.T, kind string) []*monitoringpb.TimeSeries {
	t.Helper()
	w.Close(t.Context())
	return list(t, w.watchers.Metrics, kind)
}

func list(t *testing.T, client *monitoring.MetricClient, kind string) []*monitoringpb.TimeSeries {
	t.Helper()
	now := testclock.Real()
	it := client.ListTimeSeries(t.Context(), &monitoringpb.ListTimeSeriesRequest{
		Name: "projects/" + project, Filter: `metric.type="` + kind + `"`,
		Interval: &monitoringpb.TimeInterval{StartTime: timestamppb.New(now.Add(-time.Hour)),
			EndTime: timestamppb.New(now.Add(time.Hour))},
	})
	var out []*monitoringpb.TimeSeries
	for {
		s, err := it.Next()
		if err == iterator.Done {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, s)
	}
}
