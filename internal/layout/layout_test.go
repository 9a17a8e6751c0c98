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

// arrows say for each room which other rooms it may import. A room is the folder below internal, cmd or the module itself; rooms that
// are not named here may not exist.
var arrows = map[string][]string{
	"cmd/toh":       {"app", "config", "gcp", "obs", "model", "telemetry"},
	"cmd/toh-local": {"local", "app", "config", "obs", "model", "gcp", "localcloud", "sandbox", "demo"},
	"cmd/tohctl":    {"cost", "local", "app", "config", "obs", "model", "gcp", "localcloud", "sandbox", "bench", "store", "account", "workspace", "stage", "access", "provision", "keys", "drill", "deadletter", "task", "attest", "checkpoint"},

	"app":   {"*"},
	"local": {"app", "config", "gcp", "telemetry", "localcloud", "secret", "sandbox", "store", "model", "obs", "demo"},
	"demo":  {"app", "account", "workspace", "stage", "web", "access", "model", "records", "localcloud"},

	"web":  {"compression", "condition", "account", "checkpoint", "workspace", "stage", "records", "access", "audit", "model", "obs", "templates", "store", "mail", "httperr", "slashes"},
	"api":  {"condition", "account", "checkpoint", "workspace", "stage", "records", "access", "audit", "model", "obs", "store", "httperr", "slashes"},
	"push": {"task", "model", "obs"},

	"workspace": {"account", "checkpoint", "cards", "records", "access", "audit", "seal", "store", "model"},
	"account":   {"guess", "cards", "records", "access", "audit", "seal", "store", "model"},
	"stage":     {"records", "access", "audit", "seal", "store", "model", "cards"},

	"task":       {"records", "access", "audit", "store", "seal", "model", "obs"},
	"mail":       {"task", "records", "access", "audit", "secret", "store", "model", "obs", "templates"},
	"secret":     {"model", "gcp"},
	"keys":       {"task", "records", "access", "audit", "seal", "model", "obs"},
	"deadletter": {"task", "records", "access", "audit", "model"},

	"drill": {"records", "access", "audit", "seal", "store", "model"},

	"attest":    {"gcp", "store", "model"},
	"provision": {"gcp", "store", "secret", "config", "model", "telemetry"},

	"checkpoint": {"access", "audit", "seal", "store", "model", "obs"},

	"records":     {"checkpoint", "access", "audit", "seal", "store", "model", "obs"},
	"audit":       {"access", "seal", "store", "model"},
	"seal":        {"store", "model"},
	"store":       {"model"},
	"gcp":         {"model"},
	"access":      {"model"},
	"model":       {},
	"httperr":     {"model"},
	"slashes":     {},
	"condition":   {},
	"compression": {"condition"},
	"config":      {"model"},
	"obs":         {"model"},
	"cards":       {"model"},
	"guess":       {},
	"telemetry":   {"gcp", "obs", "model"},
	"bench":       {"model"},

	"localcloud": {},
	"sandbox":    {"model"},
	"testclock":  {},
	"testneed":   {},
	"cost":       {"store", "model"},
	"layout":     {},
	"proof":      {},
	"e2e":        {},
	"templates":  {},
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

// room is the room that a package of the module belongs to.
func room(path string) string {
	path = strings.TrimPrefix(path, module)
	if rest, ok := strings.CutPrefix(path, "internal/"); ok {
		first, _, _ := strings.Cut(rest, "/")
		return first
	}
	if parts := strings.SplitN(path, "/", 3); parts[0] == "cmd" && len(parts) > 1 {
		return "cmd/" + parts[1]
	}
	first, _, _ := strings.Cut(path, "/")
	return first
}

// harness reports whether a package serves tests only. The room attest has the ending by chance.
func harness(path string) bool {
	return strings.HasSuffix(path, "test") && path != module+"internal/attest" || strings.HasSuffix(path, "testneed") ||
		strings.HasSuffix(path, "testclock")
}

func TestArrows(t *testing.T) {
	for _, p := range packages(t) {
		from := room(p.ImportPath)
		if harness(p.ImportPath) {
			continue
		}
		allowed, known := arrows[from]
		if !known {
			t.Errorf("%s: the room %q is not in the plan", p.ImportPath, from)
			continue
		}
		for _, imported := range p.Imports {
			checkImport(t, p.ImportPath, from, imported, allowed)
		}
	}
}

func checkImport(t *testing.T, path, from, imported string, allowed []string) {
	t.Helper()
	if imported == "testing" || harness(imported) && strings.HasPrefix(imported, module) {
		t.Errorf("%s imports %s: that is for tests", path, imported)
	}
	if !strings.HasPrefix(imported, module) {
		return
	}
	if to := room(imported); to != from && !slices.Contains(allowed, to) && !slices.Contains(allowed, "*") {
		t.Errorf("%s imports %s: no arrow leads from %s to %s", path, imported, from, to)
	}
}

// only lists libraries that few rooms may touch.
var only = map[string][]string{
	"cloud.google.com/go/firestore":     {"gcp", "store", "drill", "localcloud", "provision", "attest"},
	"cloud.google.com/go/kms":           {"gcp", "seal", "checkpoint", "keys", "localcloud", "local", "provision", "attest"},
	"cloud.google.com/go/secretmanager": {"gcp", "secret", "localcloud", "provision", "attest"},
	"cloud.google.com/go/logging":       {"gcp", "audit", "localcloud", "local", "provision", "attest"},
	"cloud.google.com/go/pubsub":        {"gcp", "task", "deadletter", "localcloud", "local", "provision", "attest"},
	"github.com/cockroachdb/pebble":     {"localcloud"},
	"github.com/tink-crypto/tink-go":    {"seal", "localcloud"},
	"golang.org/x/crypto/bcrypt":        {"account"},
	"github.com/golang-jwt/jwt":         {"account", "localcloud"},
	"github.com/danielgtaylor/huma":     {"api"},
	"google.golang.org/api/idtoken":     {"push"},
	"go.opentelemetry.io":               {"telemetry"},
	"cloud.google.com/go/trace":         {"gcp", "telemetry", "localcloud"},
	"cloud.google.com/go/monitoring":    {"gcp", "telemetry", "localcloud", "provision", "attest"},
}

func TestLibrariesStayInTheirRooms(t *testing.T) {
	for _, p := range packages(t) {
		if harness(p.ImportPath) || room(p.ImportPath) == "app" {
			continue
		}
		for _, imported := range p.Imports {
			for library, rooms := range only {
				if strings.HasPrefix(imported, library) && !slices.Contains(rooms, room(p.ImportPath)) {
					t.Errorf("%s imports %s, which is for %v", p.ImportPath, imported, rooms)
				}
			}
		}
	}
}

// TestProductionHoldsNoEmulator looks at everything that the container's program is linked from.
func TestProductionHoldsNoEmulator(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", module+"cmd/toh").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	for _, path := range strings.Fields(string(out)) {
		for _, bad := range []string{"internal/localcloud", "internal/local", "internal/sandbox", "internal/demo", "cockroachdb/pebble", "testing"} {
			if path == bad || strings.Contains(path, bad+"/") || strings.HasSuffix(path, bad) && bad != "testing" {
				t.Errorf("cmd/toh is linked with %s", path)
			}
		}
	}
}

// TestOneMachineHasNothingToAdminister: the servers that only provisioning, attestation and their tests need are not linked into toh-local.
func TestOneMachineHasNothingToAdminister(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", module+"cmd/toh-local").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	for path := range strings.FieldsSeq(string(out)) {
		if strings.HasPrefix(path+"/", module+"internal/localcloud/admin/") {
			t.Errorf("cmd/toh-local is linked with %s", path)
		}
	}
}

func TestEnvironmentIsReadOnce(t *testing.T) {
	out, err := exec.Command("grep", "-rnE", `os\.(Getenv|LookupEnv|Environ)\(`, "../..", "--include=*.go").Output()
	if err != nil && len(out) == 0 {
		return // nothing found
	}
	for _, line := range strings.Split(strings.TrimSpace(string(out)), "\n") {
		path, _, _ := strings.Cut(strings.TrimPrefix(line, "../../"), ":")
		if strings.HasSuffix(path, "_test.go") || harness(filepath.Dir(path)) || strings.HasPrefix(path, "internal/config/") || strings.HasPrefix(path, "internal/gcp/") || strings.HasPrefix(path, "cmd/") {
			continue
		}
		t.Errorf("the environment is read outside internal/config: %s", line)
	}
}
