package security

import (
	"math"
	"slices"

	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/product/promise"
)

// SecurityPage is all promises at a glance.
type SecurityPage struct {
	frame.Base
	Verdict  frame.Badge
	Sentence string        // how many are kept, broken and unchecked
	LastRun  *frame.When   // nil before the first
	Since    *frame.When   // of the first run; nil before it
	Notice   *frame.Notice // that there were no checks for long
	Numbers  []Number
	Groups   []GroupView
	Episodes []EpisodeView
	Contact  string
	Head     *HeadView // nil before the first
	Site     string    // the address of the installation
	Copy     string    // the address of the folder of a copy; "" for none
}

// Template names the page.
func (*SecurityPage) Template() string { return "security/security" }

// Number is one of the three numbers.
type Number struct {
	Badge frame.Badge
	Count int
}

// GroupView is the promises that answer one question.
type GroupView struct {
	ID, Title, Lead string
	Rows            []Row
	Tasks           []Task // for the customer
}

// Row is one promise.
type Row struct {
	ID, Path, Text, How string
	State               frame.Badge
	Why                 string // why it is broken or not checked
	Evidence            string // of the control that says most
	LastPass            *frame.When
	Strip               Strip
}

func (s *pages) pageRoutes() []frame.Route {
	return []frame.Route{
		{Name: "security", Method: "GET", Path: path, For: frame.Public, Listed: true, Page: &SecurityPage{},
			Handle: s.show},
		{Name: "security.check", Method: "GET", Path: path + "/check", For: frame.Public, Page: &CheckPage{},
			Handle: s.showCheck},
		{Name: "security.promise", Method: "GET", Path: path + "/{id}", For: frame.Public,
			Page: &PromisePage{}, Handle: s.showPromise},
	}
}

func (s *pages) show(q *frame.Request) (frame.Answer, error) {
	o, err := s.promises.Overview(q.Context())
	if err != nil {
		return frame.Answer{}, err
	}
	page := &SecurityPage{
		Verdict: verdict(q, o), Sentence: q.T("security.sentence", o.Kept, len(o.Promises), o.Broken, o.Unchecked),
		Numbers: numbers(q, o),
		Contact: s.contact, Head: s.headView(q), Site: q.SiteURL(""), Copy: s.copyURL,
	}
	if !q.Who.Known() {
		page.Listed = &frame.Listing{Description: q.T("security.description"), Address: q.SiteURL(path)}
	}
	if !o.LastRun.IsZero() {
		page.LastRun, page.Since = instant(o.LastRun), instant(o.Since)
	}
	page.Notice = lateNotice(q, o)
	for _, g := range promise.Groups() {
		page.Groups = append(page.Groups, group(q, o, g))
	}
	words := GroupView{ID: "words", Title: q.T("security.group-words"), Lead: q.T("security.lead-words")}
	for i := range o.Words {
		words.Rows = append(words.Rows, row(q, &o.Words[i]))
	}
	page.Groups = append(page.Groups, words)
	for _, e := range o.Episodes {
		page.Episodes = append(page.Episodes, episode(q, e))
	}
	return frame.Show(page), nil
}

// lateNotice says that there were no checks for long, nil if there were.
func lateNotice(q *frame.Request, o *promise.Overview) *frame.Notice {
	if !o.Late {
		return nil
	}
	return &frame.Notice{Title: q.T("security.late"), Text: q.T("security.late-text", instant(o.LastRun).Text),
		Icon: "triangle-alert", Tone: "warn"}
}

// numbers are the three numbers. Only a number that is not 0 has its colour.
func numbers(q *frame.Request, o *promise.Overview) []Number {
	list := []Number{{stateBadge(q, promise.Kept), o.Kept}, {stateBadge(q, promise.Broken), o.Broken},
		{stateBadge(q, promise.Unchecked), o.Unchecked}}
	for i := range list {
		if list[i].Count == 0 {
			list[i].Badge.Tone = ""
		}
	}
	return list
}

func group(q *frame.Request, o *promise.Overview, g promise.Group) GroupView {
	v := GroupView{ID: string(g), Title: q.T(groupTitles[g]), Lead: q.T(groupLeads[g])}
	if g == promise.Yourself {
		v.Tasks = yours(q)
	}
	for i := range o.Promises {
		if p := &o.Promises[i]; p.Group == g {
			v.Rows = append(v.Rows, row(q, p))
		}
	}
	return v
}

func row(q *frame.Request, p *promise.Standing) Row {
	r := Row{ID: p.ID, Path: path + "/" + p.ID, Text: p.Text, How: p.How, State: stateBadge(q, p.State), Why: why(q, p),
		Strip: strip(q, p)}
	if p.State == promise.Kept {
		r.Evidence = evidence(p)
		r.LastPass = instant(p.LastPass)
	}
	return r
}

// evidence is what the promise rests on: what was found from outside says most to a reader, then what was found inside;
// and among several the control that is about this promise more than about others.
func evidence(p *promise.Standing) string {
	kinds := []promise.Kind{promise.Live, promise.Inside, promise.Cloud, promise.Build}
	says := func(c promise.ControlState) int {
		return slices.Index(kinds, c.Kind)*100 + slices.Index(c.Promises, p.ID)*10 + len(c.Promises)
	}
	best := ""
	least := math.MaxInt
	for _, c := range p.Controls {
		if c.State == promise.Kept && says(c) < least {
			best, least = c.Evidence, says(c)
		}
	}
	return best
}

var groupTitles = map[promise.Group]string{
	promise.Access: "security.group-access", promise.Locks: "security.group-locks",
	promise.Records: "security.group-records", promise.Vendors: "security.group-vendors",
	promise.Trouble: "security.group-trouble", promise.Leaving: "security.group-leaving",
	promise.Yourself: "security.group-yourself",
}

var groupLeads = map[promise.Group]string{
	promise.Access: "security.lead-access", promise.Locks: "security.lead-locks",
	promise.Records: "security.lead-records", promise.Vendors: "security.lead-vendors",
	promise.Trouble: "security.lead-trouble", promise.Leaving: "security.lead-leaving",
	promise.Yourself: "security.lead-yourself",
}
