package layout

import (
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"strings"
	"testing"
)

// TestKindsStayInTheirPackage: what a package of use cases stores is reached by its use cases. A kind that others can
// name is a way past them.
func TestKindsStayInTheirPackage(t *testing.T) {
	t.Parallel()
	found := 0
	for dir, files := range productFiles(t) {
		kinds := map[string]bool{}
		for _, f := range files {
			for _, v := range variables(f) {
				if mentions(v, nil) {
					kinds[v.Names[0].Name] = true
				}
			}
		}
		found += len(kinds)
		for _, f := range files {
			for _, name := range kindsGivenAway(f, kinds) {
				t.Errorf("%s exports %s, which holds a kind", dir, name)
			}
		}
	}
	if found < 15 {
		t.Errorf("only %d kinds were found", found)
	}
}

// productFiles are the files of use cases that are not for tests, by package.
func productFiles(t *testing.T) map[string][]*ast.File {
	t.Helper()
	all := map[string][]*ast.File{}
	for _, path := range goFiles(t) {
		if !strings.HasPrefix(path, "internal/product/") || ofTests(path) {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), filepath.Join("..", "..", "..", path), nil,
			parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		all[filepath.Dir(path)] = append(all[filepath.Dir(path)], file)
	}
	return all
}

// variables are those of a package.
func variables(f *ast.File) []*ast.ValueSpec {
	var all []*ast.ValueSpec
	for _, decl := range f.Decls {
		if d, ok := decl.(*ast.GenDecl); ok && d.Tok == token.VAR {
			for _, spec := range d.Specs {
				all = append(all, spec.(*ast.ValueSpec))
			}
		}
	}
	return all
}

// kindsGivenAway are the exported names of a file by which others get hold of a kind: variables, fields, and what
// functions give back.
func kindsGivenAway(f *ast.File, kinds map[string]bool) []string {
	var names []string
	for _, v := range variables(f) {
		for _, name := range v.Names {
			if name.IsExported() && mentions(v, kinds) {
				names = append(names, name.Name)
			}
		}
	}
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.StructType:
			for _, field := range n.Fields.List {
				for _, name := range field.Names {
					if name.IsExported() && mentions(field.Type, nil) {
						names = append(names, name.Name)
					}
				}
			}
		case *ast.FuncDecl:
			if n.Name.IsExported() && n.Type.Results != nil && mentions(n.Type.Results, nil) {
				names = append(names, n.Name.Name)
			}
		case *ast.TypeSpec:
			if _, fields := n.Type.(*ast.StructType); !fields && n.Name.IsExported() && mentions(n.Type, nil) {
				names = append(names, n.Name.Name)
			}
		}
		return true
	})
	return names
}

// mentions reports whether a part of a program, apart from the bodies of functions, makes or names a kind.
func mentions(part ast.Node, kinds map[string]bool) bool {
	found := false
	ast.Inspect(part, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.FuncLit:
			return false
		case *ast.SelectorExpr:
			from, ok := n.X.(*ast.Ident)
			found = found || ok && from.Name == "records" && (n.Sel.Name == "Declare" || n.Sel.Name == "Kind")
		case *ast.Ident:
			found = found || kinds[n.Name]
		}
		return !found
	})
	return found
}

// TestEdgesKnowNoGate: the ways in call use cases, and ask the gate for nothing themselves.
func TestEdgesKnowNoGate(t *testing.T) {
	t.Parallel()
	looked := 0
	for _, path := range goFiles(t) {
		if !strings.HasPrefix(path, "internal/edge/") || ofTests(path) {
			continue
		}
		looked++
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, filepath.Join("..", "..", "..", path), nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, use := range uses(file, "records.Gate", "records.Via", "records.Tx", "records.By", "records.Declare",
			"records.Kind") {
			t.Errorf("%s:%d names %s: call a use case", path, set.Position(use.pos).Line, use.of)
		}
	}
	if looked < 80 {
		t.Errorf("only %d files were looked at", looked)
	}
}
