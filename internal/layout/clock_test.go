package layout

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestTestsAskOneClock: a test that reads the machine's clock passes on one day and fails on another, so the tests' only clock is
// internal/testclock, which one setting moves.
func TestTestsAskOneClock(t *testing.T) {
	looked := 0
	for _, path := range goFiles(t) {
		if !ofTests(path) || strings.HasPrefix(path, "internal/testclock/") {
			continue
		}
		looked++
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, filepath.Join("..", "..", path), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, use := range realClock(file) {
			t.Errorf("%s:%d reads the machine's clock; use internal/testclock", path, set.Position(use).Line)
		}
	}
	if looked < 100 {
		t.Errorf("only %d files of tests were looked at", looked)
	}
}

// realClock finds the names that stand for the machine's clock.
func realClock(file *ast.File) []token.Pos {
	var found []token.Pos
	ast.Inspect(file, func(n ast.Node) bool {
		name, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		from, ok := name.X.(*ast.Ident)
		if !ok {
			return true
		}
		switch from.Name + "." + name.Sel.Name {
		case "time.Now", "time.Since", "model.SystemClock":
			found = append(found, name.Pos())
		}
		return true
	})
	return found
}

// ofTests reports whether a file serves tests only.
func ofTests(path string) bool {
	return strings.HasSuffix(path, "_test.go") || harness(module+filepath.ToSlash(filepath.Dir(path)))
}

// goFiles are the module's files, below its root.
func goFiles(t *testing.T) []string {
	t.Helper()
	out, err := exec.Command("go", "list", "-f", `{{$d := .Dir}}{{range .GoFiles}}{{$d}}/{{.}}{{"\n"}}{{end}}`+
		`{{range .TestGoFiles}}{{$d}}/{{.}}{{"\n"}}{{end}}{{range .XTestGoFiles}}{{$d}}/{{.}}{{"\n"}}{{end}}`, module+"...").Output()
	if err != nil {
		t.Fatal(err)
	}
	root, err := filepath.Abs(filepath.Join("..", ".."))
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
