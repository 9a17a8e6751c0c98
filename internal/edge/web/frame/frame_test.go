package frame

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
)

func failing(err error) Handler { return func(*Request) (Answer, error) { return Answer{}, err } }

func ok(*Request) (Answer, error) { return Text(http.StatusOK, "handler ran"), nil }

// Every answer, whatever it is, carries the headers. The values are those of the specifications, not of the code.
func TestHeadersOnEveryAnswer(t *testing.T) {
	t.Parallel()
	ts := newTestSite(t, secureBase, Route{Name: "boom", Method: "GET", Path: "/boom", For: Open,
		Handle: func(*Request) (Answer, error) {
			panic("x")
		}})
	asks := map[string][]string{
		"page":         {"GET", "/help/shortcuts"},
		"unknown path": {"GET", "/nowhere"},
		"wrong method": {"DELETE", "/theme"},
		"health":       {"GET", "/livez"},
		"from outside": {"GET", "/ready"},
		"panic":        {"GET", "/boom"},
		"foreign host": {"GET", "/", "Host: evil.example"},
		"cross-site":   {"POST", "/theme", "Sec-Fetch-Site: cross-site"},
		"static 404":   {"GET", "/static/none.css"},
		"to sign in":   {"GET", "/w/lyric/x"},
	}
	want := map[string]string{
		"Strict-Transport-Security":    "max-age=63072000; includeSubDomains; preload",
		"X-Content-Type-Options":       "nosniff",
		"Referrer-Policy":              "same-origin",
		"Cross-Origin-Opener-Policy":   "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin",
		"X-Frame-Options":              "DENY",
		"Cache-Control":                "no-store",
	}
	for name, ask := range asks {
		t.Run(name, func(t *testing.T) {
			w := ts.ask(ask[0], ask[1], "", ask[2:]...)
			for header, value := range want {
				if got := w.Header().Get(header); got != value {
					t.Errorf("%s = %q, want %q (status %d)", header, got, value, w.Code)
				}
			}
			policy := w.Header().Get("Content-Security-Policy")
			for _, part := range []string{"default-src 'none'", "script-src 'self'", "frame-ancestors 'none'",
				"base-uri 'none'", "form-action 'self'", "require-trusted-types-for 'script'", "trusted-types 'none'"} {
				if !strings.Contains(policy, part) {
					t.Errorf("policy lacks %q", part)
				}
			}
			if strings.Contains(policy, "unsafe") || strings.Contains(policy, "http") {
				t.Errorf("policy allows too much: %s", policy)
			}
		})
	}
}

func TestNoTransportPromiseOverPlainHTTP(t *testing.T) {
	t.Parallel()
	w := newTestSite(t, localBase).ask("GET", "/help/shortcuts", "")
	if w.Code != 200 || w.Header().Get("Strict-Transport-Security") != "" {
		t.Fatalf("status %d, HSTS %q", w.Code, w.Header().Get("Strict-Transport-Security"))
	}
}

func TestGuard(t *testing.T) {
	t.Parallel()
	post := Route{Name: "post", Method: "POST", Path: "/post", For: Open, Handle: ok}
	get := Route{Name: "get", Method: "GET", Path: "/get", For: Open, Handle: ok}
	tests := []struct {
		name, method, path string
		headers            []string
		want               int
	}{
		{"same origin", "POST", "/post", nil, 200},
		{"typed by hand", "POST", "/post", []string{"Sec-Fetch-Site: none"}, 200},
		{"another site", "POST", "/post", []string{"Sec-Fetch-Site: cross-site", "Origin: https://evil.example"}, 403},
		{"a sibling host", "POST", "/post", []string{"Sec-Fetch-Site: same-site", "Origin: https://staff.example.org"},
			403},
		{"old browser, our origin", "POST", "/post", []string{"Sec-Fetch-Site: ", "Origin: https://opera.example.org"},
			200},
		{"old browser, our host over http", "POST", "/post", []string{"Sec-Fetch-Site: ",
			"Origin: http://opera.example.org"}, 403},
		{"old browser, other origin", "POST", "/post", []string{"Sec-Fetch-Site: ", "Origin: https://evil.example"},
			403},
		{"old browser, null origin", "POST", "/post", []string{"Sec-Fetch-Site: ", "Origin: null"}, 403},
		{"a lie about the site", "POST", "/post", []string{"Origin: https://evil.example"}, 403},
		{"a cookie from nowhere", "POST", "/post", []string{"Sec-Fetch-Site: ", signedIn}, 403},
		{"any cookie from nowhere", "POST", "/post", []string{"Sec-Fetch-Site: ", "Cookie: x=y"}, 403},
		{"no browser, no cookie", "POST", "/post", []string{"Sec-Fetch-Site: "}, 200},
		{"link from elsewhere", "GET", "/get", []string{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Dest: document"}, 200},
		{"image elsewhere", "GET", "/get", []string{"Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors",
			"Sec-Fetch-Dest: image"}, 403},
		{"fetch elsewhere", "GET", "/get", []string{"Sec-Fetch-Site: same-site", "Sec-Fetch-Mode: cors"}, 403},
		{"frame of our own", "GET", "/get", []string{"Sec-Fetch-Dest: iframe"}, 403},
		{"object", "GET", "/get", []string{"Sec-Fetch-Dest: object"}, 403},
		{"embed", "GET", "/get", []string{"Sec-Fetch-Dest: embed"}, 403},
		{"foreign host", "GET", "/get", []string{"Host: evil.example"}, 421},
		{"our host with another port", "GET", "/get", []string{"Host: opera.example.org:81"}, 421},
		{"forwarded host is no host", "GET", "/get", []string{"X-Forwarded-Host: evil.example"}, 200},
		{"our host in capitals", "GET", "/get", []string{"Host: OPERA.example.org"}, 200},
		{"plain http", "GET", "/get", []string{"X-Forwarded-Proto: http"}, 308},
		{"plain http, last hop counts", "GET", "/get", []string{"X-Forwarded-Proto: https, http"}, 308},
		{"plain http, posted", "POST", "/post", []string{"X-Forwarded-Proto: http"}, 403},
		{"health without https", "GET", "/livez", []string{"X-Forwarded-Proto: ", "Host: 10.0.0.1:8080"}, 200},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			ts := newTestSite(t, secureBase, post, get)
			w := ts.ask(test.method, test.path, "", test.headers...)
			if w.Code != test.want {
				t.Fatalf("status %d, want %d", w.Code, test.want)
			}
			if inside := strings.Contains(bodyOf(t, w), "handler ran"); inside != (test.want == 200 &&
				test.path != "/livez") {
				t.Errorf("handler ran: %v", inside)
			}
			if test.want == 308 && w.Header().Get("Location") != "https://opera.example.org/get" {
				t.Errorf("sent to %q", w.Header().Get("Location"))
			}
		})
	}
}

func TestErrorTable(t *testing.T) {
	t.Parallel()
	secret := errors.New("secret cause in project-x")
	tests := []struct {
		err  error
		want int
	}{
		{model.ErrInvalid, 400}, {model.ErrDenied, 403}, {model.ErrNotFound, 404}, {model.ErrConflict, 409},
		{model.ErrStale, 412},
		{model.ErrTooLarge, 413}, {&http.MaxBytesError{}, 413}, {model.ErrLocked, 423}, {model.ErrTooMany, 429},
		{model.ErrUnavailable, 503}, {context.DeadlineExceeded, 503},
		{secret, 500}, {&model.Error{Kind: model.ErrInvalid, Public: "Say it plainly.", Cause: secret}, 400},
	}
	for _, test := range tests {
		t.Run(test.err.Error(), func(t *testing.T) {
			ts := newTestSite(t, secureBase, Route{Name: "f", Method: "GET", Path: "/f/{id}", For: Public,
				Handle: failing(fmt.Errorf("outer words: %w", test.err))})
			w := ts.ask("GET", "/f/hidden-id", "")
			body := bodyOf(t, w)
			if w.Code != test.want {
				t.Fatalf("status %d, want %d", w.Code, test.want)
			}
			for _, never := range []string{"secret", "project-x", "hidden-id", "outer words"} {
				if strings.Contains(body, never) {
					t.Errorf("the page shows %q", never)
				}
			}
			if shows := strings.Contains(body, ts.T("error.request")); shows != (test.want >= 500) {
				t.Errorf("request id shown: %v", shows)
			}
			if public := model.PublicText(test.err); public != "" && !strings.Contains(body, public) {
				t.Errorf("the page lacks %q", public)
			}
		})
	}
}

// T is for tests.
func (s *Site) T(key string) string { return s.catalog.T(key) }

func TestNotFoundIsTheSameWhateverWasAskedFor(t *testing.T) {
	t.Parallel()
	ts := newTestSite(t, secureBase, Route{Name: "r", Method: "GET", Path: "/w/{ws}/things/{id}", For: Member,
		Handle: failing(model.ErrNotFound)})
	pages := map[string]string{}
	for _, path := range []string{"/w/lyric/things/aaaa", "/w/lyric/things/bbbbbbbbbbbbbbbbbbbbbbbbbb",
		"/w/lyric/things/%3Cx%3E"} {
		w := ts.ask("GET", path, "", signedIn, "traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
		if w.Code != 404 {
			t.Fatalf("%s: %d", path, w.Code)
		}
		pages[strings.ReplaceAll(bodyOf(t, w), path, "PATH")] = path
	}
	if len(pages) != 1 {
		t.Errorf("%d different pages", len(pages))
	}
	a, b := ts.ask("GET", "/w/lyric/things/aaaa", "", signedIn), ts.ask("GET", "/w/lyric/things/bbbb", "", signedIn)
	for _, w := range []*httptest.ResponseRecorder{a, b} { // random, and about the request only
		if len(w.Header().Get("X-Request-Id")) != len(model.NewID()) {
			t.Errorf("X-Request-Id is %q", w.Header().Get("X-Request-Id"))
		}
		w.Header().Del("X-Request-Id")
	}
	if bodyOf(t, a) != bodyOf(t, b) || fmt.Sprint(a.Header()) != fmt.Sprint(b.Header()) {
		t.Error("a page of one id differs from that of another")
	}
	c, d := ts.ask("GET", "/w/other/things/aaaa", "", signedIn), ts.ask("GET", "/w/nowhere/things/aaaa", "", signedIn)
	if bodyOf(t, c) != bodyOf(t, d) {
		t.Error("a foreign workspace looks different from none")
	}
}

func TestClassesOfRoutes(t *testing.T) {
	t.Parallel()
	routes := []Route{
		{Name: "open", Method: "GET", Path: "/o", For: Open, Handle: ok},
		{Name: "public", Method: "GET", Path: "/p", For: Public, Handle: ok},
		{Name: "account", Method: "GET", Path: "/a", For: Account, Handle: ok},
		{Name: "member", Method: "GET", Path: "/w/{ws}/m", For: Member, Action: access.ReportList, Ahead: "reports:ws",
			Handle: ok},
		{Name: "managers", Method: "POST", Path: "/w/{ws}/managers", For: Member, Action: access.AuditRead, Handle: ok},
	}
	tests := []struct {
		name, method, path, cookie string
		want                       int
		location                   string
		asked                      int
	}{
		{"open asks nobody", "GET", "/o", signedIn, 200, "", 0},
		{"public, a stranger", "GET", "/p", "X: y", 200, "", 0},
		{"public, an old session", "GET", "/p", "Cookie: __Host-toh=old", 200, "", 1},
		{"account, a stranger", "GET", "/a?q=1", "X: y", 303, "/signin?next=%2Fa%3Fq%3D1", 0},
		{"account, an old session", "GET", "/a", "Cookie: __Host-toh=old", 303, "/signin?next=%2Fa", 1},
		{"account, wrong cookie name", "GET", "/a", "Cookie: toh=good", 303, "/signin?next=%2Fa", 0},
		{"account, two cookies", "GET", "/a", "Cookie: __Host-toh=good; __Host-toh=good", 303, "/signin?next=%2Fa", 0},
		{"account, signed in", "GET", "/a", signedIn, 200, "", 1},
		{"member, a stranger", "GET", "/w/lyric/m", "X: y", 303, "/signin?next=%2Fw%2Flyric%2Fm", 0},
		{"member", "GET", "/w/lyric/m", signedIn, 200, "", 1},
		{"member of another", "GET", "/w/other/m", signedIn, 404, "", 1},
		{"role may not", "POST", "/w/lyric/managers", signedIn, 403, "", 1},
		{"posted by a stranger", "POST", "/w/lyric/managers", "Sec-Fetch-Mode: navigate", 303, "/signin", 0},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			ts := newTestSite(t, secureBase, routes...)
			w := ts.ask(test.method, test.path, "", test.cookie)
			if w.Code != test.want || w.Header().Get("Location") != test.location {
				t.Fatalf("%d to %q, want %d to %q", w.Code, w.Header().Get("Location"), test.want, test.location)
			}
			if ts.identity.asked != test.asked {
				t.Errorf("asked %d times, want %d", ts.identity.asked, test.asked)
			}
			if (test.want == 403) != (len(ts.identity.refused) == 1) {
				t.Errorf("refusals written down: %v", ts.identity.refused)
			}
			if inside := strings.Contains(bodyOf(t, w), "handler ran"); inside != (test.want == 200) {
				t.Errorf("handler ran: %v", inside)
			}
		})
	}
}

func TestAnOutageIsNotASignOut(t *testing.T) {
	t.Parallel()
	for _, class := range []Class{Public, Account} {
		ts := newTestSite(t, secureBase, Route{Name: "a", Method: "GET", Path: "/a", For: class, Handle: ok})
		ts.identity.err = model.Unavailable(errors.New("firestore away"))
		w := ts.ask("GET", "/a", "", signedIn)
		if w.Code != 503 || w.Header().Get("Set-Cookie") != "" {
			t.Errorf("%s: %d, cookies %q", class, w.Code, w.Header().Get("Set-Cookie"))
		}
	}
}

func TestMethods(t *testing.T) {
	t.Parallel()
	ts := newTestSite(t, secureBase, Route{Name: "get", Method: "GET", Path: "/x", For: Open, Handle: ok})
	if w := ts.ask("HEAD", "/x", ""); w.Code != 200 || w.Body.Len() != 0 || w.Header().Get("Content-Length") != "11" {
		t.Errorf("HEAD: %d, %d bytes, length %q", w.Code, w.Body.Len(), w.Header().Get("Content-Length"))
	}
	if w := ts.ask("POST", "/x", ""); w.Code != 405 || w.Header().Get("Allow") != "GET, HEAD" {
		t.Errorf("POST: %d, Allow %q", w.Code, w.Header().Get("Allow"))
	}
	if w := ts.ask("GET", "/theme", ""); w.Code != 405 || w.Header().Get("Allow") != "POST" {
		t.Errorf("GET of a form's target: %d, Allow %q", w.Code, w.Header().Get("Allow"))
	}
	if w := ts.ask("POST", "/x", "_method=GET", "X-HTTP-Method-Override: GET"); w.Code != 405 {
		t.Errorf("override: %d", w.Code)
	}
}

func TestPanicIsAPageWithoutItsCause(t *testing.T) {
	t.Parallel()
	ts := newTestSite(t, secureBase, Route{Name: "boom", Method: "GET", Path: "/boom", For: Open,
		Handle: func(*Request) (Answer, error) {
			panic("the password is swordfish")
		}})
	w := ts.ask("GET", "/boom", "")
	body := bodyOf(t, w)
	if w.Code != 500 || strings.Contains(body, "swordfish") || strings.Contains(body, "goroutine") {
		t.Fatalf("%d %s", w.Code, body)
	}
	if !strings.Contains(ts.log.String(), "status=500") {
		t.Error("the request is not in the log")
	}
}

func TestLogHasNoPaths(t *testing.T) {
	t.Parallel()
	ts := newTestSite(t, secureBase)
	ts.ask("GET", "/confirm?ticket=canary-ticket", "", "User-Agent: canary-agent", "Cookie: __Host-toh=canary-cookie")
	ts.ask("BREW", "/canary-path", "")
	if log := ts.log.String(); strings.Contains(log, "canary") || strings.Contains(log, "BREW") ||
		!strings.Contains(log, "route=nothing") {
		t.Errorf("log: %s", log)
	}
}

func TestBodyLimit(t *testing.T) {
	t.Parallel()
	echo := func(q *Request) (Answer, error) {
		if err := q.Parse(); err != nil {
			return Answer{}, err
		}
		return Text(200, fmt.Sprint(len(q.PostForm.Get("a")))), nil
	}
	ts := newTestSite(t, secureBase, Route{Name: "e", Method: "POST", Path: "/e", For: Open, Handle: echo})
	if w := ts.ask("POST", "/e", "a="+strings.Repeat("x", 64<<10-2)); w.Code != 200 {
		t.Errorf("64 KB: %d", w.Code)
	}
	if w := ts.ask("POST", "/e", "a="+strings.Repeat("x", 64<<10-1)); w.Code != 413 {
		t.Errorf("64 KB and one: %d", w.Code)
	}
	if w := ts.ask("POST", "/e", "a=%zz"); w.Code != 400 {
		t.Errorf("bad encoding: %d", w.Code)
	}
}

func TestDeadlineReachesTheHandler(t *testing.T) {
	t.Parallel()
	ts := newTestSite(t, secureBase, Route{Name: "d", Method: "GET", Path: "/d", For: Open, Timeout: 1,
		Handle: func(q *Request) (Answer, error) {
			<-q.Context().Done()
			return Answer{}, q.Context().Err()
		}})
	if w := ts.ask("GET", "/d", ""); w.Code != 503 {
		t.Errorf("status %d", w.Code)
	}
}

func TestDownload(t *testing.T) {
	t.Parallel()
	file := func(n int, err error) Handler {
		return func(*Request) (Answer, error) {
			return File("audit ü.csv", "text/csv; charset=utf-8", func(_ context.Context, w io.Writer) error {
				for range n {
					if _, err := w.Write([]byte(strings.Repeat("x", 1024))); err != nil {
						return err
					}
				}
				return err
			}), nil
		}
	}
	whole := newTestSite(t, secureBase, Route{Name: "f", Method: "GET", Path: "/f", For: Open, Handle: file(100, nil)})
	if w := whole.ask("GET", "/f", ""); w.Code != 200 || w.Body.Len() != 100<<10 ||
		!strings.HasPrefix(w.Header().Get("Content-Disposition"), "attachment") {
		t.Errorf("%d, %d bytes, %q", w.Code, w.Body.Len(), w.Header().Get("Content-Disposition"))
	}
	early := newTestSite(t, secureBase, Route{Name: "f", Method: "GET", Path: "/f", For: Open,
		Handle: file(3, model.ErrUnavailable)})
	if w := early.ask("GET", "/f", ""); w.Code != 503 || strings.Contains(bodyOf(t, w), "xxx") ||
		w.Header().Get("Content-Disposition") != "" {
		t.Errorf("early error: %d", w.Code)
	}
	late := newTestSite(t, secureBase, Route{Name: "f", Method: "GET", Path: "/f", For: Open,
		Handle: file(100, model.ErrUnavailable)})
	defer func() {
		if v := recover(); v != http.ErrAbortHandler {
			t.Errorf("a cut file was not cut: %v", v)
		}
	}()
	late.ask("GET", "/f", "")
}

func TestPageHasItsFrame(t *testing.T) {
	t.Parallel()
	ts := newTestSite(t, secureBase, Route{Name: "m", Method: "GET", Path: "/w/{ws}/m", For: Member,
		Handle: func(*Request) (Answer, error) {
			return Show(&ShortcutsPage{Base: Base{Section: "reports", Crumbs: []Crumb{{"<Up>", "/w/lyric/"},
				{"Here", ""}}}}), nil
		}})
	body := bodyOf(t, ts.ask("GET", "/w/lyric/m", "", signedIn, "Cookie: __Host-toh=good; toh-theme=dim"))
	for _, want := range []string{`<html lang="en" data-theme="dim">`, `<a class="skip" href="#main">`, "<header",
		"<main", "<footer", `href="/w/lyric/reports" data-key="r" aria-current="page"`, "Clara &lt;b&gt;",
		"Your role: Organizer", "&lt;Up&gt;"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	if strings.Count(body, "<h1") != 1 {
		t.Errorf("%d h1", strings.Count(body, "<h1"))
	}
	for _, never := range []string{"/w/lyric/audit", "/w/lyric/settings", " style=", "<style", "onclick", "<script>"} {
		if strings.Contains(body, never) {
			t.Errorf("the page has %q", never)
		}
	}
}
