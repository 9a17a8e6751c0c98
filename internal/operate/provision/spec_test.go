package provision_test

import (
	"maps"
	"strings"
	"testing"

	"github.com/tinyoperahouse/toh/internal/operate/provision"
	"github.com/tinyoperahouse/toh/internal/platform/store/storetest"
	"github.com/tinyoperahouse/toh/internal/test/testclock"
)

// good is an installation with every option given.
func good() provision.Spec {
	return provision.Impatient(provision.Spec{
		Project: "opera-house-1", Region: "europe-west1",
		BaseURL: "https://house.opera.dev", MailFrom: "House <house@opera.dev>", AlertMail: "operator@opera.dev",
		Content: storetest.Collections(), Keys: storetest.Collections()[:1], Clock: testclock.Moving{},
	})
}

func TestSpecIsChecked(t *testing.T) {
	t.Parallel()
	if err := good().Check(); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func(*provision.Spec){
		"no project":     func(s *provision.Spec) { s.Project = "" },
		"project form":   func(s *provision.Spec) { s.Project = "Opera/1" },
		"no region":      func(s *provision.Spec) { s.Region = "" },
		"zone":           func(s *provision.Spec) { s.Region = "europe-west1-b" },
		"plain http":     func(s *provision.Spec) { s.BaseURL = "http://house.opera.dev" },
		"with a path":    func(s *provision.Spec) { s.BaseURL = "https://opera.dev/house" },
		"no sender":      func(s *provision.Spec) { s.MailFrom = "house" },
		"no operator":    func(s *provision.Spec) { s.AlertMail = "somebody" },
		"no collections": func(s *provision.Spec) { s.Content = nil },
	} {
		s := good()
		change(&s)
		if s.Check() == nil {
			t.Errorf("%s: accepted", name)
		}
	}
	bare := provision.Spec{Project: "opera-house-1", Region: "europe-west1", Content: storetest.Collections(),
		Keys: storetest.Collections()[:1]}
	if err := bare.Check(); err != nil {
		t.Errorf("only what is needed: %v", err)
	}
}

func TestResourcesHaveNames(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, r := range good().Resources() {
		if r.Kind == "" || r.Name == "" || seen[r.Kind+" "+r.Name] {
			t.Errorf("%q %q: empty, or there twice", r.Kind, r.Name)
		}
		seen[r.Kind+" "+r.Name] = true
	}
	for _, name := range []string{
		"KMS key projects/opera-house-1/locations/europe-west1/keyRings/toh/cryptoKeys/workspaces",
		"KMS key projects/opera-house-1/locations/europe-west1/keyRings/toh/cryptoKeys/audit-signing",
		"Firestore database projects/opera-house-1/databases/toh-keys",
		"log bucket projects/opera-house-1/locations/europe-west1/buckets/toh-audit",
		"subscription projects/opera-house-1/subscriptions/toh-tasks-push",
		"file bucket projects/_/buckets/opera-house-1-toh-files",
		"mirror bucket projects/_/buckets/opera-house-1-toh-mirror",
		"Cloud Run service projects/opera-house-1/locations/europe-west1/services/toh-tasks",
	} {
		if !seen[name] {
			t.Errorf("there is no %s", name)
		}
	}
}

// TestNoRoleIsWide looks at every grant: none is a basic role, and only what must be is on the project.
func TestNoRoleIsWide(t *testing.T) {
	t.Parallel()
	onProject := map[string]bool{}
	for _, r := range good().Resources() {
		if r.Kind != "grant" {
			continue
		}
		parts := strings.Fields(r.Name)
		target, role, member := parts[0], parts[1], parts[2]
		for _, wide := range []string{"roles/owner", "roles/editor", "roles/viewer", "admin", "Admin"} {
			if strings.Contains(role, wide) {
				t.Errorf("%s is wide", r.Name)
			}
		}
		pages := strings.HasSuffix(target, "services/toh-web")
		copied := strings.HasSuffix(target, "/opera-house-1-toh-mirror") && role == "roles/storage.objectViewer"
		if member == "allUsers" && !pages && !copied {
			t.Errorf("%s is for everybody", r.Name)
		}
		if target == "projects/opera-house-1" {
			onProject[role] = true
		}
	}
	for _, role := range []string{"roles/datastore.user", "roles/logging.logWriter", "roles/monitoring.metricWriter",
		"roles/cloudtrace.agent", "roles/containeranalysis.occurrences.editor", "roles/containeranalysis.notes.editor",
		"roles/storage.objectViewer", "roles/storage.objectCreator", "roles/monitoring.viewer",
		"roles/logging.viewAccessor", "projects/opera-house-1/roles/tohAttest"} {
		delete(onProject, role)
	}
	if len(onProject) > 0 {
		t.Errorf("on the whole project: %v", onProject)
	}
}

// TestOnlyTasksSign: whoever can sign can make a checkpoint of what never happened.
func TestOnlyTasksSign(t *testing.T) {
	t.Parallel()
	const key = "projects/opera-house-1/locations/europe-west1/keyRings/toh/cryptoKeys/audit-signing"
	have := map[string]bool{}
	for _, r := range good().Resources() {
		if rest, ok := strings.CutPrefix(r.Name, key+" roles/cloudkms."); r.Kind == "grant" && ok {
			have[strings.TrimSuffix(strings.Replace(rest, " serviceAccount:", " ", 1),
				"@opera-house-1.iam.gserviceaccount.com")] = true
		} else if r.Kind == "grant" && strings.Contains(r.Name, "cloudkms.sign") {
			t.Errorf("%s", r.Name)
		}
	}
	want := map[string]bool{"signer toh-tasks": true, "publicKeyViewer toh-tasks": true,
		"publicKeyViewer toh-web": true}
	if !maps.Equal(have, want) {
		t.Errorf("%v", have)
	}
}
