package web_test

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tinyoperahouse/toh/internal/edge/web"
	"github.com/tinyoperahouse/toh/internal/edge/web/webtest"
	"github.com/tinyoperahouse/toh/internal/product/identity"
	"github.com/tinyoperahouse/toh/templates"
)

// TestTemplatesFollowTheirFolder changes a page, a text and a style, breaks a page and corrects it.
func TestTemplatesFollowTheirFolder(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.CopyFS(dir, templates.Embedded()); err != nil {
		t.Fatal(err)
	}
	h := webtest.New(t)
	o := web.Options{
		BaseURL: "http://127.0.0.1:8080", Clock: h.Clock, Log: slog.New(slog.DiscardHandler), Files: os.DirFS(dir),
		Services: web.Services{Identity: identity.New(h.Gate, h.Accounts, h.Workspaces), Account: h.Accounts,
			Workspace: h.Workspaces, Stage: h.Stage, Files: h.Files, Erasures: h.Erasures},
	}
	site, err := web.New(o)
	if err != nil {
		t.Fatal(err)
	}
	pages, err := web.Reloading(o, site.Handler())
	if err != nil {
		t.Fatal(err)
	}
	ask := func(path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		pages.ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, o.BaseURL+path, nil))
		return w
	}
	look := func() *httptest.ResponseRecorder { return ask("/signin") }
	write := func(name string, change func(string) string) {
		t.Helper()
		path := filepath.Join(dir, filepath.FromSlash(name))
		old, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if changed := change(string(old)); changed == string(old) {
			t.Fatalf("%s was not changed", name)
		} else if err := os.WriteFile(path, []byte(changed), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	const page = "pages/signin/sign-in.html"
	before := look()
	if before.Code != http.StatusOK || strings.Contains(before.Body.String(), "Written just now") {
		t.Fatalf("%d %s", before.Code, before.Body)
	}
	sheet := styleSheet(before.Body.String())
	write(page, func(s string) string {
		return strings.Replace(s, `{{define "main" -}}`, `{{define "main" -}}<p>Written just now</p>`, 1)
	})
	write("static/css/"+firstStyle(t, dir), func(s string) string { return s + ".written-now{color:inherit}" })
	after := look()
	if after.Code != http.StatusOK || !strings.Contains(after.Body.String(), "Written just now") ||
		styleSheet(after.Body.String()) == sheet {
		t.Errorf("after the change: %d %s", after.Code, after.Body)
	}
	write("policies/en/terms/2026-11-28.md", func(s string) string { return s + "\nAdded to the terms.\n" })
	if w := ask("/terms"); w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "Added to the terms.") {
		t.Errorf("the terms after the change: %d %s", w.Code, w.Body)
	}
	write(page, func(s string) string { return s + "{{" })
	for range 2 { // not only the first time
		if w := look(); w.Code != http.StatusInternalServerError || !strings.Contains(w.Body.String(), "sign-in") ||
			!strings.Contains(w.Body.String(), "Correct them") ||
			strings.Contains(w.Body.String(), "Written just now") {
			t.Errorf("broken: %d %s", w.Code, w.Body)
		}
	}
	write(page, func(s string) string { return strings.TrimSuffix(s, "{{") })
	if w := look(); w.Code != http.StatusOK {
		t.Errorf("corrected: %d %s", w.Code, w.Body)
	}
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	if w := look(); w.Code != http.StatusInternalServerError {
		t.Errorf("without a folder: %d", w.Code)
	}
}

// styleSheet is the address of the styles that a page has.
func styleSheet(page string) string {
	_, rest, _ := strings.Cut(page, "/static/app.")
	address, _, _ := strings.Cut(rest, `"`)
	return address
}

func firstStyle(t *testing.T, dir string) string {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(dir, "static", "css", "*.css"))
	if err != nil || len(found) == 0 {
		t.Fatal("no styles", err)
	}
	return filepath.Base(found[0])
}
