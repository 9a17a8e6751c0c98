package web_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/jba/templatecheck"

	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/edge/web/webtest"
	"github.com/tinyoperahouse/toh/templates"
)

// Every template is type-checked against its struct, and there is no template without a struct.
func TestTemplatesFitTheirPages(t *testing.T) {
	t.Parallel()
	site := webtest.New(t).Site
	names, err := frame.TemplateNames()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range site.Pages() {
		t.Run(p.Template(), func(t *testing.T) {
			for _, part := range []string{"title", "main"} {
				tmpl := site.Template(p.Template()).Lookup(part)
				if tmpl == nil {
					t.Fatalf("there is no %q", part)
				}
				if err := templatecheck.CheckHTML(tmpl, p); err != nil {
					t.Error(err)
				}
			}
		})
		if !slices.Contains(names, p.Template()) {
			t.Errorf("%T has no file", p)
		}
	}
	for _, name := range names {
		if site.Template(name) == nil {
			t.Errorf("templates/pages/%s.html is no page of a subject", name)
		}
	}
	if err := templatecheck.CheckHTML(site.Template("").Lookup("layout"), &frame.Layout{}); err != nil {
		t.Error(err)
	}
}

var (
	keyInTemplate = regexp.MustCompile(`\b(tn?) "([a-z0-9.-]+)"`)
	comment       = regexp.MustCompile(`(?m)^\s*//.*$`)
	keyInCode     = regexp.MustCompile(`"([a-z-]+(?:\.[a-z0-9-]+)+)"`)
)

// Every word that is asked for is there, and every word that is there is asked for.
func TestWordsAreComplete(t *testing.T) {
	t.Parallel()
	c, err := templates.LoadCatalog(templates.Embedded(), "en")
	if err != nil {
		t.Fatal(err)
	}
	used := map[string]bool{}
	for _, file := range sources(t, "../../../templates", ".html") {
		for _, m := range keyInTemplate.FindAllStringSubmatch(file, -1) {
			for _, key := range catalogKeys(m[1], m[2]) {
				used[key] = true
				if !c.Has(key) {
					t.Errorf("a template asks for %q, which is not there", key)
				}
			}
		}
	}
	for _, file := range sources(t, ".", ".go") {
		file = comment.ReplaceAllString(file, "")
		for _, m := range keyInCode.FindAllStringSubmatch(file, -1) {
			used[m[1]], used[m[1]+".one"], used[m[1]+".other"], used["flash."+m[1]] = true, true, true, true
		}
		for _, m := range regexp.MustCompile(`q\.N\("([a-z0-9.-]+)"`).FindAllStringSubmatch(file, -1) {
			used[m[1]+".one"], used[m[1]+".other"] = true, true
		}
		for _, m := range regexp.MustCompile(`Flash\("([a-z0-9.-]+)"`).FindAllStringSubmatch(file, -1) {
			used["flash."+m[1]] = true
			if !c.Has("flash." + m[1]) {
				t.Errorf("the message %q is not there", "flash."+m[1])
			}
		}
	}
	for _, key := range c.Keys() {
		if !used[key] && !strings.HasPrefix(key, "error.") && key != "flash.saved" {
			t.Errorf("nothing asks for %q", key)
		}
	}
}

func catalogKeys(function, key string) []string {
	if function == "tn" {
		return []string{key + ".one", key + ".other"}
	}
	return []string{key}
}

func sources(t *testing.T, dir, ext string) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ext || strings.HasSuffix(path, "_test.go") {
			return err
		}
		data, err := os.ReadFile(path)
		files = append(files, string(data))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// Styles and scripts are files: the policy forbids them in a page.
func TestTemplatesHaveNothingInline(t *testing.T) {
	t.Parallel()
	for _, file := range sources(t, "../../../templates", ".html") {
		for _, never := range []string{" style=", "<style", "javascript:", " onclick", " onload", "<script>",
			"target=\"_blank\"", "http://", "https://"} {
			if strings.Contains(file, never) {
				t.Errorf("%q in %s", never, file[:min(len(file), 80)])
			}
		}
	}
}
