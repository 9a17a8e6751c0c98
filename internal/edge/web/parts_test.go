package web

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/templates"
)

func TestOwnPath(t *testing.T) {
	for path, want := range map[string]string{
		"/w/lyric/reports?q=a": "/w/lyric/reports?q=a", "/": "/", "/a#b": "/a#b", "/a?x=//y": "/a?x=//y",
		"": "-", "//evil.example": "-", "/\\evil.example": "-", "\\/evil": "-", "https://evil.example": "-",
		"https:evil": "-", "javascript:alert(1)": "-",
		"/\tx": "-", "/\r\nSet-Cookie: a=b": "-", "/%0d%0aX": "-", "/%5cevil": "-", "/%2Fevil.example": "-",
		"evil": "-", "@evil": "-", "/x%zz": "-", "/" + strings.Repeat("a", 2048): "-",
	} {
		if got := ownPath(path, "-"); got != want {
			t.Errorf("ownPath(%q) = %q, want %q", path, got, want)
		}
	}
}

func TestCookies(t *testing.T) {
	set := Route{Name: "set", Method: "POST", Path: "/set", For: Open, Handle: func(q *Request) (Answer, error) {
		q.KeepSession("v", testNow.Add(time.Hour))
		return Go("/"), nil
	}}
	secure := newTestSite(t, secureBase, set).ask("POST", "/set", "").Header().Get("Set-Cookie")
	if secure != "__Host-toh=v; Path=/; Expires=Sat, 21 Nov 2026 21:47:00 GMT; Max-Age=3600; HttpOnly; Secure; "+
		"SameSite=Lax" {
		t.Errorf("https: %s", secure)
	}
	local := newTestSite(t, localBase, set).ask("POST", "/set", "").Header().Get("Set-Cookie")
	if local != "toh=v; Path=/; Expires=Sat, 21 Nov 2026 21:47:00 GMT; Max-Age=3600; HttpOnly; SameSite=Lax" {
		t.Errorf("local: %s", local)
	}
	drop := Route{Name: "drop", Method: "POST", Path: "/drop", For: Open, Handle: func(q *Request) (Answer, error) {
		q.DropSession()
		return Go("/"), nil
	}}
	w := newTestSite(t, secureBase, drop).ask("POST", "/drop", "", signedIn)
	if !strings.HasPrefix(w.Header().Get("Set-Cookie"), "__Host-toh=; Path=/; Max-Age=0") ||
		w.Header().Get("Clear-Site-Data") != `"cache", "storage"` {
		t.Errorf("dropped: %v", w.Header())
	}
}

func TestThemeIsKept(t *testing.T) {
	ts := newTestSite(t, secureBase)
	w := ts.ask("POST", "/theme", "theme=dim&next=/help/shortcuts")
	if w.Code != 303 || w.Header().Get("Location") != "/help/shortcuts" ||
		!strings.HasPrefix(w.Header().Get("Set-Cookie"), "toh-theme=dim; Path=/; Expires=") {
		t.Errorf("%d %v", w.Code, w.Header())
	}
	if w := ts.ask("POST", "/theme", "theme=%22%3E&next=//evil.example"); w.Header().Get("Location") != "/" ||
		!strings.Contains(w.Header().Get("Set-Cookie"), "Max-Age=0") {
		t.Errorf("nonsense: %v", w.Header())
	}
	if body := bodyOf(t, ts.ask("GET", "/help/shortcuts", "", "Cookie: toh-theme=x")); strings.Contains(body,
		"data-theme") {
		t.Error("an unknown theme is used")
	}
}

func TestFlash(t *testing.T) {
	ts := newTestSite(t, secureBase, Route{Name: "f", Method: "POST", Path: "/w/{ws}/f", For: Member,
		Handle: func(q *Request) (Answer, error) {
			q.Flash("saved", "")
			return Go("/help/shortcuts"), nil
		}})
	w := ts.ask("POST", "/w/lyric/f", "", signedIn)
	cookie := w.Result().Cookies()[0]
	if cookie.Name != "__Host-toh-flash" || !cookie.HttpOnly || !cookie.Secure {
		t.Errorf("cookie %v", cookie)
	}
	next := ts.ask("GET", "/help/shortcuts", "", "Cookie: "+cookie.Name+"="+cookie.Value)
	if !strings.Contains(bodyOf(t, next), "Saved.") || !strings.Contains(next.Header().Get("Set-Cookie"), "Max-Age=0") {
		t.Error("the message is not shown once")
	}
	for _, forged := range []string{"<b>x</b>__", "nonsense__", "error.500.title__", "saved"} {
		page := bodyOf(t, ts.ask("GET", "/help/shortcuts", "", "Cookie: __Host-toh-flash="+forged))
		if strings.Contains(page, `class="toast"`) {
			t.Errorf("the forged message %q is shown", forged)
		}
	}
}

func TestUndoPathsAreBuiltOfIdentifiersOnly(t *testing.T) {
	if got := (flash{"report.trashed", "r1", "lyric"}).undo(); got != "/w/lyric/reports/r1/restore" {
		t.Error(got)
	}
	for _, f := range []flash{{"report.trashed", "../x", "lyric"}, {"report.trashed", "r1", "//evil"},
		{"saved", "r1", "lyric"}} {
		if got := f.undo(); got != "" {
			t.Errorf("%v: %q", f, got)
		}
	}
}

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

func formRequest(ts *testSite, body url.Values) *Request {
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return ts.newRequest(httptest.NewRecorder(), r, &Route{Name: "form"})
}

var testForm = FormSpec{
	{Name: "name", Kind: kindText, Label: "form.now", Max: 5},
	{Name: "email", Kind: kindEmail, Label: "form.now", Optional: true},
	{Name: "password", Kind: kindPassword, Label: "form.now", Max: 20},
	{Name: "note", Kind: kindArea, Label: "form.now", Optional: true},
	{Name: "role", Kind: kindSelect, Label: "form.now", Optional: true, Options: []Option{{Value: "a", Text: "A"},
		{Value: "b", Text: "B"}}},
	{Name: "scopes", Kind: kindChecks, Label: "form.now", Optional: true, Options: []Option{{Value: "x"},
		{Value: "y"}}},
	{Name: "sure", Kind: kindCheck, Label: "form.now"},
}

func TestFormFields(t *testing.T) {
	ts := newTestSite(t, secureBase)
	tests := []struct {
		field, value, want string
	}{
		{"name", "Clara", ""}, {"name", "  Clara ", ""}, {"name", "Clärä", ""}, {"name", "Claras", "form.too-long"},
		{"name", "", "form.required"}, {"name", "   ", "form.required"},
		{"name", "a\x00b", "form.characters"}, {"name", "a\x01b", "form.characters"},
		{"name", "\xff", "form.characters"},
		{"email", "a@b.example", ""}, {"email", "a@b", "form.email"}, {"email", "A <a@b.example>", "form.email"},
		{"email", "a@b.example, c@d.example", "form.email"}, {"email", "@.", "form.email"},
		{"password", "  spaces stay  ", ""}, {"password", "nul\x00inside", ""}, {"password", strings.Repeat("p", 21),
			"form.too-long"},
		{"note", "a\nb", ""}, {"note", "a\x1b[31m", "form.characters"},
		{"role", "b", ""}, {"role", "c", "form.not-an-option"}, {"scopes", "y", ""},
		{"scopes", "z", "form.not-an-option"},
	}
	for _, test := range tests {
		t.Run(test.field+" "+test.value, func(t *testing.T) {
			posted := url.Values{"name": {"Clara"}, "password": {"p"}}
			posted.Set(test.field, test.value)
			form, err := testForm.Read(formRequest(ts, posted), nil)
			if err != nil {
				t.Fatal(err)
			}
			field := form.Field(test.field)
			if test.want == "" && form.Failed() {
				t.Fatalf("refused: %q", form.Problems())
			}
			if test.want != "" && (field.Error == "" || !strings.HasPrefix(field.Error, strings.SplitN(ts.T(test.want),
				"{", 2)[0])) {
				t.Fatalf("error %q, want %q", field.Error, ts.T(test.want))
			}
		})
	}
}

func TestFormKeepsInputButNoPasswords(t *testing.T) {
	ts := newTestSite(t, secureBase)
	form, err := testForm.Read(formRequest(ts, url.Values{"name": {"<b>"}, "password": {" swordfish "}, "email": {"x"},
		"scopes": {"y"}, "role": {"b"}, "sure": {"yes"}}), nil)
	if err != nil {
		t.Fatal(err)
	}
	if form.Get("password") != " swordfish " || !form.Is("sure") || form.All("scopes")[0] != "y" {
		t.Error("values are lost")
	}
	var out strings.Builder
	if err := ts.view.layout.ExecuteTemplate(&out, "errors", form); err != nil {
		t.Fatal(err)
	}
	if err := ts.view.layout.ExecuteTemplate(&out, "fields", form); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`value="&lt;b&gt;"`, `<option value="b" selected>`, `value="y" checked`,
		`href="#f-email"`, `aria-invalid="true" aria-describedby="f-email-problem"`,
		`role="alert" tabindex="-1" autofocus`} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("lacks %q in %s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "swordfish") {
		t.Error("the password is shown again")
	}
}

func TestFormTakesRefusals(t *testing.T) {
	ts := newTestSite(t, secureBase)
	q := formRequest(ts, nil)
	form := testForm.Blank(q, nil)
	if !form.Take(model.InvalidFields(map[string]string{"name": "Too plain."})) ||
		form.Field("name").Error != "Too plain." || form.Again(nil).status != 400 {
		t.Error("field errors are not taken")
	}
	form = testForm.Blank(q, nil)
	if !form.Take(model.Conflict("Taken.")) || form.Problem != "Taken." || form.Again(nil).status != 409 {
		t.Error("a conflict is not taken")
	}
	for _, err := range []error{model.ErrInvalid, model.ErrUnavailable, model.Denied("x"), model.Unavailable(io.EOF),
		context.Canceled} {
		if testForm.Blank(q, nil).Take(err) {
			t.Errorf("%v was taken", err)
		}
	}
}

func TestTimesAreTheVenues(t *testing.T) {
	zone, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	b := &Base{zone: zone, now: testNow}
	at := time.Date(2026, 11, 21, 23, 32, 0, 0, time.UTC)
	for got, want := range map[string]string{
		b.When(at).Text: "Sun 22 Nov, 00:32", b.When(at).Exact: "2026-11-22T00:32:00+01:00",
		b.When(at.AddDate(-1, 0, 0)).Text: "Sat 22 Nov 2025, 00:32", b.Day(at).Text: "Sunday 22 November 2026",
		b.Clock(at).Text: "00:32", b.When(time.Time{}).Text: "",
	} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestRemote(t *testing.T) {
	ts := newTestSite(t, secureBase)
	q := formRequest(ts, nil)
	q.RemoteAddr = "[::ffff:192.0.2.7]:4711"
	q.Header.Set("X-Forwarded-For", "203.0.113.9, 198.51.100.1,10.0.0.1")
	for hops, want := range map[int]string{0: "192.0.2.7", 1: "10.0.0.1", 2: "198.51.100.1", 4: ""} {
		ts.opts.Hops = hops
		if got := q.Remote(); got != want {
			t.Errorf("%d hops: %q, want %q", hops, got, want)
		}
	}
}

func TestCatalogFillsInOnePass(t *testing.T) {
	c, err := templates.LoadCatalog("en")
	if err != nil {
		t.Fatal(err)
	}
	if got := c.T("frame.you-are", "{0}{1}"); got != "Your role: {0}{1}" {
		t.Error(got)
	}
}
