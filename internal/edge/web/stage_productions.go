package web

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/product/shows"
)

const productionRows = 50

var productionForm = FormSpec{
	{Name: "title", Kind: kindText, Label: "production.title", Max: 200},
	{Name: "company", Kind: kindText, Label: "production.company", Max: 200, Optional: true},
	{Name: "venue", Kind: kindText, Label: "production.venue", Max: 200, Optional: true},
	{Name: "city", Kind: kindText, Label: "production.city", Max: 100, Optional: true, Width: "medium"},
	{Name: "zone", Kind: kindText, Label: "production.zone", Hint: "production.zone-hint", Max: 64, Width: "medium",
		Plain: true, Zone: true},
	{Name: "first_day", Kind: kindDate, Label: "production.first-day", Optional: true, Width: "medium"},
	{Name: "last_day", Kind: kindDate, Label: "production.last-day", Optional: true, Width: "medium"},
	{Name: "departments", Kind: kindArea, Label: "production.departments", Hint: "production.departments-hint",
		Max: 3500, Rows: 8, Optional: true},
	fieldVersion, fieldID,
}

// fieldID carries the id of what a form makes, so that a form sent twice makes one thing.
var fieldID = FieldSpec{Name: "id", Kind: kindHidden, Max: 64, Optional: true}

// fieldComing is asked for when the zone of a production changes that has performances to come.
var fieldComing = FieldSpec{Name: "coming", Kind: kindRadio, Label: "production.coming", Optional: true}

// fieldVersion carries the version that a form was made of.
var fieldVersion = FieldSpec{Name: "version", Kind: kindHidden, Max: 20, Optional: true}

// version is what the form was made of; 0 means any.
func (f *Form) version() int64 {
	n, _ := strconv.ParseInt(f.Get("version"), 10, 64)
	return n
}

func (s *Site) showProductions(q *Request) (Answer, error) {
	cursor := q.URL.Query().Get("cursor")
	list, err := s.opts.Services.Stage.Productions(q.Context(), q.Caller(), shows.ListInput{Limit: productionRows,
		Cursor: cursor})
	if err != nil {
		return Answer{}, err
	}
	page := &ProductionsPage{Base: Base{Section: "productions"}, Pager: pager(q, list.Next)}
	page.fill(q)
	page.Empty = Empty{Icon: "theater", Title: q.T("productions.none"), Why: q.T("productions.none-why")}
	if page.May(access.ProductionCreate) {
		page.Empty.Why, page.Empty.Path, page.Empty.Action = q.T("productions.none-plan"), q.WS("/productions/new"),
			q.T("productions.new")
	}
	for _, r := range list.Records {
		page.Rows = append(page.Rows, ProductionRow{
			Path: q.WS("/productions/" + r.ID), Title: r.Body.Title, Venue: venueLine(&r.Body),
			Run: runLine(q, &r.Body),
		})
	}
	return Show(page), nil
}

// pager leads through a list by the cursor in the address; all other filters stay.
func pager(q *Request, next string) Pager {
	p := Pager{}
	values := q.URL.Query()
	if values.Get("cursor") != "" {
		values.Del("cursor")
		p.First = q.URL.Path + "?" + values.Encode()
	}
	if next != "" {
		values.Set("cursor", next)
		p.Next = q.URL.Path + "?" + values.Encode()
	}
	return p
}

func venueLine(p *shows.Production) string {
	return strings.Join(nonEmpty(p.Venue.Name, p.Venue.City), ", ")
}

func nonEmpty(texts ...string) []string {
	var kept []string
	for _, t := range texts {
		if t != "" {
			kept = append(kept, t)
		}
	}
	return kept
}

// runLine is when a production plays, as far as that is known.
func runLine(q *Request, p *shows.Production) string {
	first, last := dayText(p.FirstDay), dayText(p.LastDay)
	switch {
	case first != "" && last != "" && first != last:
		return q.T("production.run", first, last)
	case first != "":
		return first
	}
	return last
}

// dayText is a stored date as "14 Mar 2026", or "" if there is none.
func dayText(day string) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return ""
	}
	return t.Format("2 Jan 2006")
}

func productionCrumbs(q *Request, id, title string, more ...Crumb) Base {
	b := Base{Section: "productions", Crumbs: []Crumb{{q.T("nav.productions"), q.WS("/productions")}}}
	if id != "" {
		b.Crumbs = append(b.Crumbs, Crumb{title, q.WS("/productions/" + id)})
	}
	b.Crumbs = append(b.Crumbs, more...)
	return b
}

func newProductionPage(q *Request, f *Form) *FormPage {
	title := q.T("productions.new")
	return &FormPage{
		Base: productionCrumbs(q, "", "", Crumb{Text: title}), Title: title, Lead: q.T("production.new-lead"), Form: f,
		Action: q.WS("/productions"), Submit: q.T("production.create"), Cancel: q.WS("/productions"),
	}
}

func (s *Site) showNewProduction(q *Request) (Answer, error) {
	f := productionForm.Blank(q, map[string]string{
		"id": newRecordID(), "zone": q.Visit.Place.Zone.String(),
		"departments": strings.Join(shows.DefaultDepartments(), "\n"),
	})
	return Show(newProductionPage(q, f)), nil
}

func productionInput(f *Form) shows.ProductionInput {
	in := shows.ProductionInput{
		Title: given(f, "title"), Company: given(f, "company"), VenueName: given(f, "venue"), City: given(f, "city"),
		Zone: given(f, "zone"), FirstDay: given(f, "first_day"), LastDay: given(f, "last_day"), Departments: []string{},
	}
	for line := range strings.SplitSeq(f.Get("departments"), "\n") {
		in.Departments = append(in.Departments, strings.TrimSpace(line))
	}
	return in
}

// given is what a field holds, for inputs of which nil stays as it is.
func given(f *Form, name string) *string {
	v := f.Get(name)
	return &v
}

func (s *Site) createProduction(q *Request) (Answer, error) {
	f, err := productionForm.Read(q, nil)
	if err != nil {
		return Answer{}, err
	}
	if f.Failed() {
		return f.Again(newProductionPage(q, f)), nil
	}
	in := productionInput(f)
	in.ID = chosenID(f)
	r, err := s.opts.Services.Stage.CreateProduction(q.Context(), q.Caller(), in)
	switch {
	case f.Take(err):
		return f.Again(newProductionPage(q, f)), nil
	case err != nil:
		return Answer{}, err
	}
	q.Flash("production.made", "")
	return Go(q.WS("/productions/" + r.ID)), nil
}

// editProductionForm asks what becomes of performances to come once the zone changes, and not before.
var editProductionForm = append(slices.Clone(productionForm), fieldComing)

func comingOptions(q *Request) map[string][]Option {
	list := []Option{
		{Value: string(shows.KeepClock), Text: q.T("production.coming-clock")},
		{Value: string(shows.KeepInstant), Text: q.T("production.coming-instant")},
		{Value: string(shows.KeepAll), Text: q.T("production.coming-as-is")},
	}
	return map[string][]Option{"coming": list}
}

func editProductionPage(q *Request, id, title string, f *Form) *FormPage {
	if coming := f.Field("coming"); coming != nil && coming.Error == "" && coming.Value == "" {
		f.Fields = slices.DeleteFunc(f.Fields, func(field *Field) bool { return field == coming })
	}
	return &FormPage{
		Base: productionCrumbs(q, id, title, Crumb{Text: q.T("stage.edit")}), Title: q.T("production.edit-title",
			title), Form: f,
		Action: q.WS("/productions/" + id + "/edit"), Submit: q.T("form.save"), Cancel: q.WS("/productions/" + id),
	}
}

func (s *Site) showEditProduction(q *Request) (Answer, error) {
	r, err := s.opts.Services.Stage.Production(q.Context(), q.Caller(), q.Var("production"))
	if err != nil {
		return Answer{}, err
	}
	p := r.Body
	f := productionForm.Blank(q, map[string]string{
		"title": p.Title, "company": p.Company, "venue": p.Venue.Name, "city": p.Venue.City, "zone": p.Venue.Zone,
		"first_day": p.FirstDay, "last_day": p.LastDay, "departments": strings.Join(p.Departments, "\n"),
		"version": strconv.FormatInt(r.Version, 10),
	})
	return Show(editProductionPage(q, r.ID, p.Title, f)), nil
}

func (s *Site) editProduction(q *Request) (Answer, error) {
	f, err := editProductionForm.Read(q, comingOptions(q))
	if err != nil {
		return Answer{}, err
	}
	id := q.Var("production")
	if f.Failed() {
		if _, err := s.opts.Services.Stage.Production(q.Context(), q.Caller(), id); err != nil {
			return Answer{}, err // what is not there is not there, whatever was typed
		}
		return f.Again(editProductionPage(q, id, f.Get("title"), f)), nil
	}
	in := productionInput(f)
	in.Coming = shows.Coming(f.Get("coming"))
	_, err = s.opts.Services.Stage.UpdateProduction(q.Context(), q.Caller(), id, f.version(), in)
	switch {
	case f.Take(err):
		return f.Again(editProductionPage(q, id, f.Get("title"), f)), nil
	case err != nil:
		return Answer{}, err
	}
	q.Flash("saved", "")
	return Go(q.WS("/productions/" + id)), nil
}

func (s *Site) trashProduction(q *Request) (Answer, error) {
	r, err := s.opts.Services.Stage.TrashProduction(q.Context(), q.Caller(), q.Var("production"), 0)
	if err != nil {
		return Answer{}, err
	}
	q.Flash("production.trashed", r.ID)
	return Go(q.WS("/productions")), nil
}

func (s *Site) restoreProduction(q *Request) (Answer, error) {
	r, err := s.opts.Services.Stage.RestoreProduction(q.Context(), q.Caller(), q.Var("production"))
	if err != nil {
		return Answer{}, err
	}
	q.Flash("restored", "")
	return Go(q.WS("/productions/" + r.ID)), nil
}
