package reports

import (
	"context"
	"errors"
	"net/http"
	"slices"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/shows"
)

// editReport saves a draft, and continues with what the pressed button says. Buttons that add or remove lines do not
// save.
func (s *pages) editReport(q *frame.Request) (frame.Answer, error) {
	id, err := draftID(q)
	if err != nil {
		return frame.Answer{}, err
	}
	d, do, shaped, err := pressedDraft(q, false)
	switch {
	case err != nil:
		return frame.Answer{}, err
	case shaped:
		return s.draftAgain(q, http.StatusOK, id, d)
	case do == "nothing" && d.Get("text") == "":
		d.Set("text", q.T("draft.nothing-text"))
	}
	if len(d.left) > 0 {
		return s.draftAgain(q, http.StatusBadRequest, id, d)
	}
	r, err := s.saveDraft(q, id, d, s.shows.SaveWholeDraft)
	switch {
	case isStale(err):
		return s.showConflict(q, id, d)
	case d.take(err):
		return s.draftAgain(q, d.Status(), id, d)
	case err != nil:
		return frame.Answer{}, err
	}
	unread := d.saved(r)
	switch {
	case slices.ContainsFunc(unread, unreadField.lost):
		return s.draftAgain(q, http.StatusBadRequest, id, d)
	case len(unread) > 0:
		q.Flash("draft.unread", "")
		return frame.Go(q.WS("/reports/" + r.ID + "/edit")), nil
	}
	return draftSaved(q, r.ID, do), nil
}

func draftSaved(q *frame.Request, id, do string) frame.Answer {
	switch do {
	case "check", "nothing":
		return frame.Go(q.WS("/reports/" + id + "/check"))
	case "go-on":
		return frame.Go(q.WS("/reports/" + id + "/edit"))
	}
	q.Flash("draft.saved", "")
	return frame.Go(q.WS("/"))
}

type saving = func(context.Context, access.Caller, string, int64, shows.ReportInput) (records.Record[shows.Report],
	error)

// saveDraft creates or changes the draft, and stores texts that cannot be parsed as they were typed. A form that is
// sent twice, or that the page's script has saved already, is saved once: the same content is not a conflict.
func (s *pages) saveDraft(q *frame.Request, id string, d *DraftForm, save saving) (records.Record[shows.Report],
	error) {
	version, in := d.Version(), d.input()
	if version == 0 {
		in.Production, in.Performance = d.Given("production"), d.Given("performance")
		if kind := d.Get("type"); kind != "" {
			in.Type = &kind
		}
	}
	r, err := save(q.Context(), q.Caller(), id, version, in)
	if version == 0 && errors.Is(err, model.ErrConflict) {
		err = &model.Error{Kind: model.ErrStale, Cause: err}
	}
	if !isStale(err) {
		return r, err
	}
	now, readErr := s.shows.Report(q.Context(), q.Caller(), id)
	if readErr != nil {
		return r, readErr
	}
	if now.Body.State != shows.Draft {
		return r, model.Conflict("%s", q.T("draft.filed-already"))
	}
	if now.Body.Same(d.input(), draftOf(q, &now.Body, now.Version, false).input()) {
		return now, nil
	}
	return r, err
}

// autosaveReport is the same for the script of the page. Its answer names the fields that could not be parsed, and
// those whose text was not stored.
func (s *pages) autosaveReport(q *frame.Request) (frame.Answer, error) {
	id, err := draftID(q)
	if err != nil {
		return frame.Answer{}, err
	}
	d, err := readDraft(q, false)
	if err != nil {
		return frame.Answer{}, err
	}
	r, err := s.saveDraft(q, id, d, s.shows.SaveDraft)
	switch {
	case isStale(err) || errors.Is(err, model.ErrConflict):
		return frame.JSON(http.StatusConflict, map[string]string{"error": "conflict"})
	case errors.Is(err, model.ErrInvalid) && d.take(err):
		return frame.JSON(http.StatusBadRequest, refusedDraft{d.Problem, d.named()})
	case err != nil:
		return frame.Answer{}, err
	}
	unread := append(d.saved(r), d.toComplete()...)
	return frame.JSON(http.StatusOK, savedDraft{r.Version, frame.LocalWhen(r.Updated, r.Body.Zone, "15:04").Text,
		unread,
		d.noteIDs()})
}

// draftAgain shows the form once more with everything that was entered.
func (s *pages) draftAgain(q *frame.Request, status int, id string, d *DraftForm) (frame.Answer, error) {
	if d.Version() == 0 {
		r, of, err := s.blankReport(q, d.Get("type"), d.Get("production"), d.Get("performance"))
		if err != nil {
			return frame.Answer{}, err
		}
		d.unsaved = d.Get("text") != "" || len(d.Notes) > 0
		return s.draftAnswer(q, status, id, d, r, of, nil)
	}
	r, of, err := s.reportAndProduction(q)
	if err != nil {
		return frame.Answer{}, err
	}
	d.unsaved = true
	return s.draftAnswer(q, status, id, d, &r.Body, of, nil)
}

// showConflict shows what was saved elsewhere beside what was entered here. Saving again stores what was entered here.
func (s *pages) showConflict(q *frame.Request, id string, d *DraftForm) (frame.Answer, error) {
	r, of, err := s.reportAndProduction(q)
	if err != nil {
		return frame.Answer{}, err
	}
	n, err := s.memberNames(q, &r.Body)
	if err != nil {
		return frame.Answer{}, err
	}
	d.Set("version", versionText(r.Version))
	d.adopt(&r.Body)
	conflict := &Conflict{Report: reportView(q, &r.Body, n), At: frame.LocalWhen(r.Updated, r.Body.Zone, "15:04"),
		Path: q.WS("/reports/" + id + "/edit")}
	return s.draftAnswer(q, http.StatusConflict, id, d, &r.Body, of, conflict)
}

// adopt removes the ids of notes that the other version no longer has, so that saving adds them as new notes.
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

// draftID is the id of the report in the address. A text that cannot be an id is answered like a missing report.
func draftID(q *frame.Request) (string, error) {
	id := q.Var("report")
	if !model.ValidID(id) {
		return "", model.ErrNotFound
	}
	return id, nil
}

// isStale reports whether an error means that the record was changed in the meantime.
func isStale(err error) bool { return errors.Is(err, model.ErrStale) }
