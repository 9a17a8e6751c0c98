package e2e

import (
	"slices"
	"strings"
	"testing"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/test/browsertest"
	"github.com/tinyoperahouse/toh/internal/test/e2e/visitortest"
)

// looks are the ways in which pages are looked at: on a phone in the dark theme, on a desktop in the light one.
var looks = []struct {
	width, height int64
	theme         string
}{{360, 780, "dark"}, {1280, 900, "light"}}

// TestEveryPageIsAccessible opens one page of each kind that the management and a reporter are offered, on a phone and
// on a desktop, and runs axe-core on it; nothing may be wider than the window.
func TestEveryPageIsAccessible(t *testing.T) {
	c := newCast(t)
	for i, role := range []access.Role{access.Management, access.Reporter} {
		account := c.Sheet.Workspaces[0].Accounts[slices.Index(access.MemberRoles, role)]
		paths := c.offered(c.members[role])
		if i > 0 {
			paths = only(paths, "/edit", "/check", "/new", "/w/demo/")
		}
		if len(paths) < 4 {
			t.Fatalf("%s is offered only %v", role, paths)
		}
		tab := browsertest.Open(t, c.URL())
		tab.Go("/signin")
		tab.Fill("email", account.Email)
		tab.Fill("password", account.Password)
		tab.Press("Sign in")
		titles := map[string]string{}
		for _, look := range looks {
			tab.Size(look.width, look.height, look.theme)
			for _, path := range paths {
				tab.Go(path)
				tab.Axe()
				name := browsertest.Eval[string](tab, "document.title")
				if other := titles[name]; other != "" && other != path {
					t.Errorf("%s and %s are both called %q", other, path, name)
				}
				titles[name] = path
				if wide := browsertest.Eval[int](tab,
					"document.documentElement.scrollWidth - window.innerWidth"); wide > 0 {
					t.Errorf("%s is %d wider than a window of %d", path, wide, look.width)
				}
			}
		}
	}
}

// offered are addresses, one of each kind, of the pages that somebody can reach by links.
func (c *cast) offered(v *visitortest.Visitor) []string {
	seen := map[string]bool{}
	var paths []string
	for queue := []string{"/w/demo/", "/account", "/workspaces", "/help/shortcuts"}; len(queue) > 0; {
		path := queue[0]
		queue = queue[1:]
		kind, _, _ := strings.Cut(shape(path), "?")
		if seen[kind] || strings.HasSuffix(kind, ".csv") || strings.HasSuffix(kind, ".jsonl") ||
			strings.HasPrefix(kind, "/static/") {
			continue
		}
		seen[kind] = true
		p := v.Get(path)
		if !strings.HasPrefix(p.Header.Get("Content-Type"), "text/html") || p.Status != 200 {
			continue
		}
		paths = append(paths, path)
		for _, m := range link.FindAllStringSubmatch(strings.ReplaceAll(p.Body, "&amp;", "&"), -1) {
			if strings.HasPrefix(m[0], "href") {
				queue = append(queue, m[1])
			}
		}
	}
	return paths
}

func only(paths []string, parts ...string) []string {
	return slices.DeleteFunc(paths, func(p string) bool {
		return !slices.ContainsFunc(parts, func(part string) bool {
			return strings.HasSuffix(p, part) || strings.Contains(p, part+"?")
		})
	})
}
