package layout

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

// TestHowLongIsWrittenOnce: the public page says for how long something is kept in words, and each number in them comes
// from the constant that the code uses. A digit that somebody types there is a second place for the same number.
func TestHowLongIsWrittenOnce(t *testing.T) {
	t.Parallel()
	looked := 0
	for _, path := range goFiles(t) {
		if ofTests(path) {
			continue
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, filepath.Join("..", "..", "..", path), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		ends := endings(file)
		looked += len(ends)
		for _, e := range ends {
			if typed := digits(e); typed != "" {
				t.Errorf("%s:%d types %s; use model.Span of the constant", path, set.Position(e.Pos()).Line, typed)
			}
		}
	}
	if looked < 30 {
		t.Errorf("only %d endings were looked at", looked)
	}
}

// endings are the values of Until in the values of model.About.
func endings(file *ast.File) []ast.Expr {
	var all []ast.Expr
	ast.Inspect(file, func(n ast.Node) bool {
		lit, ok := n.(*ast.CompositeLit)
		if !ok {
			return true
		}
		if s, ok := lit.Type.(*ast.SelectorExpr); !ok || s.Sel.Name != "About" {
			return true
		}
		for _, e := range lit.Elts {
			if kv, ok := e.(*ast.KeyValueExpr); ok && kv.Key.(*ast.Ident).Name == "Until" {
				all = append(all, kv.Value)
			}
		}
		return true
	})
	return all
}

// digits is the first text in an expression that has one.
func digits(e ast.Expr) string {
	found := ""
	ast.Inspect(e, func(n ast.Node) bool {
		if lit, ok := n.(*ast.BasicLit); ok && found == "" && lit.Kind == token.STRING &&
			strings.ContainsAny(lit.Value, "0123456789") {
			found = lit.Value
		}
		return true
	})
	return found
}
