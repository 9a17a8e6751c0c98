package web

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/shows"
)

// editReport saves a draft, and goes on to what the pressed button says. Buttons that change the form's shape save
// nothing.
func (s *Site) editReport(q *Request) (Answer, error) {
	id, err := draftID(q)
	if err != nil {
		return Answer{}, err
	}
	d, do, shaped, err := pressedDraft(q, false)
	switch {
	case err != nil:
		return Answer{}, err
	case shaped:
		return s.draftAgain(q, http.StatusOK, id, d)
	case do == "nothing" && d.Get("text") == "":
		d.Set("text", q.T("draft.nothing-text"))
	}
	if len(d.left) > 0 {
		return s.draftAgain(q, http.StatusBadRequest, id, d)
	}
	r, err := s.saveDraft(q, id, d, s.opts.Services.Stage.SaveWholeDraft)
	switch {
	case isStale(err):
		return s.showConflict(q, id, d)
	case d.take(err):
		return s.draftAgain(q, d.status, id, d)
	case err != nil:
		return Answer{}, err
	}
	unread := d.saved(r)
	switch {
	case slices.ContainsFunc(unread, unreadField.lost):
		return s.draftAgain(q, http.StatusBadRequest, id, d)
	case len(unread) > 0:
		q.Flash("draft.unread", "")
		return Go(q.WS("/reports/" + r.ID + "/edit")), nil
	}
	return draftSaved(q, r.ID, do), nil
}

func draftSaved(q *Request, id, do string) Answer {
	switch do {
	case "check", "nothing":
		return Go(q.WS("/reports/" + id + "/check"))
	case "go-on":
		return Go(q.WS("/reports/" + id + "/edit"))
	}
	q.Flash("draft.saved", "")
	return Go(q.WS("/"))
}

type saving = func(context.Context, access.Caller, string, int64, shows.ReportInput) (records.Record[shows.Report],
	error)

// saveDraft begins the draft or changes it, and keeps what it cannot read as it was typed. A form that is sent twice,
// or that its own page saved in between, is saved once: what says the same is no conflict.
func (s *Site) saveDraft(q *Request, id string, d *DraftForm, save saving) (records.Record[shows.Report], error) {
	version, in := d.version(), d.input()
	if version == 0 {
		in.Production, in.Performance = given(d.Form, "production"), given(d.Form, "performance")
	}
	r, err := save(q.Context(), q.Caller(), id, version, in)
	if version == 0 && isConflict(err) {
		err = &model.Error{Kind: model.ErrStale, Cause: err}
	}
	if !isStale(err) {
		return r, err
	}
	now, readErr := s.opts.Services.Stage.Report(q.Context(), q.Caller(), id)
	if readErr != nil {
		return r, readErr
	}
	if now.Body.State != shows.Draft {
		return r, model.Conflict("%s", q.T("draft.filed-already"))
	}
	if d.same(draftOf(q, &now.Body, now.Version, false)) {
		return now, nil
	}
	return r, err
}

// autosaveReport is the same for the script of the page. Its answer names what could not be read, and what is not even
// kept.
func (s *Site) autosaveReport(q *Request) (Answer, error) {
	id, err := draftID(q)
	if err != nil {
		return Answer{}, err
	}
	d, err := readDraft(q, false)
	if err != nil {
		return Answer{}, err
	}
	r, err := s.saveDraft(q, id, d, s.opts.Services.Stage.SaveDraft)
	switch {
	case isStale(err) || isConflict(err):
		return JSON(http.StatusConflict, map[string]string{"error": "conflict"})
	case errors.Is(err, model.ErrInvalid) && d.take(err):
		return JSON(http.StatusBadRequest, refusedDraft{d.Problem, d.named()})
	case err != nil:
		return Answer{}, err
	}
	unread := append(d.saved(r), d.toComplete()...)
	return JSON(http.StatusOK, savedDraft{r.Version, localWhen(r.Updated, r.Body.Zone, "15:04").Text, unread,
		d.noteIDs()})
}

// draftAgain shows the form once more with everything that was entered.
func (s *Site) draftAgain(q *Request, status int, id string, d *DraftForm) (Answer, error) {
	if d.version() == 0 {
		r, of, err := s.blankReport(q, d.Get("production"), d.Get("performance"))
		if err != nil {
			return Answer{}, err
		}
		d.unsaved = d.Get("text") != "" || len(d.Notes) > 0
		return s.draftAnswer(q, status, id, d, r, of, nil)
	}
	r, of, err := s.reportAndProduction(q)
	if err != nil {
		return Answer{}, err
	}
	d.unsaved = true
	return s.draftAnswer(q, status, id, d, &r.Body, of, nil)
}

// showConflict shows what was saved elsewhere beside what was entered here. Nothing is lost: saving now keeps this one.
func (s *Site) showConflict(q *Request, id string, d *DraftForm) (Answer, error) {
	r, of, err := s.reportAndProduction(q)
	if err != nil {
		return Answer{}, err
	}
	n, err := s.memberNames(q, &r.Body)
	if err != nil {
		return Answer{}, err
	}
	d.Set("version", versionText(r.Version))
	d.adopt(&r.Body)
	conflict := &Conflict{Leaf: leaf(q, &r.Body, n), At: localWhen(r.Updated, r.Body.Zone, "15:04"),
		Path: q.WS("/reports/" + id + "/edit")}
	return s.draftAnswer(q, http.StatusConflict, id, d, &r.Body, of, conflict)
}

// adopt forgets the ids of notes that the other version does not have any more: kept, they become new notes.
func (d *DraftForm) adopt(now *shows.Report) {
	there := map[string]bool{}
	for _, s := range now.Sections {
		there[s.ID] = true
	}
	for i := range d.Notes {
		if !there[d.Notes[i].ID] {
			d.Notes[i].ID = ""
		}
	}
}

// showCheck shows a draft as it will be filed, and asks about what looks like a slip.
func (s *Site) showCheck(q *Request) (Answer, error) { return s.checkAnswer(q, http.StatusOK) }

func (s *Site) checkAnswer(q *Request, status int) (Answer, error) {
	r, err := s.report(q)
	if err != nil {
		return Answer{}, err
	}
	if !r.Body.Allows(q.Caller()).File {
		return Go(q.WS("/reports/" + r.ID)), nil
	}
	if err := r.Body.Unfit(); err != nil {
		return s.unfit(q, r.ID, http.StatusConflict, err)
	}
	n, err := s.memberNames(q, &r.Body)
	if err != nil {
		return Answer{}, err
	}
	page := &CheckPage{
		Base: reportCrumbs(q, &r.Body, r.ID, Crumb{Text: q.T("check.crumb")}), Heading: r.Body.Heading(),
		Path: q.WS("/reports/" + r.ID), Version: r.Version,
		Leaf: leaf(q, &r.Body, n), Warnings: warningsOf(q, &r.Body), Readers: readersOf(q, &r.Body, n),
	}
	others, err := s.othersAbout(q, r.ID, &r.Body)
	if err != nil {
		return Answer{}, err
	}
	page.Warnings = append(others, page.Warnings...)
	asked := s.opts.Services.Stage.FilingDoubts(q.Context(), q.Caller(), r)
	if page.ask(asked); asked != nil && page.Confirm == "" {
		return Answer{}, asked
	}
	return ShowAs(status, page), nil
}

// ask puts questions on the page, and what a tick beside them sends back.
func (p *CheckPage) ask(err error) {
	p.Confirm = model.ConfirmOf(err)
	texts := model.FieldTexts(err)
	for _, field := range slices.Sorted(maps.Keys(texts)) {
		p.Asks = append(p.Asks, texts[field])
	}
}

// fileReport files the version that was checked. Twice is once.
func (s *Site) fileReport(q *Request) (Answer, error) {
	version, err := postedVersion(q)
	if err != nil {
		return Answer{}, err
	}
	id := q.Var("report")
	r, err := s.opts.Services.Stage.FileConfirmed(q.Context(), q.Caller(), id, version, q.PostForm.Get("confirm"))
	switch {
	case errors.Is(err, model.ErrDoubtful):
		return s.checkAnswer(q, http.StatusConflict)
	case isStale(err):
		q.Flash("draft.moved", "")
		return Go(q.WS("/reports/" + id + "/check")), nil
	case err != nil && len(model.FieldTexts(err)) > 0:
		return s.unfit(q, id, http.StatusBadRequest, err)
	case err != nil:
		return Answer{}, err
	}
	return Go(q.WS("/reports/" + r.ID + "/filed")), nil
}

// unfit leads back to the form with what has to be put right before the report can be filed.
func (s *Site) unfit(q *Request, id string, status int, problem error) (Answer, error) {
	r, of, err := s.reportAndProduction(q)
	if err != nil {
		return Answer{}, err
	}
	d := draftOf(q, &r.Body, r.Version, false)
	d.take(problem)
	return s.draftAnswer(q, status, id, d, &r.Body, of, nil)
}

// showFiled says that it is done.
func (s *Site) showFiled(q *Request) (Answer, error) {
	r, err := s.report(q)
	if err != nil {
		return Answer{}, err
	}
	if r.Body.State == shows.Draft {
		return Go(q.WS("/reports/" + r.ID)), nil
	}
	at := localWhen(r.Body.FiledAt, r.Body.Zone, "15:04").Text
	return Show(&FiledPage{
		Base: reportCrumbs(q, &r.Body, r.ID, Crumb{Text: q.T("filed.crumb")}), Title: q.T("filed.title",
			reportName(q, &r.Body)),
		Lead: q.T("filed.lead", r.Body.ProductionTitle, at), Path: q.WS("/reports/" + r.ID), Hash: r.Body.Hash,
	}), nil
}
