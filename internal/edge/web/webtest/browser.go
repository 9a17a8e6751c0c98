package webtest

import (
	"html"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/tinyoperahouse/toh/internal/product/account/accounttest"
)

// Browser visits the site as browsers do: it keeps cookies, says where requests come from, and does not follow
// redirects unasked.
type Browser struct {
	handler http.Handler
	cookies map[string]*http.Cookie
	Header  http.Header // sent with every request; overrides what a browser sends
}

// Browser is a new one, with no cookies.
func (h *Fixture) Browser() *Browser {
	return &Browser{handler: h.Site.Handler(), cookies: map[string]*http.Cookie{}, Header: http.Header{}}
}

// Page is an answer.
type Page struct {
	Status   int
	Location string
	Header   http.Header
	Body     string
}

// Has reports whether the page shows a text, as people read it.
func (p Page) Has(text string) bool { return strings.Contains(html.UnescapeString(p.Body), text) }

// Get opens a page.
func (b *Browser) Get(path string) Page { return b.do(http.MethodGet, path, "") }

// Post sends a form: pairs of names and values.
func (b *Browser) Post(path string, pairs ...string) Page {
	form := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		form.Add(pairs[i], pairs[i+1])
	}
	return b.do(http.MethodPost, path, form.Encode())
}

// Send posts a body of another type than a form's.
func (b *Browser) Send(path, kind, body string) Page {
	before := b.Header
	defer func() { b.Header = before }()
	b.Header = maps.Clone(before)
	if b.Header == nil {
		b.Header = http.Header{}
	}
	b.Header.Set("Content-Type", kind)
	return b.do(http.MethodPost, path, body)
}

// Do sends any method.
func (b *Browser) Do(method, path string) Page { return b.do(method, path, "") }

// SignIn signs in through the page.
func (b *Browser) SignIn(t testing.TB, email, password string) {
	t.Helper()
	if p := b.Post("/signin", "email", email, "password", password); p.Status != http.StatusSeeOther {
		t.Fatalf("sign-in of %s: %d", email, p.Status)
	}
}

// Cookie is the value of a cookie.
func (b *Browser) Cookie(name string) string {
	if c := b.cookies[name]; c != nil {
		return c.Value
	}
	return ""
}

// SetCookie plants one.
func (b *Browser) SetCookie(name, value string) {
	b.cookies[name] = &http.Cookie{Name: name, Value: value} // #nosec G124 -- a request's cookie has no attributes
}

func (b *Browser) do(method, path, body string) Page {
	r := httptest.NewRequest(method, path, strings.NewReader(body))
	r.Host = strings.TrimPrefix(accounttest.Base, "https://")
	r.Header.Set("X-Forwarded-Proto", "https")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("Sec-Fetch-Mode", "navigate")
	r.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64) Firefox/140.0")
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for name, values := range b.Header {
		r.Header[name] = values
	}
	for _, c := range b.cookies {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	b.handler.ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		if c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		} else {
			b.cookies[c.Name] = c
		}
	}
	return Page{w.Code, w.Header().Get("Location"), w.Header(), w.Body.String()}
}
