package web

import (
	"strconv"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/shows"
)

func (s *Site) report(q *Request) (records.Record[shows.Report], error) {
	return s.opts.Services.Stage.Report(q.Context(), q.Caller(), q.Var("report"))
}

func reportCrumbs(q *Request, r *shows.Report, id string, more ...Crumb) Base {
	b := Base{Section: "reports", Crumbs: []Crumb{{q.T("nav.reports"), q.WS("/reports")}}}
	name := reportName(q, r) + ", " + r.ProductionTitle
	if len(more) == 0 {
		b.Crumbs = append(b.Crumbs, Crumb{Text: name})
		return b
	}
	b.Crumbs = append(b.Crumbs, Crumb{name, q.WS("/reports/" + id)})
	b.Crumbs = append(b.Crumbs, more...)
	return b
}

// reportTabs are the pages of a filed report. A draft has no others.
func reportTabs(q *Request, r records.Record[shows.Report], current string) []Tab {
	if r.Body.State == shows.Draft {
		return nil
	}
	path := q.WS("/reports/" + r.ID)
	versions := q.T("report.versions")
	if r.Body.Revision > 1 {
		versions = q.T("report.versions-n", r.Body.Revision)
	}
	return []Tab{
		{path, q.T("report.one"), "file-text", current == ""},
		{path + "/versions", versions, "history", current == "versions"},
		{path + "/seen", q.T("report.seen"), "eye", current == "seen"},
	}
}

// showReport is a report as its reader may see it.
func (s *Site) showReport(q *Request) (Answer, error) {
	r, err := s.report(q)
	if err != nil {
		return Answer{}, err
	}
	n, err := s.memberNames(q, &r.Body)
	if err != nil {
		return Answer{}, err
	}
	page := &ReportPage{
		Base: reportCrumbs(q, &r.Body, r.ID), Heading: r.Body.Heading(), Path: q.WS("/reports/" + r.ID),
		Version: r.Version,
		Tabs:    reportTabs(q, r, ""), Leaf: leaf(q, &r.Body, n), Allowed: r.Body.Allows(q.Caller()),
	}
	page.Questions = questionsOf(&r.Body)
	return Show(page), nil
}

// questionsOf are the questions that a report was sent back with.
func questionsOf(r *shows.Report) []QuestionView {
	var list []QuestionView
	for _, question := range r.Queries {
		list = append(list, QuestionView{question.Text, question.By.Name, localWhen(question.At, r.Zone,
			"Mon 2 Jan 2006, 15:04")})
	}
	return list
}

// postedVersion is the version that the page was showing; 0 means any.
func postedVersion(q *Request) (int64, error) {
	if err := q.parse(); err != nil {
		return 0, err
	}
	n, _ := strconv.ParseInt(q.PostForm.Get("version"), 10, 64)
	return n, nil
}

func (s *Site) acceptReport(q *Request) (Answer, error) {
	version, err := postedVersion(q)
	if err != nil {
		return Answer{}, err
	}
	r, err := s.opts.Services.Stage.AcceptReport(q.Context(), q.Caller(), q.Var("report"), version)
	return s.reviewed(q, r.Body.State == shows.Accepted, err, "report.accepted")
}

// reviewed leads back to the report. One that was changed in between is shown as it stands now, and not acted on.
func (s *Site) reviewed(q *Request, done bool, err error, says string) (Answer, error) {
	path := q.WS("/reports/" + q.Var("report"))
	switch {
	case isStale(err):
		q.Flash("report.moved", "")
		return Go(path), nil
	case err != nil:
		return Answer{}, err
	case !done:
		return Answer{}, model.ErrConflict
	}
	q.Flash(says, "")
	return Go(path), nil
}

var queryForm = FormSpec{{Name: "text", Kind: kindArea, Label: "query.text", Hint: "query.hint", Max: 2000, Rows: 5},
	fieldVersion}

func queryPage(q *Request, r records.Record[shows.Report], f *Form) *FormPage {
	return &FormPage{
		Base: reportCrumbs(q, &r.Body, r.ID, Crumb{Text: q.T("query.crumb")}), Title: q.T("query.title",
			r.Body.Author.Name), Lead: r.Body.Label(), Form: f,
		Action: q.WS("/reports/" + r.ID + "/query"), Submit: q.T("query.submit"), Cancel: q.WS("/reports/" + r.ID),
	}
}

func (s *Site) showQuery(q *Request) (Answer, error) {
	r, err := s.report(q)
	if err != nil {
		return Answer{}, err
	}
	if !r.Body.Allows(q.Caller()).Query {
		return Go(q.WS("/reports/" + r.ID)), nil
	}
	return Show(queryPage(q, r, queryForm.Blank(q, map[string]string{"version": strconv.FormatInt(r.Version, 10)}))),
		nil
}

func (s *Site) queryReport(q *Request) (Answer, error) {
	f, err := queryForm.Read(q, nil)
	if err != nil {
		return Answer{}, err
	}
	if !f.Failed() {
		_, err = s.opts.Services.Stage.QueryReport(q.Context(), q.Caller(), q.Var("report"), f.version(), f.Get("text"))
	}
	if f.Failed() || (!isStale(err) && f.Take(err)) {
		r, err := s.report(q)
		if err != nil {
			return Answer{}, err
		}
		return f.Again(queryPage(q, r, f)), nil
	}
	return s.reviewed(q, true, err, "report.queried")
}

func (s *Site) trashReport(q *Request) (Answer, error) {
	version, err := postedVersion(q)
	if err != nil {
		return Answer{}, err
	}
	r, err := s.opts.Services.Stage.TrashReport(q.Context(), q.Caller(), q.Var("report"), version)
	switch {
	case isStale(err):
		return s.reviewed(q, false, err, "")
	case err != nil:
		return Answer{}, err
	}
	q.Flash("report.trashed", r.ID)
	return Go(q.WS("/reports")), nil
}

func (s *Site) restoreReport(q *Request) (Answer, error) {
	r, err := s.opts.Services.Stage.RestoreReport(q.Context(), q.Caller(), q.Var("report"))
	if err != nil {
		return Answer{}, err
	}
	q.Flash("restored", "")
	return Go(q.WS("/reports/" + r.ID)), nil
}

// showSeen is who opened a report, from the trail.
func (s *Site) showSeen(q *Request) (Answer, error) {
	seen, err := s.opts.Services.Stage.SeenBy(q.Context(), q.Caller(), q.Var("report"))
	if err != nil {
		return Answer{}, err
	}
	r := seen.Report
	page := &SeenPage{
		Base: reportCrumbs(q, &r.Body, r.ID, Crumb{Text: q.T("report.seen")}), Heading: r.Body.Label(),
		Tabs: reportTabs(q, r, "seen"), Partial: seen.Partial,
		Empty: Empty{Icon: "eye", Title: q.T("seen.nobody"), Why: q.T("seen.nobody-why")},
	}
	page.fill(q)
	for _, p := range seen.People {
		page.Rows = append(page.Rows, SeenRow{Name: p.Name, Role: p.Role.Name(), First: page.When(p.First),
			Last: page.When(p.Last), Count: p.Count})
	}
	return Show(page), nil
}
