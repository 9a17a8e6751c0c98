package run_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"
	"time"

	api "cloud.google.com/go/run/apiv2"
	"cloud.google.com/go/run/apiv2/runpb"
	"github.com/googleapis/gax-go/v2"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tinyoperahouse/toh/internal/model/modeltest"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/admin/run"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/operation"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table/tabletest"
)

type waiter[R any] interface {
	Wait(context.Context, ...gax.CallOption) (R, error)
}

func waited[R any](t *testing.T, op waiter[R], err error) (R, error) {
	if err != nil {
		var none R
		return none, err
	}
	return op.Wait(t.Context())
}

// TestListsOverAllRegions: services and jobs of each region are in them, those of other projects are not.
func TestListsOverAllRegions(t *testing.T) {
	t.Parallel()
	store := tabletest.Open(t)
	operations := operation.New(store)
	server := run.New(store, modeltest.NewClock(time.Time{}), operations, run.Neighbours{})
	conn := tabletest.Conn(operations.Register, server.Register)
	services := tabletest.Must(api.NewServicesClient(t.Context(), tabletest.ClientOptions(conn)...))(t)
	jobs := tabletest.Must(api.NewJobsClient(t.Context(), tabletest.ClientOptions(conn)...))(t)
	t.Cleanup(func() { _, _ = services.Close(), jobs.Close() })
	container := []*runpb.Container{{Image: "us-docker.pkg.dev/cloudrun/container/hello"}}
	for _, location := range []string{"projects/tiny-opera/locations/europe-west1",
		"projects/tiny-opera/locations/us-east1", "projects/grand-opera/locations/us-east1"} {
		op, err := services.CreateService(t.Context(), &runpb.CreateServiceRequest{Parent: location, ServiceId: "one",
			Service: &runpb.Service{
				Ingress:  runpb.IngressTraffic_INGRESS_TRAFFIC_INTERNAL_ONLY,
				Template: &runpb.RevisionTemplate{ServiceAccount: account, Containers: container}}})
		_ = tabletest.Must(waited(t, op, err))(t)
		made, err := jobs.CreateJob(t.Context(), &runpb.CreateJobRequest{Parent: location, JobId: "two",
			Job: &runpb.Job{
				Template: &runpb.ExecutionTemplate{Template: &runpb.TaskTemplate{ServiceAccount: account,
					Containers: container}}}})
		_ = tabletest.Must(waited(t, made, err))(t)
	}
	want := []string{"europe-west1 one internal " + account, "us-east1 one internal " + account}
	if got := listed(t, server, "/apis/serving.knative.dev/v1/namespaces/tiny-opera/services"); !slices.Equal(got,
		want) {
		t.Errorf("services: %q", got)
	}
	want = []string{"europe-west1 two  " + account, "us-east1 two  " + account}
	if got := listed(t, server, "/apis/run.googleapis.com/v1/namespaces/tiny-opera/jobs"); !slices.Equal(got, want) {
		t.Errorf("jobs: %q", got)
	}
	w := httptest.NewRecorder()
	server.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/apis/run.googleapis.com/v1/namespaces/No/jobs", nil))
	if w.Code != http.StatusBadRequest {
		t.Errorf("no project: %d", w.Code)
	}
	gone, err := jobs.DeleteJob(t.Context(),
		&runpb.DeleteJobRequest{Name: "projects/tiny-opera/locations/us-east1/jobs/two"})
	_ = tabletest.Must(waited(t, gone, err))(t)
	if got := listed(t, server, "/apis/run.googleapis.com/v1/namespaces/tiny-opera/jobs"); !slices.Equal(got,
		want[:1]) {
		t.Errorf("after a removal: %q", got)
	}
	for name, job := range map[string]*runpb.Job{
		"no template":  {},
		"no container": {Template: &runpb.ExecutionTemplate{Template: &runpb.TaskTemplate{}}},
		"no account": {Template: &runpb.ExecutionTemplate{Template: &runpb.TaskTemplate{ServiceAccount: "x",
			Containers: container}}},
	} {
		if _, err := jobs.CreateJob(t.Context(), &runpb.CreateJobRequest{Parent: parent, JobId: "bad",
			Job: job}); status.Code(err) != codes.InvalidArgument {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func listed(t *testing.T, server http.Handler, path string) []string {
	t.Helper()
	w := httptest.NewRecorder()
	server.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	type spec struct {
		ServiceAccountName string
		Template           *struct{ Spec *spec }
	}
	var body struct {
		Items []struct {
			Metadata struct {
				Name                string
				Labels, Annotations map[string]string
			}
			Spec *spec
		}
	}
	if err := json.Unmarshal(w.Body.Bytes(), &body); err != nil || w.Code != http.StatusOK {
		t.Fatalf("%d, %v: %s", w.Code, err, w.Body)
	}
	var list []string
	for _, i := range body.Items {
		s := i.Spec
		for s.Template != nil {
			s = s.Template.Spec
		}
		m := i.Metadata
		list = append(list, m.Labels["cloud.googleapis.com/location"]+" "+m.Name+" "+
			m.Annotations["run.googleapis.com/ingress"]+" "+s.ServiceAccountName)
	}
	return list
}
