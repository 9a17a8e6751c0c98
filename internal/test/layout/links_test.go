package layout

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.+)$`)
	named   = regexp.MustCompile("`((?:internal|cmd|docs|templates|\\.ci)/[A-Za-z0-9_./-]+)`")
	notSlug = regexp.MustCompile(`[^a-z0-9 _-]`)
)

// TestPagesLeadSomewhere follows each link in the documentation that stays in the repository, and checks that each file
// and folder it names exists.
func TestPagesLeadSomewhere(t *testing.T) {
	t.Parallel()
	root := filepath.Join("..", "..", "..")
	pages, err := filepath.Glob(filepath.Join(root, "*.md"))
	if err != nil {
		t.Fatal(err)
	}
	err = filepath.WalkDir(filepath.Join(root, "docs"), func(path string, _ fs.DirEntry, err error) error {
		if strings.HasSuffix(path, ".md") {
			pages = append(pages, path)
		}
		return err
	})
	inside, _ := filepath.Glob(filepath.Join(root, "internal", "*", "*", "README.md")) // the pattern is good
	pages = append(pages, inside...)
	if err != nil || len(pages) < 10 {
		t.Fatalf("%d pages, %v", len(pages), err)
	}
	links, names := 0, 0
	for _, page := range pages {
		text := read(t, page)
		for _, m := range link.FindAllStringSubmatch(text, -1) {
			if to := m[1]; !strings.Contains(to, "://") && !strings.HasPrefix(to, "mailto:") {
				links++
				leads(t, page, to)
			}
		}
		for _, m := range named.FindAllStringSubmatch(text, -1) {
			names++
			if _, err := os.Stat(filepath.Join(root, m[1])); err != nil {
				t.Errorf("%s names %s: %v", page, m[1], err)
			}
		}
	}
	if links < 10 || names < 30 {
		t.Errorf("only %d links and %d names", links, names)
	}
}

// leads checks that a link's file exists, with the heading that it may name.
func leads(t *testing.T, page, to string) {
	t.Helper()
	file, anchor, _ := strings.Cut(to, "#")
	target := page
	if file != "" {
		target = filepath.Join(filepath.Dir(page), file)
	}
	if _, err := os.Stat(target); err != nil {
		t.Errorf("%s leads to %s: %v", page, to, err)
		return
	}
	if anchor == "" {
		return
	}
	var slugs []string
	for _, m := range heading.FindAllStringSubmatch(read(t, target), -1) {
		slugs = append(slugs, strings.ReplaceAll(notSlug.ReplaceAllString(strings.ToLower(m[1]), ""), " ", "-"))
	}
	if !slices.Contains(slugs, anchor) {
		t.Errorf("%s leads to %s, where no heading is of that name", page, to)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path) // #nosec G304 -- a page of this module
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
