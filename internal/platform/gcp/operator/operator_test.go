package operator

import (
	"errors"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"cloud.google.com/go/iam/apiv1/iampb"

	"github.com/tinyoperahouse/toh/internal/platform/gcp/gcptest"
)

// httpRecorder refuses every request and records its destination.
type httpRecorder struct{ calls []string }

func (r *httpRecorder) RoundTrip(q *http.Request) (*http.Response, error) {
	r.calls = append(r.calls, q.Method+" "+q.URL.Host)
	return nil, errors.New("nothing here")
}

func TestClientsUseWhatTheyAreGiven(t *testing.T) {
	t.Parallel()
	r, h := &gcptest.Recorder{}, &httpRecorder{}
	a, err := Open(t.Context(), Options{Project: "opera-test", Dial: r, Transport: h, UserAgent: "test"})
	if err != nil {
		t.Fatal(err)
	}
	fields := reflect.ValueOf(*a)
	for i := range fields.NumField() {
		if f := fields.Field(i); f.Kind() == reflect.Pointer && f.IsNil() {
			t.Errorf("%s is not open", fields.Type().Field(i).Name)
		}
	}
	_, _ = a.Run.GetIamPolicy(t.Context(), &iampb.GetIamPolicyRequest{Resource: "x"})
	_, _ = a.Storage.Buckets.Get("b").Context(t.Context()).Do()
	_, _ = a.RunGlobal.Namespaces.Jobs.List("namespaces/p").Context(t.Context()).Do()
	_, _ = a.Identities.Services.GenerateServiceIdentity("projects/1/services/s").Context(t.Context()).Do()
	if got := strings.Join(r.Calls, " "); got != "/google.cloud.run.v2.Services/GetIamPolicy" {
		t.Errorf("calls: %s", got)
	}
	if got := strings.Join(h.calls, ", "); got != "GET storage.googleapis.com, GET run.googleapis.com, POST "+
		"serviceusage.googleapis.com" {
		t.Errorf("requests: %s", got)
	}
	if err := a.Close(); err != nil || r.Closed {
		t.Errorf("close: %v, connection closed: %v", err, r.Closed)
	}
	if err := a.Close(); err != nil {
		t.Errorf("second close: %v", err)
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for name, o := range map[string]Options{
		"no project":   {Dial: &gcptest.Recorder{}, Transport: &httpRecorder{}},
		"no transport": {Project: "opera-test", Dial: &gcptest.Recorder{}},
		"no dial":      {Project: "opera-test", Transport: &httpRecorder{}},
	} {
		if _, err := Open(t.Context(), o); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	t.Setenv("STORAGE_EMULATOR_HOST", "127.0.0.1:1")
	if _, err := Open(t.Context(), Options{Project: "opera-test"}); err == nil ||
		!strings.Contains(err.Error(), "STORAGE_EMULATOR_HOST") {
		t.Errorf("beside an emulator: %v", err)
	}
}
