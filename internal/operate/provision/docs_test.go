package provision_test

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/tinyoperahouse/toh/internal/operate/provision"
)

var update = flag.Bool("update", false, "write docs/queries.md")

const docs = "../../../docs"

func TestEachAlertHasAPlaybook(t *testing.T) {
	t.Parallel()
	linked := map[string]bool{}
	for _, content := range provision.AlertTexts(good()) {
		m := regexp.MustCompile("`docs/playbooks/([a-z-]+\\.md)`").FindStringSubmatch(content)
		if m == nil {
			t.Errorf("%q links no playbook", content)
			continue
		}
		linked[m[1]] = true
		text, err := os.ReadFile(filepath.Join(docs, "playbooks", m[1]))
		if err != nil || !strings.Contains(string(text), "## Look") || !strings.Contains(string(text), "## Do") {
			t.Errorf("%s: %v, or it does not say where to look and what to do", m[1], err)
		}
	}
	files, err := filepath.Glob(filepath.Join(docs, "playbooks", "*.md"))
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	for _, f := range files {
		if !linked[filepath.Base(f)] {
			t.Errorf("no alert links %s", f)
		}
	}
}

// TestPlaybooksNameQueriesThatExist checks the queries that the playbooks name, and their links.
func TestPlaybooksNameQueriesThatExist(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, q := range provision.Queries() {
		known[q.Name] = true
	}
	files, _ := filepath.Glob(filepath.Join(docs, "playbooks", "*.md"))
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`[Ss]aved query \*([^*]+)\*`).FindAllStringSubmatch(string(text), -1) {
			if !known[m[1]] {
				t.Errorf("%s asks %q, which is not among the queries", f, m[1])
			}
		}
		for _, m := range regexp.MustCompile(`\]\(([^)]+)\)`).FindAllStringSubmatch(string(text), -1) {
			if _, err := os.Stat(filepath.Join(filepath.Dir(f), m[1])); err != nil {
				t.Errorf("%s leads to %s: %v", f, m[1], err)
			}
		}
	}
}

func TestQueriesPage(t *testing.T) {
	t.Parallel()
	path := filepath.Join(docs, "queries.md")
	if *update {
		if err := os.WriteFile(path, []byte(provision.QueriesPage()), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(path)
	if err != nil || string(text) != provision.QueriesPage() {
		t.Errorf("docs/queries.md is not what the specification says (run this test with -update): %v", err)
	}
}

// TestFiltersFindMessagesThatAreWritten looks in the code for every message that a filter looks for.
func TestFiltersFindMessagesThatAreWritten(t *testing.T) {
	t.Parallel()
	filters := provision.CounterFilters()
	for _, q := range provision.Queries() {
		filters = append(filters, q.Filter)
	}
	code := source(t)
	n := 0
	for _, f := range filters {
		for _, m := range regexp.MustCompile(`jsonPayload\.message[=:]"([^"]+)"`).FindAllStringSubmatch(f, -1) {
			n++
			if !strings.Contains(code, `"`+m[1]) {
				t.Errorf("nothing in the code writes %q", m[1])
			}
		}
	}
	if n < 10 {
		t.Errorf("only %d messages", n)
	}
}

// source is the code of the product, without this package.
func source(t *testing.T) string {
	var all strings.Builder
	err := filepath.WalkDir("../..", func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") ||
			strings.HasPrefix(path, "../../operate/provision") {
			return err
		}
		text, err := os.ReadFile(path)
		all.Write(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all.String()
}
