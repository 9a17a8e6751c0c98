package web_test

import (
	"strings"
	"testing"

	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/edge/web/webtest"
	"github.com/tinyoperahouse/toh/internal/product/account/accounttest"
)

// Search engines may show the first page and the public documents, as strangers see them, and nothing else: no other
// page, no error, no redirect, no file.
func TestOnlyPublicPagesAreListed(t *testing.T) {
	t.Parallel()
	h := webtest.New(t)
	h.Company(t, "Lyric", "lyric")
	stranger, member := h.Browser(), h.As(t, "lyric", "management")
	for _, path := range []string{"/", "/?from=elsewhere"} {
		p := stranger.Get(path)
		if _, has := p.Header["X-Robots-Tag"]; has || p.Status != 200 {
			t.Errorf("%s: %d, %v", path, p.Status, p.Header["X-Robots-Tag"])
		}
		for _, want := range []string{`<meta name="description" content="Plan productions`,
			`<link rel="canonical" href="` + accounttest.Base + `/">`} {
			if strings.Count(p.Body, want) != 1 {
				t.Errorf("%s lacks %s", path, want)
			}
		}
	}
	if p := stranger.Do("HEAD", "/"); p.Header.Get("X-Robots-Tag") != "" || p.Status != 200 {
		t.Errorf("HEAD: %d %v", p.Status, p.Header)
	}
	kept := func(b *webtest.Browser, method, path string) {
		t.Helper()
		p := b.Do(method, path)
		if p.Header.Get("X-Robots-Tag") != "noindex" || strings.Contains(p.Body, `rel="canonical"`) ||
			strings.Contains(p.Body, `name="description"`) {
			t.Errorf("%s %s: %d, %q", method, path, p.Status, p.Header.Get("X-Robots-Tag"))
		}
	}
	n := 0
	for _, r := range h.Site.Routes() {
		path := variable.ReplaceAllString(strings.Replace(r.Path, "{ws}", "lyric", 1), "nobody")
		if p := stranger.Do(r.Method, path); r.Listed && r.For == frame.Public {
			if p.Header.Get("X-Robots-Tag") != "" || !strings.Contains(p.Body, `rel="canonical"`) {
				t.Errorf("%s: %d, and not listed", path, p.Status)
			}
		} else {
			kept(stranger, r.Method, path)
			n++
		}
		if r.Method == "GET" {
			kept(member, r.Method, path)
		}
	}
	for _, path := range []string{"/nowhere", "/static/nothing.css", "/favicon.ico", "/signin/"} {
		kept(stranger, "GET", path)
	}
	kept(stranger, "POST", "/")
	if n < 60 {
		t.Errorf("only %d routes were tried", n)
	}
}
