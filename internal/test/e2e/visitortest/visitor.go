// Package visitortest visits a running installation over HTTP as a browser does, without being one. Production code
// must never import it.
package visitortest

import (
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"
)

// Visitor is somebody with a cookie jar.
type Visitor struct {
	t      testing.TB
	base   string
	client *http.Client
}

// Page is an answer.
type Page struct {
	Status   int
	Location string
	Header   http.Header
	Body     string
}

// New is a visitor without a session.
func New(t testing.TB, base string) *Visitor {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &Visitor{t, base, &http.Client{
		Jar:           jar,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// SignIn signs in through the page.
func (v *Visitor) SignIn(email, password string) *Visitor {
	v.t.Helper()
	p := v.Do(http.MethodPost, "/signin", url.Values{"email": {email}, "password": {password}})
	if p.Status != http.StatusSeeOther {
		v.t.Fatalf("sign-in: %d", p.Status)
	}
	return v
}

// Get opens a page.
func (v *Visitor) Get(path string) Page { v.t.Helper(); return v.Do(http.MethodGet, path, nil) }

// Lured opens a page as a browser does that follows a link from another site. A compressed body is not decompressed.
func (v *Visitor) Lured(path string) Page {
	v.t.Helper()
	return v.send(http.MethodGet, path, nil, "Sec-Fetch-Site", "cross-site", "Accept-Encoding", "gzip")
}

// Zipped is Get without decompressing the body.
func (v *Visitor) Zipped(path string) Page {
	v.t.Helper()
	return v.send(http.MethodGet, path, nil, "Sec-Fetch-Site", "same-origin", "Accept-Encoding", "gzip")
}

// Do sends a request as a page of the site itself would; a form becomes its body.
func (v *Visitor) Do(method, path string, form url.Values) Page {
	v.t.Helper()
	return v.send(method, path, form, "Sec-Fetch-Site", "same-origin")
}

func (v *Visitor) send(method, path string, form url.Values, pairs ...string) Page {
	v.t.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	req, err := http.NewRequestWithContext(v.t.Context(), method, v.base+path, body)
	if err != nil {
		v.t.Fatal(err)
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	for i := 0; i < len(pairs); i += 2 {
		req.Header.Set(pairs[i], pairs[i+1])
	}
	req.Header.Set("Sec-Fetch-Mode", "navigate")
	req.Header.Set("Sec-Fetch-Dest", "document")
	resp, err := v.client.Do(req)
	if err != nil {
		v.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		v.t.Fatal(err)
	}
	return Page{resp.StatusCode, resp.Header.Get("Location"), resp.Header, string(text)}
}
