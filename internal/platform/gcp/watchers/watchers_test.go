package watchers_test

import (
	"strings"
	"testing"

	"cloud.google.com/go/monitoring/apiv3/v2/monitoringpb"
	"cloud.google.com/go/trace/apiv2/tracepb"

	"github.com/tinyoperahouse/toh/internal/platform/gcp/gcptest"
	"github.com/tinyoperahouse/toh/internal/platform/gcp/watchers"
)

func TestWatchersUseTheGivenConnectionAndLeaveItOpen(t *testing.T) {
	t.Parallel()
	r := &gcptest.Recorder{}
	w, err := watchers.Open(t.Context(), watchers.Options{Project: "opera-test", Dial: r})
	if err != nil {
		t.Fatal(err)
	}
	_ = w.Traces.BatchWriteSpans(t.Context(), &tracepb.BatchWriteSpansRequest{Name: "projects/x"})
	_ = w.Metrics.CreateTimeSeries(t.Context(), &monitoringpb.CreateTimeSeriesRequest{Name: "projects/x"})
	if len(r.Calls) != 2 {
		t.Errorf("calls: %q", r.Calls)
	}
	if err := w.Close(); err != nil || r.Closed {
		t.Errorf("closed: %v, %v", r.Closed, err)
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for _, project := range []string{"", "Opera"} {
		_, err := watchers.Open(t.Context(), watchers.Options{Project: project, Dial: &gcptest.Recorder{}})
		if err == nil {
			t.Errorf("opened for %q", project)
		}
	}
	t.Setenv("PUBSUB_EMULATOR_HOST", "127.0.0.1:1")
	_, err := watchers.Open(t.Context(), watchers.Options{Project: "opera-test"})
	if err == nil || !strings.Contains(err.Error(), "PUBSUB_EMULATOR_HOST") {
		t.Errorf("beside an emulator: %v", err)
	}
}
