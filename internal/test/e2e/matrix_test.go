package e2e

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/onemachine/demo"
	"github.com/tinyoperahouse/toh/internal/onemachine/local/serve/servetest"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/shows"
	"github.com/tinyoperahouse/toh/internal/test/e2e/visitortest"
	"github.com/tinyoperahouse/toh/internal/test/testclock"
)

// cast is an installation with somebody for every role, somebody of the other company, and somebody without an account.
type cast struct {
	*servetest.Installation
	t        *testing.T
	nobody   *visitortest.Visitor
	outsider *visitortest.Visitor
	members  map[access.Role]*visitortest.Visitor
	own      map[string]string // ids of the first workspace by path variable
	foreign  map[string]string
}

func newCast(t *testing.T) *cast {
	t.Helper()
	c := &cast{Installation: servetest.Start(t, servetest.Options{Demo: true, Clock: testclock.Today(20)}), t: t,
		members: map[access.Role]*visitortest.Visitor{}}
	c.nobody = visitortest.New(t, c.URL())
	for _, a := range c.Sheet.Workspaces[0].Accounts {
		c.members[access.Role(a.Role)] = visitortest.New(t, c.URL()).SignIn(a.Email, a.Password)
	}
	boss := c.Sheet.Workspaces[1].Accounts[0]
	c.outsider = visitortest.New(t, c.URL()).SignIn(boss.Email, boss.Password)
	c.own, c.foreign = c.ids(0), c.ids(1)
	return c
}

// ids are real ids of one workspace, by the names of path variables.
func (c *cast) ids(n int) map[string]string {
	c.t.Helper()
	place := c.Sheet.Workspaces[n]
	boss := access.Caller{Scope: model.Workspace(place.ID), Account: c.account(n), Name: "test",
		Role: access.Management}
	productions, err := c.App.Stage.Productions(c.t.Context(), boss, shows.ListInput{})
	if err != nil {
		c.t.Fatal(err)
	}
	performances, err := c.App.Stage.PerformancesOf(c.t.Context(), boss, productions.Records[0].ID, shows.ListInput{})
	if err != nil {
		c.t.Fatal(err)
	}
	reports, err := c.App.Stage.Reports(c.t.Context(), boss, shows.ReportList{})
	if err != nil {
		c.t.Fatal(err)
	}
	members, err := c.App.Workspaces.ListMembers(c.t.Context(), boss)
	if err != nil {
		c.t.Fatal(err)
	}
	viewer := slices.IndexFunc(c.Sheet.Workspaces[n].Accounts, func(a demo.Account) bool {
		return a.Role == string(access.Viewer)
	})
	ids := map[string]string{
		"production": productions.Records[0].ID, "performance": performances.Records[0].ID,
		"report": reports.Records[0].ID,
	}
	for _, m := range members {
		if m.Body.Name == c.Sheet.Workspaces[n].Accounts[viewer].Name {
			ids["member"] = m.ID
		}
	}
	return ids
}

func (c *cast) account(n int) string {
	c.t.Helper()
	page, err := c.App.Gate.History(c.t.Context(), records.By(access.Caller{
		Scope: model.Workspace(c.Sheet.Workspaces[n].ID), Account: "test", Role: access.Management,
	}, access.AuditRead), audit.Filter{Action: access.ProductionCreate}, 1, "")
	if err != nil || len(page.Entries) == 0 {
		c.t.Fatalf("%v %v", page, err)
	}
	return page.Entries[0].Actor.ID
}

var variable = regexp.MustCompile(`\{([a-z]+)(:[^}]*)?\}`)

// at is a route's path in the first workspace with the given ids; ids that are not given are random.
func at(path string, ids map[string]string) string {
	return variable.ReplaceAllStringFunc(path, func(v string) string {
		name := variable.FindStringSubmatch(v)[1]
		switch id, ok := ids[name]; {
		case name == "ws":
			return "demo"
		case ok:
			return id
		case name == "version", name == "from", name == "to", name == "n":
			return "1"
		}
		return model.NewID()
	})
}

var methods = []string{
	http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
	http.MethodOptions, "PROPFIND",
}

// TestEveryRouteRoleAndMethod requests every cell of the table over HTTP.
func TestEveryRouteRoleAndMethod(t *testing.T) {
	c := newCast(t)
	routes := c.App.Routes()
	slices.SortStableFunc(routes, func(a, b frame.Route) int { return rank(a) - rank(b) })
	byPath := map[string][]string{}
	for _, r := range routes {
		byPath[r.Path] = append(byPath[r.Path], r.Method)
		if r.Method == http.MethodGet {
			byPath[r.Path] = append(byPath[r.Path], http.MethodHead)
		}
	}
	for path, declared := range byPath {
		for _, method := range methods {
			if !slices.Contains(declared, method) {
				c.wrongMethod(path, method, declared)
			}
		}
	}
	for _, r := range routes {
		c.route(r)
	}
}

// rank puts routes at the end that take away somebody's access.
func rank(r frame.Route) int {
	switch {
	case strings.Contains(r.Path, "leave"):
		return 2
	case strings.Contains(r.Path, "sign") || strings.Contains(r.Path, "session"):
		return 3
	case r.Method == http.MethodPost:
		return 1
	}
	return 0
}

func (c *cast) wrongMethod(path, method string, declared []string) {
	p := c.members[access.Management].Do(method, at(path, c.own), nil)
	if p.Status != http.StatusMethodNotAllowed {
		c.t.Errorf("%s %s: %d", method, path, p.Status)
		return
	}
	for _, d := range declared {
		if !strings.Contains(p.Header.Get("Allow"), d) {
			c.t.Errorf("%s %s: allows %q, not %s", method, path, p.Header.Get("Allow"), d)
		}
	}
}

func (c *cast) route(r frame.Route) {
	var form url.Values
	if r.Method == http.MethodPost {
		form = url.Values{}
	}
	path := at(r.Path, c.own)
	ask := func(v *visitortest.Visitor, path string) visitortest.Page { return v.Do(r.Method, path, form) }
	name := r.Method + " " + r.Path
	if r.For == frame.Account || r.For == frame.Member {
		if p := ask(c.nobody, path); p.Status != http.StatusSeeOther || !strings.HasPrefix(p.Location, "/signin") {
			c.t.Errorf("%s as nobody: %d %s", name, p.Status, p.Location)
		}
	}
	if r.For != frame.Member {
		return
	}
	stranger := ask(c.outsider, path)
	random := ask(c.outsider, strings.Replace(path, "/w/demo", "/w/"+model.NewID(), 1))
	if stranger.Status != http.StatusNotFound || stranger.Body != random.Body || stranger.Status != random.Status {
		c.t.Errorf("%s as a stranger: %d, and %d for a workspace that does not exist; same body %v", name,
			stranger.Status, random.Status, stranger.Body == random.Body)
	}
	for _, role := range access.MemberRoles {
		c.cell(r, role, name, path, ask)
	}
}

// cell is one role on one route of a workspace.
func (c *cast) cell(r frame.Route, role access.Role, name, path string, ask func(*visitortest.Visitor,
	string) visitortest.Page) {
	v := c.members[role]
	may := r.Action == "" || access.Can(access.Caller{Scope: model.Workspace("x1"), Account: "x", Role: role}, r.Action)
	if !may {
		if p := ask(v, path); p.Status != http.StatusForbidden {
			c.t.Errorf("%s as %s: %d, want 403", name, role, p.Status)
		}
		c.denied(r, role, name)
		return
	}
	if hasID(r.Path) {
		foreign, random := ask(v, at(r.Path, c.foreign)), ask(v, at(r.Path, nil))
		absent := foreign.Status == http.StatusNotFound || begins[r.Name]
		if !absent || foreign.Body != random.Body || foreign.Status != random.Status {
			c.t.Errorf("%s as %s: %d for a foreign id, %d for a random one; same body %v", name, role, foreign.Status,
				random.Status, foreign.Body == random.Body)
		}
	}
	if r.Method == http.MethodPost && (hasID(r.Path) || rank(r) > 1) {
		return // with its own id it would change what the next cells look at
	}
	p := ask(v, path)
	if p.Status == http.StatusForbidden || p.Status == http.StatusUnauthorized || p.Status >= 500 || p.Location != "" &&
		strings.HasPrefix(p.Location, "/signin") {
		c.t.Errorf("%s as %s: %d %s, may", name, role, p.Status, p.Location)
	}
	if r.Method == http.MethodGet && p.Status == http.StatusNotFound && !strings.Contains(r.Path, "invitation") &&
		role == access.Management && knows(c.own, r.Path) {
		c.t.Errorf("%s as %s: not found", name, role)
	}
}

// begins are the routes where an unknown id starts a new document, because browsers choose the ids of drafts.
var begins = map[string]bool{"report.autosave": true}

func hasID(path string) bool {
	for _, m := range variable.FindAllStringSubmatch(path, -1) {
		if m[1] != "ws" {
			return true
		}
	}
	return false
}

func knows(ids map[string]string, path string) bool {
	for _, m := range variable.FindAllStringSubmatch(path, -1) {
		if _, ok := ids[m[1]]; m[1] != "ws" && !ok {
			return false
		}
	}
	return true
}

// denied looks for the entry of a refusal.
func (c *cast) denied(r frame.Route, role access.Role, name string) {
	boss := access.Caller{Scope: model.Workspace(c.Sheet.Workspaces[0].ID), Account: "test", Role: access.Management}
	page, err := c.App.Gate.History(c.t.Context(), records.By(boss, access.AuditRead), audit.Filter{Action: r.Action,
		Outcome: audit.Denied}, 1, "")
	if err != nil || len(page.Entries) == 0 || page.Entries[0].Actor.Role != role {
		c.t.Errorf("%s as %s: the refusal is not in the trail (%v)", name, role, err)
	}
}

var link = regexp.MustCompile(`(?:href|action)="(/[^"#]*)"`)

// TestNoDeadLinkAndNoForeignWord follows every link that each role is offered: every page opens, and none holds a word
// of the other company.
func TestNoDeadLinkAndNoForeignWord(t *testing.T) {
	c := newCast(t)
	other := c.Sheet.Workspaces[1]
	words := []string{other.ID, other.Name, "Tempest", "Whitby", "thunder sheet", "Customs House"}
	for _, a := range other.Accounts {
		words = append(words, a.Name, a.Email, a.Password, a.Token)
	}
	for _, id := range c.foreign {
		words = append(words, id)
	}
	for role, v := range c.members {
		c.crawl(role, v, words)
	}
}

func (c *cast) crawl(role access.Role, v *visitortest.Visitor, foreign []string) {
	const most = 250
	seen, queue := map[string]bool{"/": true}, []string{"/w/demo/", "/account", "/workspaces", "/help/shortcuts"}
	for n := 0; len(queue) > 0 && n < most; n++ {
		path := queue[0]
		queue = queue[1:]
		p := v.Get(path)
		if p.Status != http.StatusOK && p.Status != http.StatusSeeOther {
			c.t.Errorf("%s is offered %s: %d", role, path, p.Status)
		}
		for _, word := range foreign {
			if strings.Contains(p.Body, word) || strings.Contains(fmt.Sprint(p.Header), word) {
				c.t.Errorf("%s sees %q at %s", role, word, path)
			}
		}
		for _, m := range link.FindAllStringSubmatch(strings.ReplaceAll(p.Body, "&amp;", "&"), -1) {
			if next := m[1]; !seen[shape(next)] && strings.HasPrefix(m[0], "href") &&
				!strings.HasPrefix(next, "/static/") {
				seen[shape(next)] = true
				queue = append(queue, next)
			}
		}
	}
}

var idForm = regexp.MustCompile(`[a-z2-7]{26}|cursor=[^&]*`)

// shape is an address without its ids, so that a crawl looks at each kind of page a few times, not at every page.
func shape(path string) string { return idForm.ReplaceAllString(path, "*") }
