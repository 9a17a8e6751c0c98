package webtest

import (
	"html"
	"regexp"
	"strings"
	"testing"

	"github.com/tinyoperahouse/toh/internal/product/account/accounttest"
)

// Password is that of every person.
const Password = accounttest.Password

// LeadsTo fails unless the answer is a redirect to a path.
func LeadsTo(t *testing.T, p Page, path string) {
	t.Helper()
	if p.Status != 303 || p.Location != path {
		t.Fatalf("%d to %q, want 303 to %q\n%s", p.Status, p.Location, path, Problems(p))
	}
}

// Shows fails unless the answer has the status and shows the texts.
func Shows(t *testing.T, p Page, status int, texts ...string) {
	t.Helper()
	if p.Status != status {
		t.Fatalf("status %d (to %q), want %d\n%s", p.Status, p.Location, status, Problems(p))
	}
	for _, text := range texts {
		if !p.Has(text) {
			t.Errorf("the page lacks %q", text)
		}
	}
}

// Problems is the part of a page that says what is wrong.
func Problems(p Page) string {
	_, main, _ := strings.Cut(p.Body, "<main")
	return main[:min(len(main), 1500)]
}

// LastPart is the id that an answer leads to.
func LastPart(t *testing.T, p Page) string {
	t.Helper()
	if p.Status != 303 {
		t.Fatalf("status %d\n%s", p.Status, Problems(p))
	}
	return LastOf(p.Location)
}

// LastOf is what a path ends with.
func LastOf(path string) string { return path[strings.LastIndex(path, "/")+1:] }

// SaveTo finds the id of the report that the form of a draft is saved to.
var SaveTo = regexp.MustCompile(`data-autosave="[^"]*/reports/([a-z0-9-]+)/autosave"`)

// Canary stands in what only some may read; no other page may hold it.
const Canary = "zebrafinch"

// Value is what a field of a page holds.
func Value(t *testing.T, p Page, name string) string {
	t.Helper()
	m := regexp.MustCompile(`name="` + regexp.QuoteMeta(name) + `"[^>]* value="([^"]*)"`).FindStringSubmatch(p.Body)
	if m == nil {
		t.Fatalf("the page has no field %q", name)
	}
	return html.UnescapeString(m[1])
}

// Lacks fails if the page shows one of the texts.
func Lacks(t *testing.T, p Page, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if p.Has(text) {
			t.Errorf("the page has %q", text)
		}
	}
}

var confirmation = regexp.MustCompile(`name="confirm" value="([0-9a-f]+)"`)

// Confirmed is what the tick on a page sends back, "" if nothing is asked.
func Confirmed(p Page) string {
	if m := confirmation.FindStringSubmatch(p.Body); m != nil {
		return m[1]
	}
	return ""
}
