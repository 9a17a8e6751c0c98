package logviews_test

import (
	"errors"
	"net/http/httptest"
	"testing"

	"google.golang.org/api/googleapi"
	logging "google.golang.org/api/logging/v2"
	"google.golang.org/api/option"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/admin/logviews"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table/tabletest"
)

const view = "projects/p/locations/l/buckets/b/views/v"

// TestPolicies: a policy is read as it was written, conditions only by whoever asks for them, and an old one is not
// written over a newer one.
func TestPolicies(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(logviews.New(tabletest.Open(t)))
	defer server.Close()
	s, err := logging.NewService(t.Context(), option.WithEndpoint(server.URL), option.WithHTTPClient(server.Client()))
	if err != nil {
		t.Fatal(err)
	}
	views := s.Projects.Locations.Buckets.Views
	get := func(version int64) *logging.Policy {
		t.Helper()
		p, err := views.GetIamPolicy(view, &logging.GetIamPolicyRequest{
			Options: &logging.GetPolicyOptions{RequestedPolicyVersion: version}}).Do()
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	old := get(3)
	next := &logging.Policy{Version: 3, Etag: old.Etag, Bindings: []*logging.Binding{{
		Role: "roles/logging.viewAccessor", Members: []string{"user:eve@opera.example"},
		Condition: &logging.Expr{Title: "t", Expression: "true"}}}}
	if _, err := views.SetIamPolicy(view, &logging.SetIamPolicyRequest{Policy: next}).Do(); err != nil {
		t.Fatal(err)
	}
	got := get(3)
	if len(old.Bindings) > 0 || len(got.Bindings) != 1 || got.Bindings[0].Members[0] != "user:eve@opera.example" ||
		got.Bindings[0].Condition.Expression != "true" {
		t.Errorf("%+v, and then %+v", old, got)
	}
	if c := get(1).Bindings[0].Condition; c != nil && c.Expression == "true" {
		t.Error("conditions are shown to whoever does not ask for them")
	}
	_, err = views.SetIamPolicy(view, &logging.SetIamPolicyRequest{Policy: next}).Do()
	if e := (*googleapi.Error)(nil); !errors.As(err, &e) || e.Code != 409 {
		t.Errorf("an old policy: %v", err)
	}
	for name, code := range map[string]int{"projects/p/locations/l/buckets/b": 404, view: 400} {
		_, err := views.GetIamPolicy(name, &logging.GetIamPolicyRequest{
			Options: &logging.GetPolicyOptions{RequestedPolicyVersion: 9}}).Do()
		if e := (*googleapi.Error)(nil); !errors.As(err, &e) || e.Code != code {
			t.Errorf("%s: %v", name, err)
		}
	}
}
