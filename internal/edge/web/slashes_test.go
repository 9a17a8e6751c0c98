package web_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/tinyoperahouse/toh/internal/edge/web/webtest"
)

var variable = regexp.MustCompile(`\{[a-z]+\}`)

// Every page's address answers with the other ending: readers are led to the right one, what is sent is taken.
func TestEveryRouteAnswersWithTheOtherEnding(t *testing.T) {
	t.Parallel()
	h := webtest.New(t)
	h.Company(t, "Lyric", "lyric")
	b := h.As(t, "lyric", "management")
	n := 0
	for _, r := range h.Site.Routes() {
		if r.Path == "/" {
			continue
		}
		n++
		right := variable.ReplaceAllString(strings.Replace(r.Path, "{ws}", "lyric", 1), "nobody")
		other := right + "/"
		if strings.HasSuffix(right, "/") {
			other = strings.TrimSuffix(right, "/")
		}
		if r.Method == http.MethodGet {
			for _, method := range []string{"GET", "HEAD"} {
				if p := b.Do(method, other+"?q=a%2Fb"); p.Status != 308 || p.Location != right+"?q=a%2Fb" {
					t.Errorf("%s %s: %d to %q", method, other, p.Status, p.Location)
				}
			}
			continue
		}
		if strings.HasPrefix(r.Name, "sessions.end") || r.Name == "sign-out" || r.Name == "leave.do" {
			b = h.As(t, "lyric", "management") // the first of the two signs out
		}
		wrong := b.Post(other, "nothing", "useful")
		if strings.HasPrefix(r.Name, "sessions.end") || r.Name == "sign-out" {
			b = h.As(t, "lyric", "management")
		}
		if p := b.Post(right, "nothing", "useful"); p.Status == 404 && !strings.Contains(r.Path, "{") ||
			p.Status != wrong.Status || p.Location != wrong.Location {
			t.Errorf("POST %s: %d to %q, and with the right ending %d to %q", other, wrong.Status, wrong.Location,
				p.Status, p.Location)
		}
	}
	if n < 60 {
		t.Errorf("only %d routes were tried", n)
	}
	for _, path := range []string{"//evil.example/", "//evil.example", "/%2Fevil.example/", "/%5Cevil.example/",
		"/nowhere/", "/static/", "/static"} {
		if p := b.Get(path); strings.HasPrefix(p.Location, "//") || strings.Contains(p.Location, "\\") ||
			p.Status != 404 && p.Status != 301 {
			t.Errorf("%s: %d to %q", path, p.Status, p.Location)
		}
	}
}
