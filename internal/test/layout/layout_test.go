package layout

import (
	"encoding/json"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/tinyoperahouse/toh/"

// groups are the folders below internal, lowest first, and cmd. A package imports packages of lower groups, and those
// of its own group that its row below names.
var groups = []string{"model", "access", "config", "templates", "platform", "product", "operate", "edge", "app",
	"onemachine", "cmd"}

// imports says which packages of the module each package may import. A row also covers the folders below it, so a new
// subject of the pages needs no row. A package without a row fails, and so does a row with something that nothing
// imports.
var imports = map[string][]string{
	"model":     {},
	"access":    {"model"},
	"config":    {},
	"templates": {},

	"platform/store":   {"model"},
	"platform/seal":    {"model", "platform/store"},
	"platform/audit":   {"access", "model", "platform/seal", "platform/store"},
	"platform/signing": {"model"},
	"platform/checkpoint": {"model", "platform/audit", "platform/logging", "platform/seal", "platform/signing",
		"platform/store"},
	"platform/records": {"access", "model", "platform/audit", "platform/logging", "platform/seal", "platform/store"},
	"platform/secret":  {"model"},
	"platform/task":    {"access", "model", "platform/logging", "platform/records"},
	"platform/mail": {"access", "model", "templates", "platform/logging", "platform/records", "platform/secret",
		"platform/task"},
	"platform/blob":      {"platform/gcp"},
	"platform/gcp":       {},
	"platform/logging":   {"model"},
	"platform/telemetry": {"model", "platform/gcp", "platform/logging"},

	"platform/history":       {"model", "platform/logging", "platform/signing", "platform/store"},
	"platform/history/check": {},
	"platform/receipt":       {"model", "platform/history", "platform/signing"},

	"product/guess":      {},
	"product/policy":     {"model", "product/worddiff"},
	"product/worddiff":   {},
	"product/cardnumber": {},
	"product/passwords":  {"model", "product/guess"},
	"product/factor":     {"access", "model", "platform/records"},
	"product/account": {"access", "model", "platform/audit", "platform/records", "product/cardnumber",
		"product/factor", "product/passwords"},
	"product/workspace": {"access", "model", "platform/audit", "platform/checkpoint", "platform/records",
		"product/account", "product/cardnumber"},
	"product/erasure": {"access", "model", "platform/audit", "platform/receipt", "platform/records", "platform/task",
		"product/account", "product/workspace"},
	"product/wallclock": {"model"},
	"product/shows": {"access", "model", "platform/audit", "platform/records", "product/cardnumber",
		"product/wallclock", "product/worddiff"},

	"product/files": {"access", "model", "platform/blob", "platform/logging", "platform/records", "platform/task",
		"product/cardnumber", "product/shows"},
	"product/identity": {"access", "model", "platform/logging", "platform/records", "product/account",
		"product/workspace"},

	"product/promise": {"access", "model", "platform/logging", "platform/records"},

	"product/notice": {"access", "model", "platform/audit", "platform/records", "platform/task", "product/account",
		"product/identity", "product/policy", "product/workspace"},

	"product/program": {"access", "model", "platform/records", "product/identity"},

	"operate/bench":      {},
	"operate/cost":       {"model", "platform/store"},
	"operate/deadletter": {"access", "model", "platform/audit", "platform/records", "platform/task"},
	"operate/drill":      {"access", "model", "platform/audit", "platform/records", "platform/seal", "platform/store"},
	"operate/canary": {"access", "model", "platform/audit", "platform/records", "product/account", "product/factor",
		"product/promise", "product/shows", "product/workspace", "operate/outside"},
	"operate/mirror":  {"model", "platform/gcp", "platform/history"},
	"operate/outside": {"model", "product/promise"},
	"operate/posture": {"model", "platform/gcp", "platform/store", "product/promise"},
	"operate/provision": {"config", "model", "platform/gcp", "platform/secret", "platform/store",
		"platform/telemetry"},
	"operate/rewrap": {"access", "model", "platform/audit", "platform/logging", "platform/records", "platform/seal",
		"platform/task"},

	"edge/condition":   {},
	"edge/compression": {"edge/condition"},
	"edge/download":    {"platform/logging"},
	"edge/httperr":     {"model"},
	"edge/slashes":     {},
	"edge/push":        {"model", "platform/logging", "platform/task", "product/identity"},
	"edge/webhook":     {"model", "platform/logging"},
	"edge/api": {"access", "model", "platform/audit", "platform/checkpoint", "platform/logging", "platform/records",
		"product/account", "product/files", "product/identity", "product/program", "product/shows", "product/workspace",
		"edge/condition", "edge/download", "edge/httperr", "edge/slashes"},
	"edge/web": {"access", "model", "templates", "platform/audit", "platform/checkpoint", "platform/history",
		"platform/receipt", "platform/records", "product/account", "product/erasure", "product/files",
		"product/identity", "product/notice", "product/policy", "product/promise", "product/shows",
		"product/wallclock", "product/workspace", "product/worddiff", "edge/download"},
	"edge/web/assets": {"platform/logging", "edge/compression", "edge/condition"},
	"edge/web/frame": {"access", "model", "templates", "platform/logging", "product/account", "product/identity",
		"product/passwords", "edge/httperr", "edge/slashes", "edge/web/assets"},

	"app": {"access", "config", "model", "templates", "platform", "product", "operate/canary", "operate/mirror",
		"operate/outside", "operate/posture", "operate/rewrap", "edge"},

	"onemachine/localcloud": {},
	"onemachine/local":      {"app", "config", "model", "platform", "onemachine/localcloud"},
	"onemachine/demo": {"access", "app", "model", "platform/records", "product", "edge/web",
		"onemachine/localcloud"},

	"cmd/toh":       {"app", "config", "platform/blob", "platform/gcp", "platform/logging", "platform/telemetry"},
	"cmd/toh-local": {"platform/logging", "onemachine"},
	"cmd/tohctl": {"access", "app", "config", "model", "platform/checkpoint", "platform/gcp", "platform/history",
		"platform/receipt", "platform/store", "platform/task", "product",
		"operate", "onemachine/local", "onemachine/localcloud"},

	"test": {},
}

type listed struct {
	ImportPath string
	Imports    []string
}

func packages(t *testing.T) []listed {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Imports", module+"...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	var all []listed
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := dec.Decode(&p); err == io.EOF {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

// short is a package's path below internal, or below the module.
func short(path string) string {
	return strings.TrimPrefix(strings.TrimPrefix(path, module), "internal/")
}

// row is the row of imports that a package belongs to: its own, or that of the nearest folder above it.
func row(path string) (string, bool) {
	for path != "." {
		if _, ok := imports[path]; ok {
			return path, true
		}
		path = filepath.ToSlash(filepath.Dir(path))
	}
	return "", false
}

// within reports whether a package is what a row names, or below it.
func within(path, named string) bool {
	return path == named || strings.HasPrefix(path, named+"/")
}

// floor is the position of a package's group, from the lowest.
func floor(path string) int {
	return slices.IndexFunc(groups, func(group string) bool { return within(path, group) })
}

// harness reports whether a package is for tests only.
func harness(path string) bool {
	return within(short(path), "test") || strings.HasSuffix(path, "test")
}

func TestImports(t *testing.T) {
	t.Parallel()
	used := map[string]bool{}
	for _, p := range packages(t) {
		if harness(p.ImportPath) {
			continue
		}
		from := short(p.ImportPath)
		of, known := row(from)
		if !known {
			t.Errorf("%s has no row in imports", from)
			continue
		}
		for _, imported := range p.Imports {
			if imported == "testing" || strings.HasPrefix(imported, module) && harness(imported) {
				t.Errorf("%s imports %s: that is for tests", from, imported)
			}
			to := short(imported)
			if !strings.HasPrefix(imported, module) || within(to, of) {
				continue
			}
			i := slices.IndexFunc(imports[of], func(named string) bool { return within(to, named) })
			if i < 0 {
				t.Errorf("%s imports %s, and its row does not allow that", from, to)
				continue
			}
			used[of+" "+imports[of][i]] = true
		}
	}
	for of, named := range imports {
		for _, to := range named {
			if !used[of+" "+to] {
				t.Errorf("%s may import %s, and does not", of, to)
			}
			if floor(to) > floor(of) {
				t.Errorf("%s may import %s, which lies higher", of, to)
			}
		}
	}
}

// only lists libraries that few packages may use.
var only = map[string][]string{
	"cloud.google.com/go/firestore": {"platform/gcp", "platform/store", "operate/drill", "operate/provision",
		"operate/posture",
		"onemachine/localcloud"},
	"cloud.google.com/go/kms": {"platform/gcp", "platform/seal", "platform/signing", "operate/rewrap",
		"operate/provision",
		"operate/posture", "onemachine"},
	"cloud.google.com/go/secretmanager": {"platform/gcp", "platform/secret", "operate/provision", "operate/posture",
		"onemachine/localcloud"},
	"cloud.google.com/go/logging": {"platform/gcp", "platform/audit", "operate/provision", "operate/posture",
		"onemachine"},
	"cloud.google.com/go/pubsub": {"platform/gcp", "platform/task", "operate/deadletter", "operate/provision",
		"operate/posture",
		"onemachine"},
	"github.com/cockroachdb/pebble":      {"onemachine/localcloud"},
	"github.com/tink-crypto/tink-go":     {"platform/seal", "onemachine/localcloud"},
	"golang.org/x/crypto/bcrypt":         {"product/passwords"},
	"github.com/golang-jwt/jwt":          {"product/account", "onemachine/localcloud"},
	"github.com/go-webauthn":             {"product/factor"},
	"github.com/pquerna/otp":             {"product/factor"},
	"github.com/boombuler/barcode":       {"product/factor"},
	"github.com/danielgtaylor/huma":      {"edge/api"},
	"github.com/gabriel-vasile/mimetype": {"product/files"},
	"golang.org/x/image":                 {"product/files"},
	"google.golang.org/api/idtoken":      {"edge/push"},
	"go.opentelemetry.io":                {"platform/telemetry"},
	"cloud.google.com/go/trace":          {"platform/gcp", "platform/telemetry", "onemachine/localcloud"},
	"cloud.google.com/go/monitoring": {"platform/gcp", "platform/telemetry", "operate/provision", "operate/posture",
		"onemachine/localcloud"},
}

func TestLibrariesStayWhereTheyBelong(t *testing.T) {
	t.Parallel()
	for _, p := range packages(t) {
		from := short(p.ImportPath)
		if harness(p.ImportPath) || from == "app" {
			continue
		}
		for _, imported := range p.Imports {
			for library, allowed := range only {
				here := slices.ContainsFunc(allowed, func(named string) bool { return within(from, named) })
				if strings.HasPrefix(imported, library) && !here {
					t.Errorf("%s imports %s, which is for %v", from, imported, allowed)
				}
			}
		}
	}
}

// TestProductionHoldsNoEmulator checks everything that the container's program is linked from.
func TestProductionHoldsNoEmulator(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "list", "-deps", module+"cmd/toh").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	for _, path := range strings.Fields(string(out)) {
		if path == "testing" || strings.Contains(path, "internal/onemachine/") ||
			strings.Contains(path, "cockroachdb/pebble") {
			t.Errorf("cmd/toh is linked with %s", path)
		}
	}
}

// TestOneMachineHasNothingToAdminister: the servers that only provisioning, attestation and their tests need are not
// linked into toh-local.
func TestOneMachineHasNothingToAdminister(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("go", "list", "-deps", module+"cmd/toh-local").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	for path := range strings.FieldsSeq(string(out)) {
		if strings.HasPrefix(path+"/", module+"internal/onemachine/localcloud/admin/") {
			t.Errorf("cmd/toh-local is linked with %s", path)
		}
	}
}

// TestTestsAreLinkedWithWhatTheyNeed: tests that are run all day are linked with neither the operator's clients nor the
// servers for them, nor with what sends telemetry, nor with pages. Linking is much of what a change of the gate waits
// for.
func TestTestsAreLinkedWithWhatTheyNeed(t *testing.T) {
	t.Parallel()
	unneeded := []string{module + "internal/onemachine/localcloud/admin", module + "internal/platform/gcp/operator",
		module + "internal/platform/gcp/watchers", module + "internal/platform/telemetry", module + "internal/edge",
		module + "templates", "go.opentelemetry.io/otel/sdk"}
	for _, of := range []string{"platform/audit", "platform/checkpoint", "platform/history", "platform/records",
		"platform/seal", "platform/store", "platform/task", "product/account", "product/shows", "product/workspace"} {
		out, err := exec.Command("go", "list", "-deps", "-test", module+"internal/"+of).Output()
		if err != nil {
			t.Fatalf("go list: %v", err)
		}
		for path := range strings.FieldsSeq(string(out)) {
			if slices.ContainsFunc(unneeded, func(u string) bool { return within(path, u) }) {
				t.Errorf("tests of %s are linked with %s", of, path)
			}
		}
	}
}

// TestTheCheckOfTheHistoryNeedsNoCloud: anybody can check the history without anything of the installation, so what
// checks it knows no cloud and no network.
func TestTheCheckOfTheHistoryNeedsNoCloud(t *testing.T) {
	t.Parallel()
	const of = module + "internal/platform/history/check"
	out, err := exec.Command("go", "list", "-deps", of).Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	for path := range strings.FieldsSeq(string(out)) {
		known := path == of || !strings.HasPrefix(path, module) && !strings.Contains(path, "google")
		if !known || path == "net/http" {
			t.Errorf("%s is linked with %s", of, path)
		}
	}
}

func TestEnvironmentIsReadOnce(t *testing.T) {
	t.Parallel()
	out, err := exec.Command("grep", "-rnE", `os\.(Getenv|LookupEnv|Environ)\(`, "../../..", "--include=*.go").Output()
	if err != nil && len(out) == 0 {
		return // found none
	}
	for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		path, _, _ := strings.Cut(strings.TrimPrefix(line, "../../../"), ":")
		if strings.HasSuffix(path, "_test.go") || harness(filepath.Dir(path)) ||
			strings.HasPrefix(path, "internal/config/") || strings.HasPrefix(path, "internal/platform/gcp/") ||
			strings.HasPrefix(path, "cmd/") {
			continue
		}
		t.Errorf("the environment is read outside internal/config: %s", line)
	}
}
