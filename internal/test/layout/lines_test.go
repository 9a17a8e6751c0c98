package layout

import (
	"go/scanner"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"
)

// columns is how wide a line of Go may be; a tab is four columns.
const columns = 120

// TestLinesFit: raw strings keep their own line lengths, and so do comments that a linter reads on their line, and
// examples.
func TestLinesFit(t *testing.T) {
	t.Parallel()
	for _, path := range goFiles(t) {
		src, err := os.ReadFile(filepath.Join("..", "..", "..", path))
		if err != nil {
			t.Fatal(err)
		}
		free := exempt(src)
		for i, line := range strings.Split(string(src), "\n") {
			if wide := utf8.RuneCountInString(line) + 3*strings.Count(line, "\t"); wide > columns && !free[i+1] {
				t.Errorf("%s:%d has %d columns", path, i+1, wide)
			}
		}
	}
}

// exempt are the lines that may be wider.
func exempt(src []byte) map[int]bool {
	lines := map[int]bool{}
	file := token.NewFileSet().AddFile("", -1, len(src))
	var s scanner.Scanner
	s.Init(file, src, nil, scanner.ScanComments)
	for {
		pos, tok, lit := s.Scan()
		if tok == token.EOF {
			return lines
		}
		first := file.Line(pos)
		switch {
		case tok == token.STRING && lit[0] == '`':
			for i := range 1 + strings.Count(lit, "\n") {
				lines[first+i] = true
			}
		case tok == token.COMMENT && (strings.Contains(lit, "#nosec") || strings.HasPrefix(lit, "//   ") ||
			strings.HasPrefix(lit, "//\t")):
			lines[first] = true
		}
	}
}
