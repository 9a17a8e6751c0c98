package e2e

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/product/shows/showstest"
)

// outputNames are the kinds of answer that are compared; each must have been requested.
var outputNames = []string{
	"page: report", "page: versions", "page: seen by", "page: forms of a report", "page: refusals",
	"page: nothing there",
	"page: overview", "page: list", "page: search", "page: production", "page: trash", "page: trail", "page: nobody's",
	"CSV of the trail", "JSON lines of the trail",
	"API: report", "API: unchanged", "API: nothing there", "API: refusals", "API: list", "API: search",
	"API: productions", "API: trail", "API: nobody's",
}

// look compares everything that somebody gets of a report, and of all reports in lists, with the model.
func (l *life) look(i int, r *showstest.Report) {
	l.t.Helper()
	p := l.People[i]
	if p.Away {
		l.away(i, r)
		return
	}
	l.lists(i, p)
	l.trail(i, p, r)
	if r == nil {
		return
	}
	l.search(i, p, r)
	if r.Now(p) == nil {
		l.nothing(i, p, r)
		return
	}
	l.one(i, p, r)
	l.forms(i, p, r)
	l.refusals(i, p, r)
}

// holds fails unless an answer shows exactly these words.
func (l *life) holds(output string, p *showstest.Member, want []string, a answer) answer {
	l.t.Helper()
	l.within(output, p, want, a)
	showstest.Holds(l.t, output, p, want, a.text())
	return a
}

// within fails if an answer shows words other than these, or if something broke.
func (l *life) within(output string, p *showstest.Member, may []string, a answer) answer {
	l.t.Helper()
	l.sum[output].Add(1)
	l.sum["words"].Add(int64(len(showstest.Words(a.text()))))
	if a.status >= http.StatusInternalServerError {
		l.t.Fatalf("%s for %s (%s): %d %s", output, p.Name, p.Role, a.status, a.body)
	}
	showstest.Within(l.t, output, p, may, a.text())
	return a
}

// ok fails unless an answer has this status.
func (l *life) ok(output string, p *showstest.Member, status int, a answer) {
	l.t.Helper()
	if a.status != status {
		l.t.Fatalf("%s for %s (%s): %d, want %d", output, p.Name, p.Role, a.status, status)
	}
}

var (
	countOnPage = regexp.MustCompile(`(\d+) withheld notes?`)
	countInAPI  = regexp.MustCompile(`"sealed":true`)
)

// one is a report that the person may read.
func (l *life) one(i int, p *showstest.Member, r *showstest.Report) {
	l.t.Helper()
	now, at := r.Now(p), "/reports/"+r.ID
	a := l.holds("page: report", p, now, l.page(i, "GET", at, nil))
	told := countOnPage.FindStringSubmatch(a.body)
	if n := r.Withheld(p); (n > 0) != (told != nil) || n > 0 && told[1] != fmt.Sprint(n) {
		l.t.Fatalf("%s (%s) is told of %v, and %d parts are sealed", p.Name, p.Role, told, n)
	}
	l.within("page: versions", p, r.Past(p), l.page(i, "GET", at+"/versions", nil))
	l.within("page: seen by", p, nil, l.page(i, "GET", at+"/seen", nil))

	a = l.holds("API: report", p, now, l.call(i, "GET", at, ""))
	if n := len(countInAPI.FindAllString(a.body, -1)); n != r.Withheld(p) {
		l.t.Fatalf("the API tells %s (%s) of %d withheld parts, not %d", p.Name, p.Role, n, r.Withheld(p))
	}
	tag := a.head.Get("ETag")
	a = l.within("API: unchanged", p, nil, l.call(i, "GET", at, "", "If-None-Match: "+tag))
	l.ok("API: unchanged", p, http.StatusNotModified, a)
}

// forms are the pages on which something is done with a report that the person may read.
func (l *life) forms(i int, p *showstest.Member, r *showstest.Report) {
	l.t.Helper()
	at := "/reports/" + r.ID
	for _, form := range []string{"/edit", "/check", "/filed", "/query", "/amend"} {
		l.within("page: forms of a report", p, r.Now(p), l.page(i, "GET", at+form, nil))
	}
	for _, sent := range []map[string]string{
		{"do": "preview", "version": "1", "text": "other words"}, {"do": "add-note:sound", "version": "1"},
		{"version": "1", "text": "other words"},
		{"version": "1", "reason": "late", "text": "other words", "note": "x", "n.x.id": model.NewID(),
			"n.x.department": "sound"},
	} {
		if len(r.Past(p)) > 0 { // a draft would be changed, or a filed report amended
			l.within("page: forms of a report", p, r.Now(p), l.page(i, "POST", at+"/amend", stale(sent)))
		}
	}
}

// stale makes a form that cannot change anything.
func stale(form map[string]string) map[string]string {
	form["version"] = "999999"
	return form
}

// refusals are requests that must not work, and must not reveal anything by failing.
func (l *life) refusals(i int, p *showstest.Member, r *showstest.Report) {
	l.t.Helper()
	at := "/reports/" + r.ID
	for _, path := range []string{"/accept", "/trash", "/query", "/file"} {
		l.within("page: refusals", p, r.Now(p), l.page(i, "POST", at+path, stale(map[string]string{"text": "Why?"})))
	}
	l.within("page: refusals", p, r.Now(p), l.page(i, "POST", at+"/query", map[string]string{"text": ""}))
	late := "If-Match: \"999999\""
	for path, body := range map[string]string{
		"/accept": "", "/file": "", "/query": `{"text":"Why?"}`, "/amend": `{"reason":"A slip","title":"x"}`,
	} {
		l.within("API: refusals", p, nil, l.call(i, "POST", at+path, body, late))
	}
	for _, body := range []string{
		`{"reason":"","title":"x"}`, `{"reason":"A slip","sections":[{"id":"` + model.NewID() +
			`","department":"sound","text":"x"}]}`,
		`{"reason":"A slip","values":{"nothing":"x"}}`, `{"reason":"A slip","audience":"nobody"}`, `{`,
	} {
		l.within("API: refusals", p, nil, l.call(i, "POST", at+"/amend", body))
	}
	l.within("API: refusals", p, nil, l.call(i, "PATCH", at, `{"title":"x"}`, late))
	l.within("API: refusals", p, nil, l.call(i, "DELETE", at, "", late))
	if r.Withheld(p) > 0 && r.Filed() && (p.Role == access.Management || p.Role == access.Organizer) {
		l.why(p, l.within("page: refusals", p, nil, l.page(i, "POST", at+"/trash", nil)))
		l.why(p, l.within("API: refusals", p, nil, l.call(i, "DELETE", at, "")))
	}
}

// why fails unless somebody is told that they cannot throw a report away because something in it is withheld from them.
func (l *life) why(p *showstest.Member, a answer) {
	l.t.Helper()
	if a.status != http.StatusForbidden || !strings.Contains(a.body, "Something in this report is withheld from you") {
		l.t.Fatalf("%s (%s) throws away what is sealed from them: %d %s", p.Name, p.Role, a.status, a.body)
	}
}

// nothing is a report that is not for the person: every answer is the same as for one that never existed.
func (l *life) nothing(i int, p *showstest.Member, r *showstest.Report) {
	l.t.Helper()
	same := func(output string, ask func(id string) answer) {
		l.t.Helper()
		here, nowhere := l.within(output, p, nil, ask(r.ID)), ask(model.NewID())
		if here.status != nowhere.status || here.said() != nowhere.said() || here.head.Get("ETag") != "" ||
			here.status < 400 {
			l.t.Fatalf("%s for %s (%s): %d %q %s; for one that never was: %d %s",
				output, p.Name, p.Role, here.status, here.head.Get("ETag"), here.body, nowhere.status, nowhere.body)
		}
	}
	for _, path := range []string{"", "/versions", "/seen", "/edit", "/check", "/filed", "/query", "/amend"} {
		same("page: nothing there", func(id string) answer { return l.page(i, "GET", "/reports/"+id+path, nil) })
	}
	if r.InTrash(p) != nil { // its existence is no secret then, and a form may be late
		return
	}
	for _, path := range []string{"/accept", "/trash", "/query", "/amend", "/file"} {
		same("page: nothing there", func(id string) answer {
			return l.page(i, "POST", "/reports/"+id+path, stale(map[string]string{"reason": "x", "text": "Why?"}))
		})
	}
	for _, head := range []string{"If-None-Match: *", "If-None-Match: \"3\"", "Accept: text/html"} {
		same("API: nothing there", func(id string) answer { return l.call(i, "GET", "/reports/"+id, "", head) })
	}
	for path, body := range map[string]string{"accept": "", "file": "", "query": `{"text":"Why?"}`,
		"amend": `{"reason":"A slip","title":"x"}`} {
		same("API: nothing there", func(id string) answer {
			return l.call(i, "POST", "/reports/"+id+"/"+path, body, "If-Match: \"999999\"")
		})
	}
	same("API: nothing there", func(id string) answer {
		return l.call(i, "PATCH", "/reports/"+id, `{"title":"x"}`, "If-Match: \"999999\"")
	})
	same("API: nothing there", func(id string) answer {
		return l.call(i, "DELETE", "/reports/"+id, "", "If-Match: \"999999\"")
	})
}

// said is the answer's own content: the frame of a page also shows other things, such as what was done a moment ago.
func (a answer) said() string {
	_, page, found := strings.Cut(a.body, `<div class="oops">`)
	if !found {
		return a.body
	}
	return page
}

// lists are all answers that hold several reports. A report that is in none of them must not be counted in any.
func (l *life) lists(i int, p *showstest.Member) {
	l.t.Helper()
	var titles, ids, hidden []string
	for _, r := range l.Reports {
		if title := r.Title(p); title != "" {
			titles, ids = append(titles, title), append(ids, r.ID)
		} else {
			hidden = append(hidden, r.ID)
		}
	}
	l.offers(p, ids, hidden, l.holds("page: list", p, titles, l.page(i, "GET", "/reports", nil)))
	l.offers(p, ids, hidden, l.holds("API: list", p, titles, l.call(i, "GET", "/reports?limit=100", "")))
	l.offers(p, nil, hidden, l.within("page: list", p, titles, l.page(i, "GET", "/reports?state=filed&production="+
		l.Production, nil)))
	l.offers(p, nil, hidden, l.within("API: list", p, titles, l.call(i, "GET", "/reports?state=filed&production="+
		l.Production, "")))
	l.offers(p, nil, hidden, l.within("page: overview", p, titles, l.page(i, "GET", "/", nil)))
	l.offers(p, nil, hidden, l.within("page: production", p, titles, l.page(i, "GET", "/productions/"+l.Production,
		nil)))
	l.offers(p, nil, hidden, l.within("API: productions", p, nil, l.call(i, "GET", "/productions", "")))
	l.offers(p, nil, hidden, l.within("API: productions", p, nil, l.call(i, "GET", "/productions/"+l.Production+
		"/performances", "")))
	l.trash(i, p, ids)
}

// offers fails unless an answer links to the first reports, and to none of the second.
func (l *life) offers(p *showstest.Member, these, those []string, a answer) {
	l.t.Helper()
	for _, id := range these {
		if !strings.Contains(a.body, id) {
			l.t.Fatalf("report %s is not in the list of %s (%s)", id, p.Name, p.Role)
		}
	}
	for _, id := range those {
		if strings.Contains(a.text(), id) {
			l.t.Fatalf("%s (%s) is led to report %s", p.Name, p.Role, id)
		}
	}
}

// trash offers to take out what the person may, and nothing that is not for them.
func (l *life) trash(i int, p *showstest.Member, live []string) {
	l.t.Helper()
	a := l.within("page: trash", p, nil, l.page(i, "GET", "/trash", nil))
	back, others := []string(nil), slices.Clone(live)
	for _, r := range l.Reports {
		if r.Restorable(p) {
			back = append(back, r.ID)
		} else {
			others = append(others, r.ID)
		}
	}
	l.offers(p, back, others, a)
}

// search tries words of the report. The page repeats the search text.
func (l *life) search(i int, p *showstest.Member, r *showstest.Report) {
	l.t.Helper()
	var titles []string
	for _, other := range l.Reports {
		titles = append(titles, other.Title(p))
	}
	for n, word := range l.Picks(r, p) {
		q := "?q=" + word + []string{"", "+tosca"}[n%2]
		page, call := l.page(i, "GET", "/reports"+q, nil), l.call(i, "GET", "/reports"+q, "")
		for _, hits := range []struct {
			output string
			answer
		}{{"page: search", page}, {"API: search", call}} {
			l.within(hits.output, p, append(titles, word), hits.answer)
			if found := strings.Contains(hits.body, r.ID); found != r.Found(p, word) {
				l.t.Fatalf("%s (%s) finds the report by %q with %s: %v", p.Name, p.Role, word, hits.output, found)
			}
		}
	}
}

// trail is for management, and holds no word of any report.
func (l *life) trail(i int, p *showstest.Member, r *showstest.Report) {
	l.t.Helper()
	asked := []string{""}
	if r != nil {
		asked = append(asked, "?record=reports/"+r.ID)
	}
	want := http.StatusOK
	if p.Role != access.Management {
		want = http.StatusForbidden
	}
	for _, query := range asked {
		for output, ask := range map[string]func() answer{
			"page: trail":             func() answer { return l.page(i, "GET", "/audit"+query, nil) },
			"CSV of the trail":        func() answer { return l.page(i, "GET", "/audit.csv"+query, nil) },
			"JSON lines of the trail": func() answer { return l.page(i, "GET", "/audit.jsonl"+query, nil) },
			"API: trail":              func() answer { return l.call(i, "GET", "/audit"+query, "") },
		} {
			l.ok(output, p, want, l.within(output, p, nil, ask()))
		}
	}
}

// away is somebody who is currently not a member.
func (l *life) away(i int, r *showstest.Report) {
	l.t.Helper()
	paths := []string{"/reports", "/productions/" + l.Production}
	pages := []string{"/", "/trash", "/audit", "/audit.csv", "/audit.jsonl", "/reports?q=tosca"}
	if r != nil {
		paths = append(paths, "/reports/"+r.ID)
		pages = append(pages, "/reports/"+r.ID+"/versions", "/reports/"+r.ID+"/seen")
	}
	for _, path := range append(pages, paths...) {
		l.ok("page: nobody's", l.People[i], http.StatusNotFound, l.within("page: nobody's", l.People[i], nil,
			l.page(i, "GET", path, nil)))
	}
	for _, path := range append([]string{"/audit"}, paths...) {
		l.within("API: nobody's", l.People[i], nil, l.call(i, "GET", path, ""))
	}
}
