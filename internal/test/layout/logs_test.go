package layout

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// errorKey is the key under which a structured log line has its error. Saved queries and playbooks group by it, so a
// line with another key would be missing from them.
const errorKey = `"error"`

// TestErrorsHaveOneKeyInLogs looks at each call that writes a log line or makes an attribute for one.
func TestErrorsHaveOneKeyInLogs(t *testing.T) {
	t.Parallel()
	looked := 0
	for _, path := range goFiles(t) {
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, filepath.Join("..", "..", "..", path), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range logged(file) {
			looked++
			if c.key != errorKey {
				t.Errorf("%s:%d logs an error under the key %s, not "+
					"%s", path, set.Position(c.pos).Line, c.key, errorKey)
			}
		}
	}
	if looked < 20 {
		t.Errorf("only %d errors in logs were found", looked)
	}
}

// TestOtherKeysAreFound shows that the check sees the forms in which a log line can be written.
func TestOtherKeysAreFound(t *testing.T) {
	t.Parallel()
	const src = `package p
func f() {
	log.Warn("x", "id", id, "err", err)
	log.WarnContext(ctx, "x", "cause", err)
	slog.Any("failure", err)
	slog.String("err", text)
	log.Error("x", "error", err.Error())
	t.Error("no matter", err)
}`
	file, err := parser.ParseFile(token.NewFileSet(), "f.go", src, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var keys []string
	for _, c := range logged(file) {
		keys = append(keys, c.key)
	}
	if want := []string{`"err"`, `"cause"`, `"failure"`, `"err"`, `"error"`}; !slices.Equal(keys, want) {
		t.Errorf("found %v, not %v", keys, want)
	}
}

type loggedError struct {
	key string
	pos token.Pos
}

// logged are the errors that a file logs: values called err, and keys that are a spelling of "error".
func logged(file *ast.File) (list []loggedError) {
	ast.Inspect(file, func(n ast.Node) bool {
		call, ok := n.(*ast.CallExpr)
		if !ok || !logs(call) {
			return true
		}
		for i, arg := range call.Args[:len(call.Args)-1] {
			key, ok := arg.(*ast.BasicLit)
			if !ok || key.Kind != token.STRING {
				continue
			}
			if key.Value == `"err"` || isError(call.Args[i+1]) {
				list = append(list, loggedError{key.Value, key.Pos()})
			}
		}
		return true
	})
	return list
}

// logs says whether a call writes a log line or makes an attribute. Tests have methods of the same names.
func logs(call *ast.CallExpr) bool {
	method, ok := call.Fun.(*ast.SelectorExpr)
	if !ok || len(call.Args) < 2 {
		return false
	}
	on, _ := method.X.(*ast.Ident)
	switch name := strings.TrimSuffix(method.Sel.Name, "Context"); name {
	case "Debug", "Info", "Warn", "Error":
		return on == nil || !slices.Contains([]string{"t", "b", "f", "tb"}, on.Name)
	case "Any", "String":
		return on != nil && on.Name == "slog"
	}
	return false
}

// isError says whether a value is err or err.Error().
func isError(value ast.Expr) bool {
	if call, ok := value.(*ast.CallExpr); ok {
		method, ok := call.Fun.(*ast.SelectorExpr)
		return ok && method.Sel.Name == "Error" && isError(method.X)
	}
	name, ok := value.(*ast.Ident)
	return ok && name.Name == "err"
}
