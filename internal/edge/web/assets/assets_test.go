package assets

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tinyoperahouse/toh/templates"
)

func load(t *testing.T) *Files {
	t.Helper()
	a, err := Load(templates.Embedded())
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// ask asks for a file. Headers are "Name: value".
func ask(t *testing.T, a *Files, path string, headers ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequest("GET", path, nil)
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	a.ServeHTTP(w, r)
	return w
}

func TestAssets(t *testing.T) {
	t.Parallel()
	a := load(t)
	for name, file := range a.byName {
		w := ask(t, a, file.path, "Accept-Encoding: ")
		if w.Code != 200 || w.Header().Get("Content-Type") != file.kind ||
			w.Header().Get("Cache-Control") != "public, max-age=31536000, immutable" {
			t.Errorf("%s: %d %v", name, w.Code, w.Header())
		}
	}
	app, err := a.URL("js/app.js")
	if err != nil {
		t.Fatal(err)
	}
	script := ask(t, a, app).Body.String()
	if !strings.Contains(script, `from "/static/js/autosave.`) || strings.Contains(script, `"./`) {
		t.Errorf("imports are not rewritten: %s", script)
	}
	sheet := a.byName[styleSheet]
	if strings.Contains(string(sheet.body), "../fonts") || !strings.Contains(string(sheet.body),
		`url("/static/fonts/source-sans-3-latin.`) {
		t.Error("fonts are not rewritten")
	}
	if w := ask(t, a, sheet.path, "Accept-Encoding: br, gzip"); w.Header().Get("Content-Encoding") != "gzip" ||
		w.Header().Get("Vary") != "Accept-Encoding" {
		t.Errorf("not zipped: %v", w.Header())
	}
	if w := ask(t, a, "/static/app.css"); w.Code != 404 {
		t.Errorf("a file without its hash: %d", w.Code)
	}
}

// Files have a tag for each coding, and conditions and ranges are as the standard has them.
func TestAssetsAreSentOnCondition(t *testing.T) {
	t.Parallel()
	a := load(t)
	file := a.byName[styleSheet]
	plain := ask(t, a, file.path, "Accept-Encoding: ").Header().Get("ETag")
	zipped := ask(t, a, file.path, "Accept-Encoding: gzip").Header().Get("ETag")
	if plain == "" || zipped != strings.TrimSuffix(plain, `"`)+`-gzip"` {
		t.Fatalf("tags %s and %s", plain, zipped)
	}
	for _, c := range []struct {
		coding, header string
		status         int
	}{
		{"", "If-None-Match: " + plain, 304}, {"", "If-None-Match: W/" + plain, 304},
		{"", `If-None-Match: "x", ` + plain, 304}, {"", "If-None-Match: *", 304},
		{"", "If-None-Match: " + zipped, 200}, {"gzip", "If-None-Match: " + zipped, 304},
		{"gzip", "If-None-Match: " + plain, 200},
		{"", "If-Match: " + plain, 200}, {"", `If-Match: "x"`, 412}, {"", "If-Match: W/" + plain, 412},
		{"", "Range: bytes=0-9", 206},
		{"", "Range: bytes=99999999-", 416},
	} {
		w := ask(t, a, file.path, "Accept-Encoding: "+c.coding, c.header)
		if w.Code != c.status || (c.status == 304 && w.Body.Len() > 0) || (c.status == 206 && w.Body.Len() != 10) {
			t.Errorf("%s with %q: %d, %d bytes", c.header, c.coding, w.Code, w.Body.Len())
		}
	}
}

// keepsAPlace is the one script that stores something in the browser: how far the public history was verified. That is
// public, and says nothing of a person.
const keepsAPlace = "js/historyread.js"

func TestScriptsStaySmall(t *testing.T) {
	t.Parallel()
	a := load(t)
	total := 0
	for name, file := range a.byName {
		if strings.HasSuffix(name, ".js") {
			total += len(file.body)
			for _, never := range []string{"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(",
				"new Function", "localStorage", "sessionStorage"} {
				if strings.Contains(string(file.body), never) && (name != keepsAPlace || never != "localStorage") {
					t.Errorf("%s has %s", name, never)
				}
			}
		}
	}
	if total > 150<<10 {
		t.Errorf("%d bytes of script", total)
	}
}
