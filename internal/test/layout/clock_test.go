package layout

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestTestsAskOneClock: a test that reads the machine's clock passes on one day and fails on another, so the tests'
// only clock is internal/test/testclock, which one setting moves.
func TestTestsAskOneClock(t *testing.T) {
	t.Parallel()
	looked := 0
	for _, path := range goFiles(t) {
		if !ofTests(path) || strings.HasPrefix(path, "internal/test/testclock/") {
			continue
		}
		looked++
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, filepath.Join("..", "..", "..", path), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, use := range uses(file, "time.Now", "time.Since", "timestamppb.Now", "model.SystemClock") {
			t.Errorf("%s:%d reads the machine's clock; use internal/test/testclock", path, set.Position(use.pos).Line)
		}
	}
	if looked < 100 {
		t.Errorf("only %d files of tests were looked at", looked)
	}
}

// measured are the functions of the product that may read the machine's clock, because they measure how long something
// takes, or how far away a deadline of the standard library is. Every date comes from a model.Clock, which tests
// control.
var measured = []string{
	"internal/model/clock.go Now", "internal/onemachine/localcloud/clock/clock.go Now", // the clocks themselves
	"internal/product/account/password.go Forgot", "internal/product/passwords/patient.go Patient",
	"internal/product/passwords/patient.go hold", "internal/product/passwords/patient.go resume",
	"internal/product/account/resend.go ResendConfirmation", "internal/product/account/service.go even",
	"internal/product/account/passkey.go Enter", "internal/product/account/signin.go SignIn",
	"internal/product/account/signup.go SignUp",
	"internal/edge/api/raw.go pass", "internal/edge/download/download.go Write",
	"internal/app/watch.go logged", "internal/edge/web/frame/shell.go Shell",
	"internal/edge/web/frame/request.go newRequest",
	"internal/platform/audit/shipper.go firstHalf", "internal/platform/store/retry.go pause",
	"internal/platform/checkpoint/sweep.go Sweep",
	"internal/operate/bench/bench.go size", "internal/operate/bench/client.go run",
	"internal/operate/bench/client.go work",
	"internal/platform/telemetry/calls.go call", "internal/platform/telemetry/calls.go end",
	"internal/platform/telemetry/front.go Front", "internal/platform/telemetry/front.go answered",
	"internal/platform/telemetry/telemetry.go failed",
}

// TestProductAsksItsClock: every date is made or decided with the clock that the package was given, so that a test can
// move it.
func TestProductAsksItsClock(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, path := range goFiles(t) {
		if ofTests(path) {
			continue
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, filepath.Join("..", "..", "..", path), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, use := range uses(file, "time.Now", "time.Since", "time.Until", "timestamppb.Now") {
			where := path + " " + use.in
			seen[where] = true
			if !slices.Contains(measured, where) {
				t.Errorf("%s (line %d) reads the machine's clock: ask a model.Clock, or say in this test that it "+
					"only measures",
					where, set.Position(use.pos).Line)
			}
		}
	}
	for _, where := range measured {
		if !seen[where] {
			t.Errorf("%s does not look at the machine's clock any more", where)
		}
	}
}

// use is where a name of another package is used, and in which function.
type use struct {
	pos token.Pos
	in  string
	of  string // the name
}

func uses(file *ast.File, names ...string) []use {
	var found []use
	for _, decl := range file.Decls {
		in := ""
		if f, ok := decl.(*ast.FuncDecl); ok {
			in = f.Name.Name
		}
		ast.Inspect(decl, func(n ast.Node) bool {
			if name, ok := n.(*ast.SelectorExpr); ok {
				if from, ok := name.X.(*ast.Ident); ok && slices.Contains(names, from.Name+"."+name.Sel.Name) {
					found = append(found, use{name.Pos(), in, from.Name + "." + name.Sel.Name})
				}
			}
			return true
		})
	}
	return found
}

// ofTests reports whether a file belongs to tests only.
func ofTests(path string) bool {
	return strings.HasSuffix(path, "_test.go") || harness(module+filepath.ToSlash(filepath.Dir(path)))
}

// goFiles are the module's files, below its root.
func goFiles(t *testing.T) []string {
	t.Helper()
	out, err := exec.Command("go", "list", "-f", `{{$d := .Dir}}{{range .GoFiles}}{{$d}}/{{.}}{{"\n"}}{{end}}`+
		`{{range .TestGoFiles}}{{$d}}/{{.}}{{"\n"}}{{end}}{{range .XTestGoFiles}}{{$d}}/{{.}}{{"\n"}}{{end}}`, module+
		"...").Output()
	if err != nil {
		t.Fatal(err)
	}
	root, err := filepath.Abs(filepath.Join("..", "..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	var files []string
	for path := range strings.FieldsSeq(string(out)) {
		rel, err := filepath.Rel(root, path)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, filepath.ToSlash(rel))
	}
	return files
}
