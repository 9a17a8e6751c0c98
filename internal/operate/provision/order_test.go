package provision_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"

	"github.com/tinyoperahouse/toh/internal/operate/provision"
)

// graph is what Terraform makes of a configuration: each resource and data source, its text, and what it waits for.
type graph struct {
	texts map[string]string
	after map[string][]string
	all   map[string]map[string]bool // what is waited for, including indirectly
}

func graphOf(t *testing.T, s provision.Spec) graph {
	t.Helper()
	var out strings.Builder
	if err := provision.Terraform(&out, s); err != nil {
		t.Fatal(err)
	}
	file, problems := hclsyntax.ParseConfig([]byte(out.String()), "main.tf", hcl.InitialPos)
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	g := graph{texts: map[string]string{}, after: map[string][]string{}, all: map[string]map[string]bool{}}
	for _, b := range file.Body.(*hclsyntax.Body).Blocks {
		if b.Type != "resource" && b.Type != "data" {
			continue
		}
		name := strings.Join(b.Labels, ".")
		if b.Type == "data" {
			name = "data." + name
		}
		g.texts[name] = out.String()[b.OpenBraceRange.End.Byte:b.CloseBraceRange.Start.Byte]
		_ = hclsyntax.VisitAll(b.Body, func(n hclsyntax.Node) hcl.Diagnostics {
			if x, ok := n.(*hclsyntax.ScopeTraversalExpr); ok {
				if to := target(x.Traversal); to != "" {
					g.after[name] = append(g.after[name], to)
				}
			}
			return nil
		})
	}
	return g
}

// target is the resource or data source that an expression refers to.
func target(x hcl.Traversal) string {
	parts := []string{x.RootName()}
	for _, step := range x[1:] {
		if a, ok := step.(hcl.TraverseAttr); ok {
			parts = append(parts, a.Name)
		}
	}
	switch {
	case parts[0] == "data":
		return strings.Join(parts[:3], ".")
	case strings.HasPrefix(parts[0], "google_"), parts[0] == "time_sleep":
		return strings.Join(parts[:2], ".")
	}
	return ""
}

// sorted is an order in which everything can be created, as Terraform finds it. It fails if something is waited for
// that does not exist, and on a cycle.
func (g graph) sorted() ([]string, error) {
	var list []string
	state := map[string]int{} // 1 is in progress, 2 is done
	var visit func(string) error
	visit = func(name string) error {
		switch {
		case state[name] == 2:
			return nil
		case state[name] == 1:
			return fmt.Errorf("%s waits for itself", name)
		case g.texts[name] == "" && !strings.HasPrefix(name, "data."):
			return fmt.Errorf("something waits for %s, which is not there", name)
		}
		state[name] = 1
		g.all[name] = map[string]bool{}
		for _, before := range g.after[name] {
			if err := visit(before); err != nil {
				return err
			}
			g.all[name][before] = true
			for far := range g.all[before] {
				g.all[name][far] = true
			}
		}
		state[name] = 2
		list = append(list, name)
		return nil
	}
	for name := range g.texts {
		if err := visit(name); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// like are the resources with a kind whose text contains something.
func (g graph) like(kind, text string) []string {
	var list []string
	for name, body := range g.texts {
		if strings.HasPrefix(name, kind) && strings.Contains(strings.Join(strings.Fields(body), " "), text) {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	return list
}

// served says which API must be enabled before a kind of resource is created.
var served = []struct{ kind, api string }{
	{"google_firestore_", "firestore"}, {"google_kms_", "cloudkms"}, {"google_pubsub_", "pubsub"},
	{"google_secret_manager_", "secretmanager"},
	{"google_storage_", "storage"}, {"google_artifact_registry_", "artifactregistry"}, {"google_cloud_run_", "run"},
	{"google_cloud_scheduler_", "cloudscheduler"}, {"google_logging_", "logging"}, {"google_monitoring_", "monitoring"},
	{"google_service_account", "iam"}, {"google_project_iam_custom_role", "iam"},
	{"google_project_iam_", "cloudresourcemanager"},
	{"google_project_service_identity", "serviceusage"},
}

// TestTerraformHasAnOrder checks for every resource that it waits for what must exist before it, whatever order
// Terraform chooses.
func TestTerraformHasAnOrder(t *testing.T) {
	t.Parallel()
	for name, off := range map[string]bool{"role for everybody": false, "no invoker check": true} {
		s := good()
		s.NoInvokerCheck = off
		g := graphOf(t, s)
		list, err := g.sorted()
		if err != nil {
			t.Fatal(err)
		}
		asked := 0
		waits := func(who string, whats ...string) {
			t.Helper()
			if len(whats) == 0 {
				t.Errorf("%s, %s: there is nothing it could wait for", name, who)
			}
			for _, what := range whats {
				asked++
				if !g.all[who][what] || slices.Index(list, what) > slices.Index(list, who) {
					t.Errorf("%s: %s does not wait for %s", name, who, what)
				}
			}
		}
		wantAPIsFirst(g, waits)
		wantAgentsFirst(t, g, waits)
		wantKeysFirst(g, waits)
		wantServicesLast(g, waits)
		wantMeasuredFirst(g, waits)
		if asked < 500 {
			t.Errorf("only %d were asked for", asked)
		}
	}
}

type waits func(who string, whats ...string)

func wantAPIsFirst(g graph, waits waits) {
	for name := range g.texts {
		if strings.HasPrefix(name, "google_project_service.") || strings.HasPrefix(name, "time_sleep.") ||
			strings.HasPrefix(name, "data.google_project.") {
			continue
		}
		at := slices.IndexFunc(served, func(s struct{ kind, api string }) bool {
			return strings.HasPrefix(strings.TrimPrefix(name, "data."), s.kind)
		})
		if at < 0 {
			waits(name)
			continue
		}
		if api := served[at].api; api != "serviceusage" { // it must be enabled before any other API
			waits(name, "google_project_service."+api+"_googleapis_com")
		}
		if !strings.HasPrefix(name, "data.") {
			waits(name, "time_sleep.apis")
		}
	}
}

// agents are Google's accounts, with the API that each belongs to.
var agents = map[string]string{
	"gcp-sa-firestore": "firestore", "gcp-sa-pubsub": "pubsub", "gcp-sa-secretmanager": "secretmanager",
	"gcp-sa-artifactregistry": "artifactregistry", "gcp-sa-cloudscheduler": "cloudscheduler",
}

// wantAgentsFirst: Google's accounts exist before they are granted something.
func wantAgentsFirst(t *testing.T, g graph, waits waits) {
	const identities = "google_project_service_identity.agents"
	found := map[string]bool{}
	for name, text := range g.texts {
		m := regexp.MustCompile(`@(gcp-sa-[a-z]+|gs-project-accounts)\.iam`).FindStringSubmatch(text)
		switch {
		case m == nil:
		case m[1] == "gs-project-accounts":
			waits(name, "data.google_storage_project_service_account.this")
			found[m[1]] = true
		default:
			if !strings.Contains(g.texts[identities], `"`+agents[m[1]]+`.googleapis.com"`) {
				t.Errorf("nobody makes %s", m[1])
			}
			waits(name, identities)
			found[m[1]] = true
		}
	}
	if len(found) != len(agents)+1 {
		t.Errorf("%v", found)
	}
}

// wantKeysFirst: whatever is encrypted under the key waits until Google's account may use it, and some time more.
func wantKeysFirst(g graph, waits waits) {
	users := map[string]string{
		"google_firestore_database": "@gcp-sa-firestore.", "google_pubsub_topic.": "@gcp-sa-pubsub.",
		"google_secret_manager_secret.":         "@gcp-sa-secretmanager.",
		"google_storage_bucket.":                "@gs-project-accounts.",
		"google_artifact_registry_repository.":  "@gcp-sa-artifactregistry.",
		"google_logging_project_bucket_config.": "data.google_logging_project_settings.this.kms_service_account_id",
	}
	for kind, agent := range users {
		for _, name := range g.like(kind, "google_kms_crypto_key.data.id") {
			waits(name, append(g.like("google_kms_crypto_key_iam_member", agent), "time_sleep.key_grants")...)
		}
		waits("time_sleep.key_grants", g.like("google_kms_crypto_key_iam_member", agent)...)
		if len(g.like(kind, "google_kms_crypto_key.data.id")) == 0 {
			waits(kind)
		}
	}
}

// wantServicesLast: a service starts when its account may do what it needs, and after that its callers are granted
// access.
func wantServicesLast(g graph, waits waits) {
	for _, id := range []string{"toh_web", "toh_tasks"} {
		service, account := "google_cloud_run_v2_service."+id, "google_service_account."+id+".email"
		for _, kind := range []string{"google_secret_manager_secret_iam_member", "google_kms_crypto_key_iam_member",
			"google_pubsub_topic_iam_member", "google_project_iam_member"} {
			waits(service, g.like(kind, account)...)
		}
		waits(service, g.like("google_firestore_database", "")...)
		waits(service, g.like("google_secret_manager_secret_version", "")...)
	}
	for _, name := range g.like("google_pubsub_subscription.", "push_endpoint") {
		waits(name, g.like("google_cloud_run_v2_service_iam_member", "google_service_account.toh_push.email")...)
		waits(name, g.like("google_service_account_iam_member", "@gcp-sa-pubsub.")...)
	}
	for _, name := range g.like("google_pubsub_subscription.", "dead_letter_topic") {
		waits(name, g.like("google_pubsub_topic_iam_member", "@gcp-sa-pubsub.")...)
	}
	for _, name := range g.like("google_cloud_scheduler_job", "") {
		waits(name, g.like("google_pubsub_topic_iam_member", "@gcp-sa-cloudscheduler.")...)
	}
}

// wantMeasuredFirst: an alert is accepted when what it measures is known.
func wantMeasuredFirst(g graph, waits waits) {
	for _, name := range g.like("google_monitoring_alert_policy", "") {
		text := g.texts[name]
		for _, m := range regexp.MustCompile(`logging\.googleapis\.com/user/([a-z-]+)`).FindAllStringSubmatch(text,
			-1) {
			waits(name, "google_logging_metric."+strings.ReplaceAll(m[1], "-", "_"), "time_sleep.log_metrics")
		}
		for _, m := range regexp.MustCompile(`custom\.googleapis\.com/toh/([a-z_]+)`).FindAllStringSubmatch(text, -1) {
			waits(name, "google_monitoring_metric_descriptor.toh_"+m[1])
		}
		for _, m := range regexp.MustCompile(`serviceLevelObjectives/([a-z]+)`).FindAllStringSubmatch(text, -1) {
			waits(name, "google_monitoring_slo.toh_"+m[1])
		}
		if strings.Contains(text, "uptime_check/") {
			waits(name, g.like("google_monitoring_uptime_check_config", "")...)
		}
	}
}

// TestTerraformSleepsAsLongAsGoogleMayTake: a log metric is known after ten minutes at most, an API and a role after
// some minutes.
func TestTerraformSleepsAsLongAsGoogleMayTake(t *testing.T) {
	t.Parallel()
	g := graphOf(t, good())
	for name, want := range map[string]string{"apis": "180s", "key_grants": "180s", "log_metrics": "660s"} {
		if !strings.Contains(strings.Join(strings.Fields(g.texts["time_sleep."+name]), " "), `create_duration = "`+want+
			`"`) {
			t.Errorf("%s: %s", name, g.texts["time_sleep."+name])
		}
	}
}

// TestApplyHasTheSameOrder: apply has created before whatever Terraform waits for.
func TestApplyHasTheSameOrder(t *testing.T) {
	t.Parallel()
	g := graphOf(t, good())
	if _, err := g.sorted(); err != nil {
		t.Fatal(err)
	}
	at := map[string]int{}
	for i, address := range provision.Addresses(good()) {
		at[address] = i
	}
	compared := 0
	for who, whats := range g.all {
		for what := range whats {
			if i, made := at[what]; made && strings.HasPrefix(who, "google_") &&
				who != "google_project_service_identity.agents" {
				if compared++; i > at[who] {
					t.Errorf("apply makes %s before %s", who, what)
				}
			}
		}
	}
	if compared < 1000 {
		t.Errorf("only %d were compared", compared)
	}
}

// TestNobodyHasARoleOnTheFileBucket: nothing stores files yet, so nothing needs a role.
func TestNobodyHasARoleOnTheFileBucket(t *testing.T) {
	t.Parallel()
	for _, r := range good().Resources() {
		if r.Kind == "grant" && strings.Contains(r.Name, "toh-files") {
			t.Errorf("%s is not needed", r.Name)
		}
	}
}
