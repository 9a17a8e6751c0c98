package web

import (
	"net/http"

	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/shows"
)

func (s *Site) showAmend(q *Request) (Answer, error) {
	r, err := s.report(q)
	if err != nil {
		return Answer{}, err
	}
	if !r.Body.Allows(q.Caller()).Amend {
		return Go(q.WS("/reports/" + r.ID)), nil
	}
	return s.amendAnswer(q, http.StatusOK, r, draftOf(q, &r.Body, r.Version, true), nil)
}

func (s *Site) amendAnswer(q *Request, status int, r records.Record[shows.Report], d *DraftForm,
	preview *Preview) (Answer, error) {
	of, err := s.productionOf(q, &r.Body)
	if err != nil {
		return Answer{}, err
	}
	page, err := s.draftPage(q, d, &r.Body, of)
	if err != nil {
		return Answer{}, err
	}
	page.Base = reportCrumbs(q, &r.Body, r.ID, Crumb{Text: q.T("amend.crumb")})
	page.Title, page.Path, page.Preview = q.T("amend.title", reportName(q, &r.Body)), q.WS("/reports/"+r.ID+"/amend"),
		preview
	page.Questions = questionsOf(&r.Body)
	return ShowAs(status, page), nil
}

// amendReport files the next version of a report, or shows what it would change.
func (s *Site) amendReport(q *Request) (Answer, error) {
	d, do, shaped, err := pressedDraft(q, true)
	switch {
	case err != nil:
		return Answer{}, err
	case shaped:
		return s.amendAgain(q, http.StatusOK, d, nil)
	case do == "preview":
		return s.previewAmendment(q, d)
	case d.Failed():
		return s.amendAgain(q, http.StatusBadRequest, d, nil)
	}
	r, err := s.opts.Services.Stage.AmendReport(q.Context(), q.Caller(), q.Var("report"), d.version(), d.Get("reason"),
		d.input())
	switch {
	case isStale(err):
		return s.amendStale(q, d)
	case d.take(err):
		return s.amendAgain(q, d.status, d, nil)
	case err != nil:
		return Answer{}, err
	}
	q.Flash("report.amended", "")
	return Go(q.WS("/reports/" + r.ID + "/versions")), nil
}

func (s *Site) amendAgain(q *Request, status int, d *DraftForm, preview *Preview) (Answer, error) {
	r, err := s.report(q)
	if err != nil {
		return Answer{}, err
	}
	return s.amendAnswer(q, status, r, d, preview)
}

// previewAmendment shows the difference. A reason is not needed for that.
func (s *Site) previewAmendment(q *Request, d *DraftForm) (Answer, error) {
	d.calm()
	r, changes, err := s.opts.Services.Stage.PreviewAmendment(q.Context(), q.Caller(), q.Var("report"), d.input())
	if d.take(err) {
		return s.amendAgain(q, d.status, d, nil)
	}
	if err != nil {
		return Answer{}, err
	}
	n, err := s.allNames(q)
	if err != nil {
		return Answer{}, err
	}
	return s.amendAnswer(q, http.StatusOK, r, d, &Preview{n.inChanges(changes)})
}

// amendStale shows what the report is now beside what was entered; filing again amends that.
func (s *Site) amendStale(q *Request, d *DraftForm) (Answer, error) {
	r, err := s.report(q)
	if err != nil {
		return Answer{}, err
	}
	n, err := s.memberNames(q, &r.Body)
	if err != nil {
		return Answer{}, err
	}
	d.Set("version", versionText(r.Version))
	d.adopt(&r.Body)
	answer, err := s.amendAnswer(q, http.StatusConflict, r, d, nil)
	if page, ok := answer.page.(*DraftPage); ok {
		page.Conflict = &Conflict{Leaf: leaf(q, &r.Body, n), At: localWhen(r.Updated, r.Body.Zone, "15:04"),
			Path: q.WS("/reports/" + r.ID + "/amend")}
	}
	return answer, err
}
