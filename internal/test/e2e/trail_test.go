package e2e

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/shows"
	"github.com/tinyoperahouse/toh/internal/test/e2e/visitortest"
)

// witness requests everything and checks, after each answer, whether the trail records what it gave out.
type witness struct {
	*cast
	people     map[access.Role]access.Caller
	production string
	holds      map[string]string // into which record a canary was written

	answers, bodies, done int
}

// TestEveryAnswerThatHoldsABodyIsInTheTrail walks all routes of pages and API, for every role and every state that a
// record can be in. An answer that holds what was written in a record is in the trail under that record, exactly once,
// and for a report its reader is among those who have seen it. A refusal records nothing as done. One visit leaves one
// entry.
func TestEveryAnswerThatHoldsABodyIsInTheTrail(t *testing.T) {
	w := &witness{cast: newCast(t), people: map[access.Role]access.Caller{}, holds: map[string]string{}}
	w.meet()
	pages, operations := w.walkPages(), w.walkAPI()
	t.Logf("%d pages, %d operations of the API: %d answers, %d records given out, %d entries that tell of them", pages,
		operations, w.answers, w.bodies, w.done)
	if pages < 60 || operations < 16 || w.bodies < 200 {
		t.Error("that is too little to have looked at everything")
	}
}

// meet finds out who the members are, and adds a production of their own.
func (w *witness) meet() {
	w.t.Helper()
	scope := model.Workspace(w.Sheet.Workspaces[0].ID)
	boss := access.Caller{Scope: scope, Account: w.account(0), Name: "test", Role: access.Management}
	members, err := w.App.Workspaces.ListMembers(w.t.Context(), boss)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, m := range members {
		w.people[m.Body.Role] = access.Caller{Scope: scope, Account: m.ID, Name: m.Body.Name, Role: m.Body.Role}
	}
	p, err := w.App.Stage.CreateProduction(w.t.Context(), w.people[access.Management], shows.ProductionInput{
		Title: new("Tosca"), Company: new(w.canary("")), Zone: new("Europe/Berlin"),
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.production, w.holds[p.Body.Company] = p.ID, "productions/"+p.ID
}

// states are those that a report can be in.
var states = []string{"draft", "filed", "amended", "trashed"}

// canary is a word that occurs in one record only.
func (w *witness) canary(record string) string {
	word := fmt.Sprintf("canary%dx", len(w.holds))
	w.holds[word] = record
	return word
}

// report makes a report with a canary in each part that has its own readers.
func (w *witness) report(state string) string {
	w.t.Helper()
	ctx, id, author := w.t.Context(), model.NewID(), w.people[access.Reporter]
	record := "reports/" + id
	_, err := w.App.Stage.CreateReport(ctx, author, shows.ReportInput{
		ID: id, Production: &w.production, Text: new(w.canary(record)), Sections: []shows.SectionInput{
			{Department: "sound", Text: w.canary(record)},
			{Department: "health", Text: w.canary(record), Audience: access.Audience{Level: access.Managers}},
		},
	})
	if err == nil && state != "draft" {
		_, err = w.App.Stage.FileReport(ctx, author, id, 0)
	}
	if err == nil && state == "amended" {
		_, err = w.App.Stage.AmendReport(ctx, w.people[access.Management], id, 0, "a slip",
			shows.ReportInput{Text: new(w.canary(record))})
	}
	if err == nil && state == "trashed" {
		_, err = w.App.Stage.TrashReport(ctx, w.people[access.Management], id, 0)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

// night makes a performance with a canary in its notes.
func (w *witness) night() string {
	w.t.Helper()
	n := len(w.holds)
	p, err := w.App.Stage.CreatePerformance(w.t.Context(), w.people[access.Management], w.production,
		shows.PerformanceInput{
			Day: new("2026-05-01"), Start: new(fmt.Sprintf("%d:%02d", 10+n/60%12, n%60)),
			Notes: new(w.canary("performances/" + model.NewID())), Number: 1 + n,
		})
	if err != nil {
		w.t.Fatal(err, model.FieldTexts(err))
	}
	w.holds[p.Body.Notes] = "performances/" + p.ID
	return p.ID
}

var canaries = regexp.MustCompile(`canary[0-9]+x`)

// given are the records whose canaries are in an answer.
func (w *witness) given(body string) []string {
	var records []string
	for _, word := range canaries.FindAllString(body, -1) {
		if record := w.holds[word]; record != "" && !slices.Contains(records, record) {
			records = append(records, record)
		}
	}
	return records
}

// saw checks one answer.
func (w *witness) saw(what string, role access.Role, method string, p visitortest.Page) {
	w.t.Helper()
	w.answers++
	var done []*audit.Entry
	for _, e := range w.entries(p.Header.Get("X-Request-Id")) {
		if e.Outcome == audit.Done {
			done = append(done, e)
		}
	}
	what = fmt.Sprintf("%s as %s: %d", what, role, p.Status)
	refused := p.Status == http.StatusNotFound || p.Status == http.StatusForbidden ||
		p.Status == http.StatusUnauthorized
	if refused && len(done) > 0 {
		w.t.Errorf("%s leaves %d entries: %s", what, len(done), told(done))
	}
	if p.Status != http.StatusSeeOther && strings.HasPrefix(what, "POST /w/") && !strings.Contains(what, "/autosave") &&
		slices.ContainsFunc(done, changes) {
		w.t.Errorf("%s shows a form again, and tells of a change: %s", what, told(done))
	}
	if len(done) > 1 && !strings.Contains(what, "/run ") {
		w.t.Errorf("%s leaves %d entries: %s", what, len(done), told(done))
	}
	for _, record := range w.given(p.Body) {
		w.bodies++
		n := 0
		for _, e := range done {
			if e.Shows(record) {
				n++
			}
		}
		w.done += n
		if n != 1 {
			w.t.Errorf("%s: gives out %s and says so %d times, among %s", what, record, n, told(done))
		}
		if id, report := strings.CutPrefix(record, "reports/"); report && n > 0 {
			w.sawReport(what, role, id)
		}
	}
}

// sawReport looks for the reader among those who have seen it.
func (w *witness) sawReport(what string, role access.Role, id string) {
	w.t.Helper()
	for _, asking := range []access.Role{access.Management, access.Reporter} { // a draft belongs to its author
		seen, err := w.App.Stage.SeenBy(w.t.Context(), w.people[asking], id)
		if err != nil {
			continue
		}
		if !slices.ContainsFunc(seen.People, func(s shows.Seen) bool { return s.Account == w.people[role].Account }) {
			w.t.Errorf("%s: %s is not among those who have seen report %s", what, role, id)
		}
		return
	}
}

// changes reports whether an entry is about more than reading.
func changes(e *audit.Entry) bool {
	_, what, _ := strings.Cut(string(e.Action), ".")
	return !slices.Contains([]string{"read", "list", "search", "seen"}, what)
}

func told(list []*audit.Entry) string {
	var texts []string
	for _, e := range list {
		texts = append(texts, fmt.Sprintf("%s %s %s shows %v", e.Outcome, e.Action, e.Record, e.Shown))
	}
	return fmt.Sprintf("%d: %s", len(list), strings.Join(texts, "; "))
}

// entries are those of one request, among the latest.
func (w *witness) entries(request string) []*audit.Entry {
	w.t.Helper()
	page, err := w.App.Gate.History(w.t.Context(), records.By(w.people[access.Management], access.AuditRead),
		audit.Filter{}, 60,
		"")
	if err != nil || request == "" {
		w.t.Fatalf("request %q: %v", request, err)
	}
	return slices.DeleteFunc(page.Entries, func(e *audit.Entry) bool { return e.Request != request })
}

// forms are what is sent to a page that accepts a form: what is right, what is wrong, what is late, and what only
// looks.
var forms = []url.Values{
	{},
	{"do": {"preview"}, "version": {"2"}, "text": {"new words"}},
	{"do": {"add-note:sound"}, "version": {"2"}},
	{"version": {"1"}, "reason": {"late"}, "text": {"other words"}, "title": {"Another"}, "day": {"2026-05-02"},
		"start": {"21:00"}},
	{"version": {"2"}, "reason": {"a slip"}, "text": {"new words"}},
}

// apart are pages that change who somebody is or what they may do. They hold no record of the shows, and other tests
// cover them.
func apart(r frame.Route) bool {
	return r.Method == http.MethodPost && !strings.Contains(r.Path, "{report}") &&
		!strings.Contains(r.Path, "{production}") && !strings.Contains(r.Path, "{performance}")
}

func (w *witness) walkPages() int {
	n := 0
	for _, r := range w.App.Routes() {
		if apart(r) {
			continue
		}
		n++
		for _, role := range access.MemberRoles {
			for _, ids := range w.subjects(r) {
				w.page(r, role, ids)
			}
		}
	}
	return n
}

// subjects are the records that a route is tried with, by the names of variables: new ones, since it may change them.
func (w *witness) subjects(r frame.Route) []map[string]string {
	sent := 1
	if r.Method == http.MethodPost {
		sent = len(forms)
	}
	var list []map[string]string
	for i := range sent {
		ids := map[string]string{"production": w.production, "form": fmt.Sprint(i)}
		if strings.Contains(r.Path, "{performance}") {
			ids["performance"] = w.night()
		}
		if !strings.Contains(r.Path, "{report}") {
			if strings.HasSuffix(r.Path, "/trash") && strings.Contains(r.Path, "{production}") {
				continue // the others need it
			}
			list = append(list, ids)
			continue
		}
		for _, state := range states {
			list = append(list, map[string]string{"report": w.report(state), "production": w.production,
				"form": fmt.Sprint(i)})
		}
	}
	return list
}

// queries are the query strings for lists.
var queries = []string{"", "?q=tosca", "?production={production}&state=filed", "?record=reports/{report}",
	"?performance={performance}&production={production}"}

func (w *witness) page(r frame.Route, role access.Role, ids map[string]string) {
	w.t.Helper()
	path, v := at(r.Path, ids), w.members[role]
	if r.Method == http.MethodPost {
		var i int
		_, _ = fmt.Sscan(ids["form"], &i)
		w.saw(fmt.Sprintf("POST %s %v", r.Path, forms[i]), role, r.Method, v.Do(r.Method, path, forms[i]))
		return
	}
	if len(ids) > 2 {
		w.saw("GET "+r.Path, role, r.Method, v.Get(path))
		return
	}
	for _, query := range queries {
		w.saw("GET "+r.Path+query, role, r.Method, v.Get(path+at(query, ids)))
	}
}

// sent are the request bodies of the API's operations.
func (w *witness) sent(method, path string) []string {
	switch {
	case method == http.MethodGet || method == http.MethodDelete:
		return []string{""}
	case strings.HasSuffix(path, "/performances"):
		n := len(w.holds)
		return []string{fmt.Sprintf(`{"day":"2026-06-01","start":"%d:%02d","notes":%q,"number":%d}`, 10+n/60%12, n%60,
			w.canary(""), 1+n)}
	case strings.HasSuffix(path, "/reports"):
		return []string{fmt.Sprintf(`{"production":%q,"body":%q}`, w.production, w.canary(""))}
	case strings.HasSuffix(path, "/productions"):
		return []string{fmt.Sprintf(`{"title":"Aida","company":%q,"zone":"Europe/Berlin"}`, w.canary(""))}
	case strings.HasSuffix(path, "/query"):
		return []string{`{"text":"Why?"}`, `{}`}
	case strings.HasSuffix(path, "/amend"):
		return []string{`{"reason":"A slip","title":"x"}`, `{"title":"x"}`}
	case method == http.MethodPatch:
		return []string{`{"title":"x"}`}
	}
	return []string{""}
}

// operations are those of the API's own document.
func (w *witness) operations() []string {
	w.t.Helper()
	var doc struct {
		Paths map[string]map[string]json.RawMessage
	}
	if err := json.Unmarshal([]byte(w.nobody.Get("/api/openapi.json").Body), &doc); err != nil {
		w.t.Fatal(err)
	}
	var list []string
	for path, methods := range doc.Paths {
		for method := range methods {
			list = append(list, strings.ToUpper(method)+" "+path)
		}
	}
	slices.Sort(list)
	return list
}

func (w *witness) walkAPI() int {
	list := w.operations()
	for _, name := range list {
		method, path, _ := strings.Cut(name, " ")
		for _, role := range access.MemberRoles {
			for _, body := range w.sent(method, path) {
				w.operation(method, path, role, body)
			}
		}
	}
	return len(list)
}

func (w *witness) operation(method, path string, role access.Role, body string) {
	w.t.Helper()
	ids := []string{w.production}
	if strings.Contains(path, "/reports/{id}") {
		ids = nil
		for _, state := range states {
			ids = append(ids, w.report(state))
		}
	}
	for _, id := range ids {
		to := strings.NewReplacer("{ws}", "demo", "{id}", id).Replace(path)
		for range 2 { // the second is a repetition, or comes too late
			p := w.call(role, method, to, body, id)
			w.made(path, body, p)
			w.saw(method+" "+path+" "+body, role, method, p)
		}
		if method == http.MethodGet && strings.HasSuffix(path, "/reports") {
			for word := range w.holds {
				w.saw("a search", role, method, w.call(role, method, to+"?q="+word, "", id))
				break
			}
		}
	}
}

// made finds out which record holds the canary that was sent.
func (w *witness) made(path, body string, p visitortest.Page) {
	word, kind := canaries.FindString(body), path[strings.LastIndex(path, "/")+1:]
	var answer struct{ ID string }
	if word != "" && json.Unmarshal([]byte(p.Body), &answer) == nil && answer.ID != "" {
		w.holds[word] = kind + "/" + answer.ID
	}
}

// call calls the API with somebody's token.
func (w *witness) call(role access.Role, method, path, body, key string) visitortest.Page {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), method, w.URL()+path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	for _, a := range w.Sheet.Workspaces[0].Accounts {
		if a.Role == string(role) {
			req.Header.Set("Authorization", "Bearer "+a.Token)
		}
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if method == http.MethodPost {
		req.Header.Set("Idempotency-Key", key+body)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	return visitortest.Page{Status: resp.StatusCode, Header: resp.Header, Body: string(text)}
}
