package e2e

import (
	"flag"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/onemachine/local/serve/servetest"
	"github.com/tinyoperahouse/toh/internal/platform/mail"
	"github.com/tinyoperahouse/toh/internal/product/account"
	"github.com/tinyoperahouse/toh/internal/product/shows"
	"github.com/tinyoperahouse/toh/internal/product/shows/showstest"
	"github.com/tinyoperahouse/toh/internal/product/workspace"
	"github.com/tinyoperahouse/toh/internal/test/e2e/visitortest"
)

var (
	chains     = flag.Int("chains", 6, "how many random lives of reports the service is asked about")
	chainSteps = flag.Int("chain-steps", 48, "how many steps each of them has")
)

// TestNoAnswerOpensWhatIsSealed leads reports through random lives in a running service. As every kind of member, and
// with every page and operation that has to do with reports, it requests what a simple model says they may read: not a
// word more, and where an answer shows a report, not a word less.
func TestNoAnswerOpensWhatIsSealed(t *testing.T) {
	h := servetest.Start(t, servetest.Options{})
	w := &world{Installation: h, sum: map[string]*atomic.Int64{}}
	for _, name := range append(slices.Clone(outputNames), "words", "mails") {
		w.sum[name] = &atomic.Int64{}
	}
	w.meet(t)
	t.Run("chains", func(t *testing.T) {
		for seed := range *chains {
			t.Run(fmt.Sprint(seed), func(t *testing.T) {
				t.Parallel()
				w.live(t, uint64(seed))
			})
		}
	})
	w.beside(t)
	answers := int64(0)
	for _, name := range outputNames {
		answers += w.sum[name].Load()
		if t.Logf("%6d × %s", w.sum[name].Load(), name); w.sum[name].Load() == 0 {
			t.Errorf("nobody was asked for %s", name)
		}
	}
	t.Logf("%d chains of %d steps, %d kinds of output: %d answers compared, which showed %d words; %d mails",
		*chains, *chainSteps, len(outputNames), answers, w.sum["words"].Load(), w.sum["mails"].Load())
	if w.sum["words"].Load() < answers/5 || w.sum["mails"].Load() == 0 {
		t.Error("too little was shown for this to say anything")
	}
}

// world is a running service with the people of all chains.
type world struct {
	*servetest.Installation
	people   []account.Person
	visitors []*visitortest.Visitor
	sum      map[string]*atomic.Int64 // answers by output
}

// chainRoles are the roles that people begin with. The first person stays in the management.
var chainRoles = []access.Role{access.Management, access.Management, access.Organizer, access.Organizer,
	access.Reporter, access.Reporter, access.Viewer}

func (w *world) meet(t *testing.T) {
	t.Helper()
	sys := access.SystemCaller(model.Platform(), "test", "")
	for i := range chainRoles {
		n := account.NewAccount{Email: fmt.Sprintf("p%d@chains.example", i), Name: names[i], Password: model.NewID()}
		p, err := w.App.Accounts.Provision(t.Context(), sys, n)
		if err != nil {
			t.Fatal(err)
		}
		w.people = append(w.people, p)
		w.visitors = append(w.visitors, visitortest.New(t, w.URL()).SignIn(n.Email, n.Password))
	}
}

var names = []string{"Ada North", "Ben South", "Cleo West", "Dov East", "Eve Hill", "Fay Dale", "Gus Brook"}

// life is one chain in a company of its own.
type life struct {
	*showstest.Chain
	*world
	t      *testing.T
	slug   string
	tokens []string
	member map[string]access.Role // as the service knows them, by account
}

func (w *world) live(t *testing.T, seed uint64) {
	l := &life{
		&showstest.Chain{Stage: w.App.Stage, Rand: rand.New(rand.NewPCG(seed, 2)), Did: map[string]int{}},
		w, t, fmt.Sprintf("chain-%d", seed), nil, map[string]access.Role{},
	}
	l.found()
	l.Moved = l.moved
	for n := range *chainSteps {
		r := l.Step(t)
		if n%3 == 0 || r == nil {
			l.look(l.Rand.IntN(len(l.People)), r)
		}
		if t.Failed() {
			t.Fatalf("in chain %d after step %d", seed, n)
		}
	}
	for i := range l.People { // at the end everybody requests everything
		for _, r := range l.Reports {
			l.look(i, r)
		}
	}
	t.Logf("%v", l.Did)
}

// found creates the company, with a token for everybody.
func (l *life) found() {
	l.t.Helper()
	m, err := l.App.Workspaces.Create(l.t.Context(), l.people[0].Self(), workspace.NewWorkspace{Name: l.slug,
		Slug: l.slug, TimeZone: "Europe/Berlin"})
	if err != nil {
		l.t.Fatal(err)
	}
	l.Scope = model.Workspace(m.Workspace)
	for i, role := range chainRoles {
		p := &showstest.Member{Name: l.people[i].Name, Account: l.people[i].ID, Role: role}
		l.People = append(l.People, p)
		if i == 0 {
			l.member[p.Account] = role
		} else {
			l.moved(p)
		}
		token, _, err := l.App.Accounts.CreateToken(l.t.Context(), l.people[i].Self(), account.NewToken{Name: "t",
			Scopes: tokenScopes(), Days: 1})
		if err != nil {
			l.t.Fatal(err)
		}
		l.tokens = append(l.tokens, token)
	}
	p, err := l.Stage.CreateProduction(l.t.Context(), l.Caller(l.People[0]), shows.ProductionInput{Title: new("Tosca"),
		Zone: new("Europe/Berlin")})
	if err != nil {
		l.t.Fatal(err)
	}
	l.Production = p.ID
}

func tokenScopes() []string {
	var all []string
	for _, s := range access.TokenScopes {
		all = append(all, string(s.Scope))
	}
	return all
}

// moved carries out in the service what the chain has decided about somebody.
func (l *life) moved(p *showstest.Member) {
	l.t.Helper()
	boss := l.Caller(l.People[0])
	boss.Proven = true
	var err error
	switch is, in := l.member[p.Account]; {
	case p.Away:
		err = l.App.Workspaces.Remove(l.t.Context(), boss, p.Account)
		delete(l.member, p.Account)
	case !in:
		i := slices.IndexFunc(l.people, func(a account.Person) bool { return a.ID == p.Account })
		_, err = l.App.Workspaces.Enlist(l.t.Context(), access.SystemCaller(l.Scope, "test", ""), l.people[i], p.Role)
		l.member[p.Account] = p.Role
	case is != p.Role:
		err = l.App.Workspaces.SetRole(l.t.Context(), boss, p.Account, p.Role)
		l.member[p.Account] = p.Role
	}
	if err != nil {
		l.t.Fatal(err)
	}
}

// beside checks what leaves the service in other ways: mails, and the log.
func (w *world) beside(t *testing.T) {
	t.Helper()
	mails, err := mail.NewCatcher(w.App.Gate).List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	w.sum["mails"].Add(int64(len(mails)))
	for _, m := range mails {
		if told := showstest.Words(fmt.Sprintf("%+v", m)); len(told) > 0 {
			t.Errorf("a mail holds %v", told)
		}
	}
	if told := showstest.Words(w.Logs.String()); len(told) > 0 {
		t.Errorf("the log holds %v", told)
	}
}

// answer is what somebody got, including the headers.
type answer struct {
	status int
	head   http.Header
	body   string
}

// text is everything in it that can hold a word.
func (a answer) text() string { return fmt.Sprint(a.head) + a.body }

// page asks for a page, or sends a form to one.
func (l *life) page(i int, method, path string, form map[string]string) answer {
	l.t.Helper()
	var values map[string][]string
	if method == http.MethodPost {
		values = map[string][]string{}
		for name := range maps.Keys(form) {
			values[name] = []string{form[name]}
		}
	}
	p := l.visitors[i].Do(method, "/w/"+l.slug+path, values)
	return answer{p.Status, p.Header, p.Body}
}

// call calls the API. The headers are given as lines.
func (l *life) call(i int, method, path, body string, head ...string) answer {
	l.t.Helper()
	req, err := http.NewRequestWithContext(l.t.Context(), method, l.URL()+"/api/v1/workspaces/"+l.slug+path,
		strings.NewReader(body))
	if err != nil {
		l.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+l.tokens[i])
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	for _, line := range head {
		name, value, _ := strings.Cut(line, ": ")
		req.Header.Set(name, value)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		l.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		l.t.Fatal(err)
	}
	if resp.StatusCode == http.StatusTooManyRequests {
		l.t.Fatal("the API was asked too often for this to say anything")
	}
	return answer{resp.StatusCode, resp.Header, string(text)}
}
