package templates

import (
	"io/fs"
	"regexp"
	"strings"
	"testing"
)

var (
	action  = regexp.MustCompile(`\{\{[^}]*\}\}`)
	classes = regexp.MustCompile(`class="([^"]*)"`)
	styled  = regexp.MustCompile(`\.([a-z][\w-]*)`)
	comment = regexp.MustCompile(`(?s)/\*.*?\*/`)
)

// TestEveryClassIsStyled finds classes that a page uses and no style sheet knows, which is a style that was lost.
func TestEveryClassIsStyled(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	each(t, ".css", func(_, text string) {
		for _, m := range styled.FindAllStringSubmatch(comment.ReplaceAllString(text, ""), -1) {
			known[m[1]] = true
		}
	})
	each(t, ".html", func(path, text string) {
		for _, m := range classes.FindAllStringSubmatch(text, -1) {
			for _, class := range strings.Fields(action.ReplaceAllString(m[1], " ")) {
				if !known[class] {
					t.Errorf("%s: no style for the class %q", path, class)
				}
			}
		}
	})
}

func each(t *testing.T, ending string, look func(path, text string)) {
	t.Helper()
	found := 0
	err := fs.WalkDir(files, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ending) {
			return err
		}
		text, err := fs.ReadFile(files, path)
		found++
		look(path, string(text))
		return err
	})
	if err != nil || found == 0 {
		t.Fatalf("%d files %s: %v", found, ending, err)
	}
}
