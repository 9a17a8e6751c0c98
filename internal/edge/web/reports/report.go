package reports

import (
	"strconv"

	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/edge/web/stage"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/shows"
)

func (s *pages) report(q *frame.Request) (records.Record[shows.Report], error) {
	return s.shows.Report(q.Context(), q.Caller(), q.Var("report"))
}

func reportCrumbs(q *frame.Request, r *shows.Report, id string, more ...frame.Crumb) frame.Base {
	b := frame.Base{Section: "reports", Crumbs: []frame.Crumb{{Text: q.T("nav.reports"), Path: q.WS("/reports")}}}
	name := stage.ReportName(q, r) + ", " + r.ProductionTitle
	if len(more) == 0 {
		b.Crumbs = append(b.Crumbs, frame.Crumb{Text: name})
		return b
	}
	b.Crumbs = append(b.Crumbs, frame.Crumb{Text: name, Path: q.WS("/reports/" + id)})
	b.Crumbs = append(b.Crumbs, more...)
	return b
}

// reportTabs are the pages of a filed report. A draft has no others.
func reportTabs(q *frame.Request, r records.Record[shows.Report], current string) []frame.Tab {
	if r.Body.State == shows.Draft {
		return nil
	}
	path := q.WS("/reports/" + r.ID)
	versions := q.T("report.versions")
	if r.Body.Revision > 1 {
		versions = q.T("report.versions-n", r.Body.Revision)
	}
	return []frame.Tab{
		{Path: path, Text: q.T("report.one"), Icon: "file-text", Current: current == ""},
		{Path: path + "/versions", Text: versions, Icon: "history", Current: current == "versions"},
		{Path: path + "/seen", Text: q.T("report.seen"), Icon: "eye", Current: current == "seen"},
	}
}

// showReport is a report as its reader may see it.
func (s *pages) showReport(q *frame.Request) (frame.Answer, error) {
	r, err := s.report(q)
	if err != nil {
		return frame.Answer{}, err
	}
	n, err := s.memberNames(q, &r.Body)
	if err != nil {
		return frame.Answer{}, err
	}
	page := &ReportPage{
		Base: reportCrumbs(q, &r.Body, r.ID), Heading: r.Body.Heading(), Path: q.WS("/reports/" + r.ID),
		Version: r.Version,
		Tabs:    reportTabs(q, r, ""), Report: reportView(q, &r.Body, n), Allowed: r.Body.Allows(q.Caller()),
	}
	page.Questions = questionsOf(&r.Body)
	page.Fill(q)
	page.Files, err = stage.FilesOf(q, &page.Base, s.files, shows.OfReport(r.ID), page.Path, page.Allowed.Files)
	if err != nil {
		return frame.Answer{}, err
	}
	return frame.Show(page), nil
}

// questionsOf are the questions that a report was sent back with.
func questionsOf(r *shows.Report) []QuestionView {
	var list []QuestionView
	for _, question := range r.Queries {
		list = append(list, QuestionView{question.Text, question.By.Name, frame.LocalWhen(question.At, r.Zone,
			"Mon 2 Jan 2006, 15:04")})
	}
	return list
}

// postedVersion is the version that the page was showing; 0 means any.
func postedVersion(q *frame.Request) (int64, error) {
	if err := q.Parse(); err != nil {
		return 0, err
	}
	n, _ := strconv.ParseInt(q.PostForm.Get("version"), 10, 64)
	return n, nil
}

func (s *pages) acceptReport(q *frame.Request) (frame.Answer, error) {
	version, err := postedVersion(q)
	if err != nil {
		return frame.Answer{}, err
	}
	r, err := s.shows.AcceptReport(q.Context(), q.Caller(), q.Var("report"), version)
	return s.reviewed(q, r.Body.State == shows.Accepted, err, "report.accepted")
}

// reviewed redirects to the report. If the report was changed in the meantime, nothing is done, and its current version
// is shown.
func (s *pages) reviewed(q *frame.Request, done bool, err error, says string) (frame.Answer, error) {
	path := q.WS("/reports/" + q.Var("report"))
	switch {
	case isStale(err):
		q.Flash("report.moved", "")
		return frame.Go(path), nil
	case err != nil:
		return frame.Answer{}, err
	case !done:
		return frame.Answer{}, model.ErrConflict
	}
	q.Flash(says, "")
	return frame.Go(path), nil
}

var queryForm = frame.FormSpec{{Name: "text", Kind: frame.KindArea, Label: "query.text", Hint: "query.hint", Max: 2000,
	Rows: 5},
	frame.FieldVersion}

func queryPage(q *frame.Request, r records.Record[shows.Report], f *frame.Form) *frame.FormPage {
	return &frame.FormPage{
		Base: reportCrumbs(q, &r.Body, r.ID, frame.Crumb{Text: q.T("query.crumb")}), Title: q.T("query.title",
			r.Body.Author.Name), Lead: r.Body.Label(), Form: f,
		Action: q.WS("/reports/" + r.ID + "/query"), Submit: q.T("query.submit"), Cancel: q.WS("/reports/" + r.ID),
	}
}

func (s *pages) showQuery(q *frame.Request) (frame.Answer, error) {
	r, err := s.report(q)
	if err != nil {
		return frame.Answer{}, err
	}
	if !r.Body.Allows(q.Caller()).Query {
		return frame.Go(q.WS("/reports/" + r.ID)), nil
	}
	return frame.Show(queryPage(q, r, queryForm.Blank(q, map[string]string{"version": strconv.FormatInt(r.Version,
			10)}))),
		nil
}

func (s *pages) queryReport(q *frame.Request) (frame.Answer, error) {
	f, err := queryForm.Read(q, nil)
	if err != nil {
		return frame.Answer{}, err
	}
	if !f.Failed() {
		_, err = s.shows.QueryReport(q.Context(), q.Caller(), q.Var("report"), f.Version(), f.Get("text"))
	}
	if f.Failed() || (!isStale(err) && f.Take(err)) {
		r, err := s.report(q)
		if err != nil {
			return frame.Answer{}, err
		}
		return f.Again(queryPage(q, r, f)), nil
	}
	return s.reviewed(q, true, err, "report.queried")
}

func (s *pages) trashReport(q *frame.Request) (frame.Answer, error) {
	version, err := postedVersion(q)
	if err != nil {
		return frame.Answer{}, err
	}
	r, err := s.shows.TrashReport(q.Context(), q.Caller(), q.Var("report"), version)
	switch {
	case isStale(err):
		return s.reviewed(q, false, err, "")
	case err != nil:
		return frame.Answer{}, err
	}
	q.Flash("report.trashed", r.ID)
	return frame.Go(q.WS("/reports")), nil
}

func (s *pages) restoreReport(q *frame.Request) (frame.Answer, error) {
	r, err := s.shows.RestoreReport(q.Context(), q.Caller(), q.Var("report"))
	if err != nil {
		return frame.Answer{}, err
	}
	q.Flash("restored", "")
	return frame.Go(q.WS("/reports/" + r.ID)), nil
}

// showSeen is who opened a report, from the trail.
func (s *pages) showSeen(q *frame.Request) (frame.Answer, error) {
	seen, err := s.shows.SeenBy(q.Context(), q.Caller(), q.Var("report"))
	if err != nil {
		return frame.Answer{}, err
	}
	r := seen.Report
	page := &SeenPage{
		Base: reportCrumbs(q, &r.Body, r.ID, frame.Crumb{Text: q.T("report.seen")}), Heading: r.Body.Label(),
		Tabs: reportTabs(q, r, "seen"), Partial: seen.Partial,
		Empty: frame.Empty{Icon: "eye", Title: q.T("seen.nobody"), Why: q.T("seen.nobody-why")},
	}
	page.Fill(q)
	for _, p := range seen.People {
		page.Rows = append(page.Rows, SeenRow{Name: p.Name, Role: p.Role.Name(), First: page.When(p.First),
			Last: page.When(p.Last), Count: p.Count})
	}
	return frame.Show(page), nil
}
