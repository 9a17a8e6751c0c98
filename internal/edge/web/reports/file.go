package reports

import (
	"errors"
	"maps"
	"net/http"
	"slices"

	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/edge/web/stage"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/product/shows"
)

// showCheck shows a draft as it will be filed, and asks about what looks like a mistake.
func (s *pages) showCheck(q *frame.Request) (frame.Answer, error) {
	return s.checkAnswer(q, http.StatusOK)
}

func (s *pages) checkAnswer(q *frame.Request, status int) (frame.Answer, error) {
	r, err := s.report(q)
	if err != nil {
		return frame.Answer{}, err
	}
	if !r.Body.Allows(q.Caller()).File {
		return frame.Go(q.WS("/reports/" + r.ID)), nil
	}
	if err := r.Body.CheckForFiling(); err != nil {
		return s.notReady(q, r.ID, http.StatusConflict, err)
	}
	n, err := s.memberNames(q, &r.Body)
	if err != nil {
		return frame.Answer{}, err
	}
	page := &CheckPage{
		Base: reportCrumbs(q, &r.Body, r.ID, frame.Crumb{Text: q.T("check.crumb")}), Heading: r.Body.Heading(),
		Path: q.WS("/reports/" + r.ID), Version: r.Version,
		Report: reportView(q, &r.Body, n), Warnings: warningsOf(q, &r.Body), Readers: readersOf(q, &r.Body, n),
	}
	others, err := s.othersAbout(q, r.ID, &r.Body)
	if err != nil {
		return frame.Answer{}, err
	}
	page.Warnings = append(others, page.Warnings...)
	asked := s.shows.FilingDoubts(q.Context(), q.Caller(), r)
	if page.ask(asked); asked != nil && page.Confirm == "" {
		return frame.Answer{}, asked
	}
	return frame.ShowAs(status, page), nil
}

// ask puts questions on the page, and the value of the tick box that confirms them.
func (p *CheckPage) ask(err error) {
	p.Confirm = model.ConfirmOf(err)
	texts := model.FieldTexts(err)
	for _, field := range slices.Sorted(maps.Keys(texts)) {
		p.Asks = append(p.Asks, texts[field])
	}
}

// fileReport files the version that was checked. Sending the form twice files it once.
func (s *pages) fileReport(q *frame.Request) (frame.Answer, error) {
	version, err := postedVersion(q)
	if err != nil {
		return frame.Answer{}, err
	}
	id := q.Var("report")
	r, err := s.shows.FileConfirmed(q.Context(), q.Caller(), id, version, q.PostForm.Get("confirm"))
	switch {
	case errors.Is(err, model.ErrDoubtful):
		return s.checkAnswer(q, http.StatusConflict)
	case isStale(err):
		q.Flash("draft.moved", "")
		return frame.Go(q.WS("/reports/" + id + "/check")), nil
	case err != nil && len(model.FieldTexts(err)) > 0:
		return s.notReady(q, id, http.StatusBadRequest, err)
	case err != nil:
		return frame.Answer{}, err
	}
	return frame.Go(q.WS("/reports/" + r.ID + "/filed")), nil
}

// notReady shows the form again, with what must be corrected before the report can be filed.
func (s *pages) notReady(q *frame.Request, id string, status int, problem error) (frame.Answer, error) {
	r, of, err := s.reportAndProduction(q)
	if err != nil {
		return frame.Answer{}, err
	}
	d := draftOf(q, &r.Body, r.Version, false)
	d.take(problem)
	return s.draftAnswer(q, status, id, d, &r.Body, of, nil)
}

// showFiled confirms that a report was filed.
func (s *pages) showFiled(q *frame.Request) (frame.Answer, error) {
	r, err := s.report(q)
	if err != nil {
		return frame.Answer{}, err
	}
	if r.Body.State == shows.Draft {
		return frame.Go(q.WS("/reports/" + r.ID)), nil
	}
	at := frame.LocalWhen(r.Body.FiledAt, r.Body.Zone, "15:04").Text
	return frame.Show(&FiledPage{
		Base: reportCrumbs(q, &r.Body, r.ID, frame.Crumb{Text: q.T("filed.crumb")}), Title: q.T("filed.title",
			stage.ReportName(q, &r.Body)),
		Lead: q.T("filed.lead", r.Body.ProductionTitle, at), Path: q.WS("/reports/" + r.ID), Hash: r.Body.Hash,
	}), nil
}
