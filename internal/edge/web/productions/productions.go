package productions

import (
	"slices"
	"strconv"
	"strings"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/edge/web/stage"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/product/shows"
)

const productionRows = 50

var productionForm = frame.FormSpec{
	{Name: "title", Kind: frame.KindText, Label: "production.title", Max: 200},
	{Name: "company", Kind: frame.KindText, Label: "production.company", Max: 200, Optional: true},
	{Name: "venue", Kind: frame.KindText, Label: "production.venue", Max: 200, Optional: true},
	{Name: "city", Kind: frame.KindText, Label: "production.city", Max: 100, Optional: true, Width: "medium"},
	{Name: "zone", Kind: frame.KindText, Label: "production.zone", Hint: "production.zone-hint", Max: 64,
		Width: "medium",
		Plain: true, Zone: true},
	{Name: "first_day", Kind: frame.KindDate, Label: "production.first-day", Optional: true, Width: "medium"},
	{Name: "last_day", Kind: frame.KindDate, Label: "production.last-day", Optional: true, Width: "medium"},
	{Name: "departments", Kind: frame.KindArea, Label: "production.departments", Hint: "production.departments-hint",
		Max: 3500, Rows: 8, Optional: true},
	frame.FieldVersion, frame.FieldID,
}

// fieldComing is shown when the time zone of a production with upcoming performances changes.
var fieldComing = frame.FieldSpec{Name: "coming", Kind: frame.KindRadio, Label: "production.coming", Optional: true}

func (s *pages) showProductions(q *frame.Request) (frame.Answer, error) {
	cursor := q.URL.Query().Get("cursor")
	list, err := s.shows.Productions(q.Context(), q.Caller(), shows.ListInput{Limit: productionRows,
		Cursor: cursor})
	if err != nil {
		return frame.Answer{}, err
	}
	page := &ProductionsPage{Base: frame.Base{Section: "productions"}, Pager: frame.NewPager(q, list.Next)}
	page.Fill(q)
	page.Empty = frame.Empty{Icon: "theater", Title: q.T("productions.none"), Why: q.T("productions.none-why")}
	if page.May(access.ProductionCreate) {
		page.Empty.Why, page.Empty.Path, page.Empty.Action = q.T("productions.none-plan"), q.WS("/productions/new"),
			q.T("productions.new")
	}
	for _, r := range list.Records {
		page.Rows = append(page.Rows, ProductionRow{
			Path: q.WS("/productions/" + r.ID), Title: r.Body.Title, Venue: stage.VenueLine(&r.Body),
			Run: runLine(q, &r.Body),
		})
	}
	return frame.Show(page), nil
}

// runLine is when a production plays, as far as that is known.
func runLine(q *frame.Request, p *shows.Production) string {
	first, last := frame.DayText(p.FirstDay), frame.DayText(p.LastDay)
	switch {
	case first != "" && last != "" && first != last:
		return q.T("production.run", first, last)
	case first != "":
		return first
	}
	return last
}

func productionCrumbs(q *frame.Request, id, title string, more ...frame.Crumb) frame.Base {
	b := frame.Base{Section: "productions", Crumbs: []frame.Crumb{{Text: q.T("nav.productions"),
		Path: q.WS("/productions")}}}
	if id != "" {
		b.Crumbs = append(b.Crumbs, frame.Crumb{Text: title, Path: q.WS("/productions/" + id)})
	}
	b.Crumbs = append(b.Crumbs, more...)
	return b
}

func newProductionPage(q *frame.Request, f *frame.Form) *frame.FormPage {
	title := q.T("productions.new")
	return &frame.FormPage{
		Base: productionCrumbs(q, "", "", frame.Crumb{Text: title}), Title: title, Lead: q.T("production.new-lead"),
		Form:   f,
		Action: q.WS("/productions"), Submit: q.T("production.create"), Cancel: q.WS("/productions"),
	}
}

func (s *pages) showNewProduction(q *frame.Request) (frame.Answer, error) {
	f := productionForm.Blank(q, map[string]string{
		"id": model.NewID(), "zone": q.Place.Zone.String(),
		"departments": strings.Join(shows.DefaultDepartments(), "\n"),
	})
	return frame.Show(newProductionPage(q, f)), nil
}

func productionInput(f *frame.Form) shows.ProductionInput {
	in := shows.ProductionInput{
		Title: f.Given("title"), Company: f.Given("company"), VenueName: f.Given("venue"), City: f.Given("city"),
		Zone: f.Given("zone"), FirstDay: f.Given("first_day"), LastDay: f.Given("last_day"), Departments: []string{},
	}
	for line := range strings.SplitSeq(f.Get("departments"), "\n") {
		in.Departments = append(in.Departments, strings.TrimSpace(line))
	}
	return in
}

func (s *pages) createProduction(q *frame.Request) (frame.Answer, error) {
	f, err := productionForm.Read(q, nil)
	if err != nil {
		return frame.Answer{}, err
	}
	if f.Failed() {
		return f.Again(newProductionPage(q, f)), nil
	}
	in := productionInput(f)
	in.ID = f.ChosenID()
	r, err := s.shows.CreateProduction(q.Context(), q.Caller(), in)
	switch {
	case f.Take(err):
		return f.Again(newProductionPage(q, f)), nil
	case err != nil:
		return frame.Answer{}, err
	}
	q.Flash("production.made", "")
	return frame.Go(q.WS("/productions/" + r.ID)), nil
}

// editProductionForm asks what happens to upcoming performances only if the time zone changes.
var editProductionForm = append(slices.Clone(productionForm), fieldComing)

func comingOptions(q *frame.Request) map[string][]frame.Option {
	list := []frame.Option{
		{Value: string(shows.KeepClock), Text: q.T("production.coming-clock")},
		{Value: string(shows.KeepInstant), Text: q.T("production.coming-instant")},
		{Value: string(shows.KeepAll), Text: q.T("production.coming-as-is")},
	}
	return map[string][]frame.Option{"coming": list}
}

func editProductionPage(q *frame.Request, id, title string, f *frame.Form) *frame.FormPage {
	if coming := f.Field("coming"); coming != nil && coming.Error == "" && coming.Value == "" {
		f.Fields = slices.DeleteFunc(f.Fields, func(field *frame.Field) bool { return field == coming })
	}
	return &frame.FormPage{
		Base: productionCrumbs(q, id, title, frame.Crumb{Text: q.T("stage.edit")}), Title: q.T("production.edit-title",
			title), Form: f,
		Action: q.WS("/productions/" + id + "/edit"), Submit: q.T("form.save"), Cancel: q.WS("/productions/" + id),
	}
}

func (s *pages) showEditProduction(q *frame.Request) (frame.Answer, error) {
	r, err := s.shows.Production(q.Context(), q.Caller(), q.Var("production"))
	if err != nil {
		return frame.Answer{}, err
	}
	p := r.Body
	f := productionForm.Blank(q, map[string]string{
		"title": p.Title, "company": p.Company, "venue": p.Venue.Name, "city": p.Venue.City, "zone": p.Venue.Zone,
		"first_day": p.FirstDay, "last_day": p.LastDay, "departments": strings.Join(p.Departments, "\n"),
		"version": strconv.FormatInt(r.Version, 10),
	})
	return frame.Show(editProductionPage(q, r.ID, p.Title, f)), nil
}

func (s *pages) editProduction(q *frame.Request) (frame.Answer, error) {
	f, err := editProductionForm.Read(q, comingOptions(q))
	if err != nil {
		return frame.Answer{}, err
	}
	id := q.Var("production")
	if f.Failed() {
		if _, err := s.shows.Production(q.Context(), q.Caller(), id); err != nil {
			return frame.Answer{}, err // a missing production is a 404, whatever was typed
		}
		return f.Again(editProductionPage(q, id, f.Get("title"), f)), nil
	}
	in := productionInput(f)
	in.Coming = shows.Coming(f.Get("coming"))
	_, err = s.shows.UpdateProduction(q.Context(), q.Caller(), id, f.Version(), in)
	switch {
	case f.Take(err):
		return f.Again(editProductionPage(q, id, f.Get("title"), f)), nil
	case err != nil:
		return frame.Answer{}, err
	}
	q.Flash("saved", "")
	return frame.Go(q.WS("/productions/" + id)), nil
}

func (s *pages) trashProduction(q *frame.Request) (frame.Answer, error) {
	r, err := s.shows.TrashProduction(q.Context(), q.Caller(), q.Var("production"), 0)
	if err != nil {
		return frame.Answer{}, err
	}
	q.Flash("production.trashed", r.ID)
	return frame.Go(q.WS("/productions")), nil
}

func (s *pages) restoreProduction(q *frame.Request) (frame.Answer, error) {
	r, err := s.shows.RestoreProduction(q.Context(), q.Caller(), q.Var("production"))
	if err != nil {
		return frame.Answer{}, err
	}
	q.Flash("restored", "")
	return frame.Go(q.WS("/productions/" + r.ID)), nil
}
