package reports

import (
	"net/http"

	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/edge/web/stage"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/shows"
)

func (s *pages) showAmend(q *frame.Request) (frame.Answer, error) {
	r, err := s.report(q)
	if err != nil {
		return frame.Answer{}, err
	}
	if !r.Body.Allows(q.Caller()).Amend {
		return frame.Go(q.WS("/reports/" + r.ID)), nil
	}
	return s.amendAnswer(q, http.StatusOK, r, draftOf(q, &r.Body, r.Version, true), nil)
}

func (s *pages) amendAnswer(q *frame.Request, status int, r records.Record[shows.Report], d *DraftForm,
	preview *Preview) (frame.Answer, error) {
	page, err := s.amendPage(q, r, d)
	if err != nil {
		return frame.Answer{}, err
	}
	page.Preview = preview
	return frame.ShowAs(status, page), nil
}

func (s *pages) amendPage(q *frame.Request, r records.Record[shows.Report], d *DraftForm) (*DraftPage, error) {
	of, err := s.productionOf(q, &r.Body)
	if err != nil {
		return nil, err
	}
	page, err := s.draftPage(q, d, &r.Body, of)
	if err != nil {
		return nil, err
	}
	page.Base = reportCrumbs(q, &r.Body, r.ID, frame.Crumb{Text: q.T("amend.crumb")})
	page.Title, page.Path = q.T("amend.title", stage.ReportName(q, &r.Body)), q.WS("/reports/"+r.ID+"/amend")
	page.Questions = questionsOf(&r.Body)
	return page, nil
}

// amendReport files the next version of a report, or shows what it would change.
func (s *pages) amendReport(q *frame.Request) (frame.Answer, error) {
	d, do, shaped, err := pressedDraft(q, true)
	switch {
	case err != nil:
		return frame.Answer{}, err
	case shaped:
		return s.amendAgain(q, http.StatusOK, d, nil)
	case do == "preview":
		return s.previewAmendment(q, d)
	case d.Failed():
		return s.amendAgain(q, http.StatusBadRequest, d, nil)
	}
	r, err := s.shows.AmendReport(q.Context(), q.Caller(), q.Var("report"), d.Version(), d.Get("reason"),
		d.input())
	switch {
	case isStale(err):
		return s.amendStale(q, d)
	case d.take(err):
		return s.amendAgain(q, d.Status(), d, nil)
	case err != nil:
		return frame.Answer{}, err
	}
	q.Flash("report.amended", "")
	return frame.Go(q.WS("/reports/" + r.ID + "/versions")), nil
}

func (s *pages) amendAgain(q *frame.Request, status int, d *DraftForm, preview *Preview) (frame.Answer, error) {
	r, err := s.report(q)
	if err != nil {
		return frame.Answer{}, err
	}
	return s.amendAnswer(q, status, r, d, preview)
}

// previewAmendment shows the difference. A reason is not needed for that.
func (s *pages) previewAmendment(q *frame.Request, d *DraftForm) (frame.Answer, error) {
	d.Forgive()
	r, changes, err := s.shows.PreviewAmendment(q.Context(), q.Caller(), q.Var("report"), d.input())
	if d.take(err) {
		return s.amendAgain(q, d.Status(), d, nil)
	}
	if err != nil {
		return frame.Answer{}, err
	}
	n, err := s.allNames(q)
	if err != nil {
		return frame.Answer{}, err
	}
	return s.amendAnswer(q, http.StatusOK, r, d, &Preview{n.inChanges(changes)})
}

// amendStale shows the current report beside what was entered. Filing again amends the current report.
func (s *pages) amendStale(q *frame.Request, d *DraftForm) (frame.Answer, error) {
	r, err := s.report(q)
	if err != nil {
		return frame.Answer{}, err
	}
	n, err := s.memberNames(q, &r.Body)
	if err != nil {
		return frame.Answer{}, err
	}
	d.Set("version", versionText(r.Version))
	d.adopt(&r.Body)
	page, err := s.amendPage(q, r, d)
	if err != nil {
		return frame.Answer{}, err
	}
	page.Conflict = &Conflict{Report: reportView(q, &r.Body, n), At: frame.LocalWhen(r.Updated, r.Body.Zone, "15:04"),
		Path: q.WS("/reports/" + r.ID + "/amend")}
	return frame.ShowAs(http.StatusConflict, page), nil
}
