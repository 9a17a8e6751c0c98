package provision_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"

	"github.com/tinyoperahouse/toh/internal/operate/provision"
)

func terraform(t *testing.T) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := provision.Terraform(&out, good()); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func TestTerraformIsFormattedAndParses(t *testing.T) {
	t.Parallel()
	text := terraform(t)
	if again := hclwrite.Format(text); !bytes.Equal(again, text) {
		t.Error("formatting it again changes it")
	}
	if _, problems := hclsyntax.ParseConfig(text, "main.tf", hcl.InitialPos); problems.HasErrors() {
		t.Fatal(problems)
	}
	if !strings.Contains(string(text), "Checked for form only") {
		t.Error("it does not say how far it was checked")
	}
	var again bytes.Buffer
	if err := provision.Terraform(&again, good()); err != nil || !bytes.Equal(again.Bytes(), text) {
		t.Errorf("printed twice, it differs: %v", err)
	}
}

func TestTerraformHasABlockForEachResource(t *testing.T) {
	t.Parallel()
	file, problems := hclsyntax.ParseConfig(terraform(t), "main.tf", hcl.InitialPos)
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	blocks, names := 0, map[string]bool{}
	for _, b := range file.Body.(*hclsyntax.Body).Blocks {
		if b.Type != "resource" || b.Labels[0] == "google_project_service_identity" || b.Labels[0] == "time_sleep" {
			continue
		}
		blocks++
		if name := strings.Join(b.Labels, "."); names[name] {
			t.Errorf("%s is there twice", name)
		} else {
			names[name] = true
		}
		if len(b.Body.Attributes) == 0 {
			t.Errorf("%v is empty", b.Labels)
		}
	}
	if want := len(good().Resources()); blocks != want {
		t.Errorf("%d blocks for %d resources", blocks, want)
	}
}

// TestTerraformRefersToWhatItMakes follows every reference to a resource.
func TestTerraformRefersToWhatItMakes(t *testing.T) {
	t.Parallel()
	file, problems := hclsyntax.ParseConfig(terraform(t), "main.tf", hcl.InitialPos)
	if problems.HasErrors() {
		t.Fatal(problems)
	}
	body := file.Body.(*hclsyntax.Body)
	made := map[string]bool{}
	for _, b := range body.Blocks {
		if b.Type == "resource" {
			made[strings.Join(b.Labels, ".")] = true
		}
	}
	followed := 0
	_ = hclsyntax.VisitAll(body, func(n hclsyntax.Node) hcl.Diagnostics {
		x, ok := n.(*hclsyntax.ScopeTraversalExpr)
		if !ok || !strings.HasPrefix(x.Traversal.RootName(), "google_") {
			return nil
		}
		followed++
		to := x.Traversal.RootName() + "." + x.Traversal[1].(hcl.TraverseAttr).Name
		if !made[to] {
			t.Errorf("refers to %s, which is not made", to)
		}
		return nil
	})
	if followed < 100 {
		t.Errorf("only %d references: Terraform would not know what comes first", followed)
	}
}

func TestTerraformHoldsNoSecret(t *testing.T) {
	t.Parallel()
	text := string(terraform(t))
	for _, bad := range []string{"{number}", "{logging}", "secret_data ", "toh-tasks-opera"} {
		if strings.Contains(text, bad) {
			t.Errorf("it holds %q", bad)
		}
	}
	for _, want := range []string{
		`crypto_key_id = google_kms_crypto_key.data.id`,
		`"serviceAccount:${google_service_account.toh_web.email}"`,
		`service-${data.google_project.this.number}@gcp-sa-firestore.iam.gserviceaccount.com`,
		`prevent_destroy = true`,
		`resource "google_kms_crypto_key" "audit_signing" { name = "audit-signing" key_ring = google_kms_key_ring.toh.id purpose = "ASYMMETRIC_SIGN" ` +
			`version_template { algorithm = "EC_SIGN_P256_SHA256" } lifecycle`,
		`crypto_key_id = google_kms_crypto_key.audit_signing.id role = "roles/cloudkms.signer" member = "serviceAccount:${google_service_account.toh_tasks.email}"`,
		`retention_days = 14`,
	} {
		if !strings.Contains(strings.Join(strings.Fields(text), " "), strings.Join(strings.Fields(want), " ")) {
			t.Errorf("it does not hold %s", want)
		}
	}
}
