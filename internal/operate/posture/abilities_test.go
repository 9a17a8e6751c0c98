package posture_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/tinyoperahouse/toh/internal/operate/posture"
)

// held are lines like "deploy roles/run.developer build 1".
func held(r posture.Report) string {
	var lines []string
	for _, h := range r.Access.Held {
		lines = append(lines, fmt.Sprintf("%s %s %s %d", h.Ability, h.Role, h.Holder, h.Count))
	}
	return strings.Join(lines, "\n")
}

// TestNobodyHoldsMoreThanExpected: on an installation as it is provisioned, the build deploys, the services read the
// databases, the tasks service looks for its entries, and nobody changes rules.
func TestNobodyHoldsMoreThanExpected(t *testing.T) {
	t.Parallel()
	w := installed(t, spec())
	r := w.attest()
	for _, h := range r.Access.Held {
		if !h.Expected() {
			t.Errorf("%+v", h)
		}
	}
	text := held(r)
	for _, want := range []string{"deploy roles/run.developer build 1", "data roles/datastore.user web 1",
		"data roles/datastore.user tasks 1", "logs roles/logging.viewAccessor tasks 1"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
	if r.Access.Missing != 0 {
		t.Errorf("%d could not be read", r.Access.Missing)
	}
}

// TestHoldersAreCountedAndNotNamed: who holds what past the product, by role, each member once, and no name of anybody
// in what is stored.
func TestHoldersAreCountedAndNotNamed(t *testing.T) {
	t.Parallel()
	w := installed(t, spec())
	for _, g := range [][2]string{
		{"roles/owner", "user:nell@opera.dev"}, {"roles/owner", "group:admins@opera.dev"},
		{"roles/logging.viewer", "user:nell@opera.dev"},
		{"roles/iam.securityAdmin", "serviceAccount:bot@other.iam.gserviceaccount.com"},
		{"roles/datastore.viewer", "allAuthenticatedUsers"}, {"roles/run.viewer", "user:looker@opera.dev"},
	} {
		give(project, g[0], g[1])(w)
	}
	give(location+"/services/toh-web", "roles/run.admin", "user:nell@opera.dev")(w)
	r := w.attest()
	text := held(r)
	for _, want := range []string{"deploy roles/owner people 2", "logs roles/owner people 2",
		"data roles/owner people 2", "rules roles/owner people 2", "logs roles/logging.viewer people 1",
		"rules roles/iam.securityAdmin programs 1",
		"data roles/datastore.viewer everybody 1", "deploy roles/run.admin people 1",
		"rules roles/run.admin people 1"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in\n%s", want, text)
		}
	}
	if strings.Contains(text, "run.viewer") {
		t.Errorf("a role that only shows settings is counted:\n%s", text)
	}
	stored, err := json.Marshal(r.Brief().Access)
	if err != nil || strings.Contains(string(stored), "opera") || strings.Contains(string(stored), "@") {
		t.Errorf("%v: %s", err, stored)
	}
}
