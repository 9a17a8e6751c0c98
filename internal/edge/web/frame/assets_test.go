package frame

import (
	"strings"
	"testing"
)

func TestAssets(t *testing.T) {
	ts := newTestSite(t, secureBase)
	for name, file := range ts.assets.byName {
		w := ts.ask("GET", file.path, "", "Accept-Encoding: ")
		if w.Code != 200 || w.Header().Get("Content-Type") != file.kind ||
			w.Header().Get("Cache-Control") != "public, max-age=31536000, immutable" {
			t.Errorf("%s: %d %v", name, w.Code, w.Header())
		}
	}
	app, err := ts.assets.url("js/app.js")
	if err != nil {
		t.Fatal(err)
	}
	script := bodyOf(t, ts.ask("GET", app, ""))
	if !strings.Contains(script, `from "/static/js/autosave.`) || strings.Contains(script, `"./`) {
		t.Errorf("imports are not rewritten: %s", script)
	}
	sheet := ts.assets.byName[styleSheet]
	if strings.Contains(string(sheet.body), "../fonts") || !strings.Contains(string(sheet.body),
		`url("/static/fonts/source-sans-3-latin.`) {
		t.Error("fonts are not rewritten")
	}
	if w := ts.ask("GET", sheet.path, "", "Accept-Encoding: br, gzip"); w.Header().Get("Content-Encoding") != "gzip" ||
		w.Header().Get("Vary") != "Accept-Encoding" {
		t.Errorf("not zipped: %v", w.Header())
	}
	for _, path := range []string{"/static/app.css", "/static/", "/static/../layout.html", "/static/css/10-tokens.css",
		"/static/%2e%2e/text/en/frame.json"} {
		if w := ts.ask("GET", path, ""); w.Code == 200 {
			t.Errorf("%s is served", path)
		}
	}
}

// Files have a tag for each coding, and conditions and ranges are as the standard has them.
func TestAssetsAreSentOnCondition(t *testing.T) {
	ts := newTestSite(t, secureBase)
	file := ts.assets.byName[styleSheet]
	plain := ts.ask("GET", file.path, "", "Accept-Encoding: ").Header().Get("ETag")
	zipped := ts.ask("GET", file.path, "", "Accept-Encoding: gzip").Header().Get("ETag")
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
		w := ts.ask("GET", file.path, "", "Accept-Encoding: "+c.coding, c.header)
		if w.Code != c.status || (c.status == 304 && w.Body.Len() > 0) || (c.status == 206 && w.Body.Len() != 10) {
			t.Errorf("%s with %q: %d, %d bytes", c.header, c.coding, w.Code, w.Body.Len())
		}
	}
}

func TestScriptsStaySmall(t *testing.T) {
	ts := newTestSite(t, secureBase)
	total := 0
	for name, file := range ts.assets.byName {
		if strings.HasSuffix(name, ".js") {
			total += len(file.body)
			for _, never := range []string{"innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(",
				"new Function", "localStorage", "sessionStorage"} {
				if strings.Contains(string(file.body), never) {
					t.Errorf("%s has %s", name, never)
				}
			}
		}
	}
	if total > 150<<10 {
		t.Errorf("%d bytes of script", total)
	}
}
