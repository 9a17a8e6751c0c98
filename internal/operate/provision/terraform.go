package provision

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
)

const terraformHeader = `# The installation of Tiny Opera House in the project %s, printed by tohctl provision terraform.
# Checked for form only: it parses and is formatted, but no Terraform provider has looked at it. Read the plan before you apply it.
# Its first application takes some twenty minutes: it sleeps as long as Google may need until what was made has effect. The APIs
# cloudresourcemanager and serviceusage must be enabled before it.
# Locking the audit bucket is not part of it: tohctl log-lock. The values of the secrets are variables, so that no state holds them.

terraform {
  required_version = ">= 1.11"
  required_providers {
    google = {
      source  = "hashicorp/google"
      version = ">= 6.30"
    }
    google-beta = {
      source  = "hashicorp/google-beta"
      version = ">= 6.30"
    }
    time = {
      source  = "hashicorp/time"
      version = ">= 0.9"
    }
  }
}

provider "google" {
  project = %q
  region  = %q
}

provider "google-beta" {
  project = %q
  region  = %q
}

data "google_project" "this" {
  project_id = %q
}

# Cloud Logging and Cloud Storage make their accounts when they are asked for them.
data "google_logging_project_settings" "this" {
  project    = %q
  depends_on = [google_project_service.logging_googleapis_com]
}

data "google_storage_project_service_account" "this" {
  project    = %q
  depends_on = [google_project_service.storage_googleapis_com]
}

`

// Terraform prints the same resources as a configuration for Terraform.
func Terraform(w io.Writer, spec Spec) error {
	if err := spec.Check(); err != nil {
		return fmt.Errorf("provision: %w", err)
	}
	resources := spec.Resources()
	p := printer{names: map[string]string{}}
	for _, r := range resources {
		p.learn(r)
	}
	file := hclwrite.NewEmptyFile()
	o := order{spec, resources}
	for _, r := range resources {
		p.block(file.Body(), r.block, o.before(r))
	}
	for _, x := range o.sleeps() {
		kind, label, _ := strings.Cut(x.address, ".")
		p.block(file.Body(), block{kind, label, []arg{set("create_duration", seconds(x.lasts))}}, x.after)
	}
	var out bytes.Buffer
	fmt.Fprintf(&out, terraformHeader, spec.Project, spec.Project, spec.Region, spec.Project, spec.Region,
		spec.Project, spec.Project, spec.Project)
	out.WriteString(identityBlocks)
	out.WriteString(variableBlocks())
	out.Write(bytes.TrimRight(file.Bytes(), "\n"))
	out.WriteString("\n")
	_, err := w.Write(hclwrite.Format(out.Bytes()))
	return err
}

// identityBlocks create the accounts of Google's services that are not created by themselves.
const identityBlocks = `resource "google_project_service_identity" "agents" {
  provider = google-beta
  for_each = toset([
    "firestore.googleapis.com", "pubsub.googleapis.com", "secretmanager.googleapis.com", "artifactregistry.googleapis.com",
    "cloudscheduler.googleapis.com",
  ])
  service    = each.key
  depends_on = [time_sleep.apis]
}

`

func variableBlocks() string {
	var b strings.Builder
	for _, x := range secrets {
		if x.make != nil {
			fmt.Fprintf(&b, "variable %q {\n  type      = string\n  sensitive = true\n  ephemeral = true\n}\n\n",
				label(x.id))
		}
	}
	return b.String()
}

// printer writes blocks, and writes references where a value is the name of another resource.
type printer struct {
	names map[string]string // full name → expression
	self  string
}

func (p *printer) learn(r Resource) {
	address := r.block.address()
	switch r.block.kind {
	case "google_service_account":
		p.names[r.Name] = address + ".name"
		p.names[r.Name[strings.LastIndexByte(r.Name, '/')+1:]] = address + ".email"
	case "google_project_iam_custom_role":
		p.names[r.Name] = address + ".name"
	case "google_kms_key_ring", "google_kms_crypto_key", "google_pubsub_topic", "google_pubsub_subscription",
		"google_secret_manager_secret",
		"google_logging_project_bucket_config", "google_artifact_registry_repository", "google_cloud_run_v2_service":
		p.names[r.Name] = address + ".id"
	case "google_storage_bucket":
		p.names[strings.TrimPrefix(r.Name, "projects/_/buckets/")] = address + ".name"
	}
}

// block writes a block, and what it waits for besides what it refers to.
func (p *printer) block(file *hclwrite.Body, b block, after []string) {
	p.self = b.address()
	body := file.AppendNewBlock("resource", []string{b.kind, b.label}).Body()
	p.args(body, append(slices.Clone(b.body), dependsOn(after)...))
	file.AppendNewline()
}

func (p *printer) args(body *hclwrite.Body, args []arg) {
	for _, a := range args {
		if a.value == nil {
			p.args(body.AppendNewBlock(a.name, nil).Body(), a.body)
			continue
		}
		body.SetAttributeRaw(a.name, p.tokens(a.value))
	}
}

func (p *printer) tokens(value any) hclwrite.Tokens {
	switch v := value.(type) {
	case ref:
		return expression(string(v))
	case string:
		return expression(p.text(v))
	case []string:
		return expression("[" + strings.Join(p.each(v), ", ") + "]")
	case map[string]string:
		var parts []string
		for _, k := range slices.Sorted(maps.Keys(v)) {
			parts = append(parts, fmt.Sprintf("%s = %s", k, p.text(v[k])))
		}
		return expression("{\n" + strings.Join(parts, "\n") + "\n}")
	case bool:
		return hclwrite.TokensForValue(cty.BoolVal(v))
	case int:
		return hclwrite.TokensForValue(cty.NumberIntVal(int64(v)))
	case float64:
		return hclwrite.TokensForValue(cty.NumberFloatVal(v))
	}
	panic(fmt.Sprintf("provision: an argument of type %T", value))
}

func (p *printer) each(list []string) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = p.text(v)
	}
	return out
}

// text is a string as an expression: a reference, or a template with references in it.
func (p *printer) text(v string) string {
	if known, ok := p.names[v]; ok && !strings.HasPrefix(known, p.self+".") {
		return known
	}
	quoted := string(hclwrite.TokensForValue(cty.StringVal(v)).Bytes())
	for _, name := range slices.SortedFunc(maps.Keys(p.names), func(a, b string) int { return len(b) - len(a) }) {
		if !strings.HasPrefix(p.names[name], p.self+".") {
			quoted = replaceWhole(quoted, name, "${"+p.names[name]+"}")
		}
	}
	quoted = strings.ReplaceAll(quoted, numberMark, "${data.google_project.this.number}")
	return strings.ReplaceAll(quoted, loggingMark,
		"${data.google_logging_project_settings.this.kms_service_account_id}")
}

// replaceWhole replaces a name where it is not part of a longer one.
func replaceWhole(text, name, with string) string {
	var out strings.Builder
	for {
		before, after, found := strings.Cut(text, name)
		out.WriteString(before)
		if !found {
			return out.String()
		}
		if partOfName(before, after) {
			out.WriteString(name)
		} else {
			out.WriteString(with)
		}
		text = after
	}
}

func partOfName(before, after string) bool {
	const more = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_."
	return before != "" && strings.ContainsAny(before[len(before)-1:], more) || after != "" &&
		strings.ContainsAny(after[:1], more)
}

func expression(text string) hclwrite.Tokens {
	lexed, problems := hclsyntax.LexExpression([]byte(text), "", hcl.InitialPos)
	if problems.HasErrors() {
		panic("provision: " + problems.Error())
	}
	out := make(hclwrite.Tokens, 0, len(lexed))
	for _, t := range lexed {
		if t.Type != hclsyntax.TokenEOF {
			out = append(out, &hclwrite.Token{Type: t.Type, Bytes: t.Bytes})
		}
	}
	return out
}

// compact removes the blanks that the library inserts at random.
func compact(text string) string {
	var b bytes.Buffer
	if err := json.Compact(&b, []byte(text)); err != nil {
		panic("provision: " + err.Error()) // it was made on the line before
	}
	return b.String()
}
