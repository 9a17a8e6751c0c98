package frame

import (
	"strings"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/templates"
)

func TestOwnPath(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/w/lyric/reports?q=a": "/w/lyric/reports?q=a", "/": "/", "/a#b": "/a#b", "/a?x=//y": "/a?x=//y",
		"": "-", "//evil.example": "-", "/\\evil.example": "-", "\\/evil": "-", "https://evil.example": "-",
		"https:evil": "-", "javascript:alert(1)": "-",
		"/\tx": "-", "/\r\nSet-Cookie: a=b": "-", "/%0d%0aX": "-", "/%5cevil": "-", "/%2Fevil.example": "-",
		"evil": "-", "@evil": "-", "/x%zz": "-", "/" + strings.Repeat("a", 2048): "-",
	} {
		if got := OwnPath(path, "-"); got != want {
			t.Errorf("ownPath(%q) = %q, want %q", path, got, want)
		}
	}
}

func TestCookies(t *testing.T) {
	t.Parallel()
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
	t.Parallel()
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
	t.Parallel()
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
	t.Parallel()
	ts := newTestSite(t, secureBase)
	if got := ts.undoPath(flash{"report.trashed", "r1", "lyric"}); got != "/w/lyric/reports/r1/restore" {
		t.Error(got)
	}
	for _, f := range []flash{{"report.trashed", "../x", "lyric"}, {"report.trashed", "r1", "//evil"},
		{"saved", "r1", "lyric"}} {
		if got := ts.undoPath(f); got != "" {
			t.Errorf("%v: %q", f, got)
		}
	}
}

func TestTimesAreTheVenues(t *testing.T) {
	t.Parallel()
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
	t.Parallel()
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
	t.Parallel()
	c, err := templates.LoadCatalog(templates.Embedded(), "en")
	if err != nil {
		t.Fatal(err)
	}
	if got := c.T("frame.you-are", "{0}{1}"); got != "Your role: {0}{1}" {
		t.Error(got)
	}
}

func TestOnlyAssetsAreServed(t *testing.T) {
	t.Parallel()
	ts := newTestSite(t, secureBase)
	app, err := ts.assets.URL("js/app.js")
	if err != nil {
		t.Fatal(err)
	}
	if w := ts.ask("GET", app, ""); w.Code != 200 || w.Header().Get("X-Content-Type-Options") != "nosniff" {
		t.Errorf("%s: %d", app, w.Code)
	}
	for _, path := range []string{"/static/app.css", "/static/", "/static/../layout.html", "/static/css/10-tokens.css",
		"/static/%2e%2e/text/en/frame.json"} {
		if w := ts.ask("GET", path, ""); w.Code == 200 {
			t.Errorf("%s is served", path)
		}
	}
}
