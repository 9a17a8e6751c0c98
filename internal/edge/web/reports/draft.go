package reports

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/edge/web/stage"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/shows"
	"github.com/tinyoperahouse/toh/internal/product/wallclock"
)

// showNewReport shows an empty form about a performance or a production, or asks which. If the caller has a draft about
// the performance, it redirects to that. Nothing is stored until something has been written.
func (s *pages) showNewReport(q *frame.Request) (frame.Answer, error) {
	asked := q.URL.Query()
	performance, production, kind := asked.Get("performance"), asked.Get("production"), asked.Get("type")
	if performance == "" && production == "" {
		return s.showStart(q)
	}
	if performance != "" {
		draft, err := s.ownDraft(q, performance, kind)
		if err != nil || draft != "" {
			return frame.Go(q.WS("/reports/" + draft + "/edit")), err
		}
	}
	r, of, err := s.blankReport(q, kind, production, performance)
	if err != nil {
		return frame.Answer{}, err
	}
	return s.draftAnswer(q, http.StatusOK, model.NewID(), draftOf(q, r, 0, false), r, of, nil)
}

// ownDraft is the caller's draft of a type about a performance, "" if there is none.
func (s *pages) ownDraft(q *frame.Request, performance, kind string) (string, error) {
	list, err := s.shows.Reports(q.Context(), q.Caller(), shows.ReportList{Performance: performance,
		State: shows.Draft, Author: q.Caller().Account, Limit: manyDrafts})
	if err != nil {
		return "", err
	}
	for _, r := range list.Records {
		if r.Body.Type == typeOr(kind).Key {
			return r.ID, nil
		}
	}
	return "", nil
}

// manyDrafts is more drafts than one person has about one performance.
const manyDrafts = 20

// typeOr returns the type with a key, or the first type.
func typeOr(key string) shows.ReportType {
	if kind, ok := shows.TypeOf(key); ok {
		return kind
	}
	return shows.ReportTypes[0]
}

// blankReport is what a report about a performance or a production starts with. It is not stored.
func (s *pages) blankReport(q *frame.Request, key, production, performance string) (*shows.Report,
	records.Record[shows.Production], error) {
	kind := typeOr(key)
	r := &shows.Report{Type: kind.Key, State: shows.Draft, Production: production,
		Author: shows.Person{ID: q.Caller().Account}, Audience: access.Audience{Level: kind.Audience}}
	var night records.Record[shows.Performance]
	var err error
	if performance != "" {
		if night, err = s.shows.Performance(q.Context(), q.Caller(), performance); err != nil {
			return nil, records.Record[shows.Production]{}, err
		}
		r.Production = night.Body.Production
	}
	of, err := s.shows.Production(q.Context(), q.Caller(), r.Production)
	if err != nil {
		return nil, of, err
	}
	r.ProductionTitle, r.Zone = of.Body.Title, of.Body.Venue.Zone
	if performance != "" {
		r.Performance, r.PerformanceLabel = performance, shows.PerformanceLabelOf(&night.Body)
		r.Zone, r.Start, r.Day = night.Body.Zone, night.Body.Start, night.Body.Day
		if kind.Evening {
			r.Times = planned(&night.Body)
		}
		return r, of, nil
	}
	if zone, err := wallclock.LoadZone(r.Zone); err == nil {
		r.Day = q.Now().In(zone).Format(time.DateOnly)
	}
	return r, of, nil
}

// planned are the moments that the schedule knows.
func planned(p *shows.Performance) []shows.Stamp {
	acts := 2
	if len(p.Intervals) > 0 {
		acts = len(p.Intervals) + 1
	}
	list := []shows.Stamp{{Event: shows.ActUp, N: 1, Scheduled: p.Start}}
	if !p.HouseOpen.IsZero() {
		list = append(list, shows.Stamp{Event: "house-open", Scheduled: p.HouseOpen})
	}
	for n := 2; n <= acts; n++ {
		list = append(list, shows.Stamp{Event: shows.ActUp, N: n})
	}
	return list
}

// showStart asks what the report is about: the latest performances and tonight's, and the productions.
func (s *pages) showStart(q *frame.Request) (frame.Answer, error) {
	page := &StartPage{Base: frame.Base{Section: "reports",
		Crumbs: []frame.Crumb{{Text: q.T("nav.reports"), Path: q.WS("/reports")},
			{Text: q.T("report.start")}}}}
	page.Fill(q)
	kind := typeOr(q.URL.Query().Get("type"))
	page.Kind, page.Kinds = kind, typeTabs(q, "", kind)
	list, err := s.shows.Productions(q.Context(), q.Caller(), shows.ListInput{Limit: offeredProductions,
		Cursor: q.URL.Query().Get("cursor")})
	if err != nil {
		return frame.Answer{}, err
	}
	page.Pager = frame.NewPager(q, list.Next)
	var performances []shows.Playing
	if page.Pager.First == "" { // further pages are of productions only
		performances, err = s.shows.PerformancesBetween(q.Context(), q.Caller(), q.Now().AddDate(0, 0, -7),
			q.Now().Add(24*time.Hour), stage.MostPerformances)
	}
	if err != nil {
		return frame.Answer{}, err
	}
	for _, p := range slices.Backward(performances) {
		if p.Performance.Body.Status != shows.Cancelled {
			page.Performances = append(page.Performances, StartRow{
				Path: newPath(q, kind, "performance", p.Performance.ID), Title: p.Production.Body.Title,
				Meta: shows.PerformanceLabelOf(&p.Performance.Body),
			})
		}
	}
	for _, p := range list.Records {
		page.Productions = append(page.Productions, StartRow{Path: newPath(q, kind, "production", p.ID),
			Title: p.Body.Title, Meta: stage.VenueLine(&p.Body)})
	}
	page.Empty = frame.Empty{Icon: "theater", Title: q.T("start.none"), Why: q.T("start.none-why")}
	if page.May(access.ProductionCreate) {
		page.Empty.Why, page.Empty.Path, page.Empty.Action = q.T("productions.none-plan"), q.WS("/productions/new"),
			q.T("productions.new")
	}
	return frame.Show(page), nil
}

// newPath is the path of the form for a new report of a type.
func newPath(q *frame.Request, kind shows.ReportType, about, id string) string {
	values := url.Values{"type": {kind.Key}}
	if about != "" {
		values.Set(about, id)
	}
	return q.WS("/reports/new?" + values.Encode())
}

// typeTabs lead to the same page for each type of report.
func typeTabs(q *frame.Request, about string, current shows.ReportType) []frame.Tab {
	var tabs []frame.Tab
	what, id, _ := strings.Cut(about, "/")
	for _, t := range shows.ReportTypes {
		tabs = append(tabs, frame.Tab{Path: newPath(q, t, what, id), Text: t.Label, Current: t.Key == current.Key})
	}
	return tabs
}

// showEditReport shows the form of a draft. For a filed report it redirects to the report.
func (s *pages) showEditReport(q *frame.Request) (frame.Answer, error) {
	r, err := s.report(q)
	if err != nil {
		return frame.Answer{}, err
	}
	if !r.Body.Allows(q.Caller()).Edit {
		return frame.Go(q.WS("/reports/" + r.ID)), nil
	}
	of, err := s.productionOf(q, &r.Body)
	if err != nil {
		return frame.Answer{}, err
	}
	return s.draftAnswer(q, http.StatusOK, r.ID, draftOf(q, &r.Body, r.Version, false), &r.Body, of, nil)
}

// reportAndProduction are what the address names, and what that is about.
func (s *pages) reportAndProduction(q *frame.Request) (r records.Record[shows.Report],
	of records.Record[shows.Production],
	err error) {
	if r, err = s.report(q); err == nil {
		of, err = s.productionOf(q, &r.Body)
	}
	return r, of, err
}

// productionOf is what a report is about; one in the trash has the usual departments.
func (s *pages) productionOf(q *frame.Request, r *shows.Report) (records.Record[shows.Production], error) {
	of, err := s.shows.Production(q.Context(), q.Caller(), r.Production)
	if errors.Is(err, model.ErrNotFound) {
		return records.Record[shows.Production]{ID: r.Production, Body: shows.Production{Title: r.ProductionTitle,
			Departments: shows.DefaultDepartments()}}, nil
	}
	return of, err
}

// draftAnswer shows the form.
func (s *pages) draftAnswer(q *frame.Request, status int, id string, d *DraftForm, r *shows.Report,
	of records.Record[shows.Production], conflict *Conflict) (frame.Answer, error) {
	page, err := s.draftPage(q, d, r, of)
	if err != nil {
		return frame.Answer{}, err
	}
	page.Base = reportCrumbs(q, r, id, frame.Crumb{Text: q.T("draft.crumb")})
	if d.Version() == 0 {
		page.Crumbs = []frame.Crumb{{Text: q.T("nav.reports"), Path: q.WS("/reports")}, {Text: q.T("report.start")}}
		about := "production/" + r.Production
		if r.Performance != "" {
			about = "performance/" + r.Performance
		}
		page.Kinds = typeTabs(q, about, typeOr(r.Type))
	} else {
		page.Trash = q.WS("/reports/" + id + "/trash")
	}
	if page.Notices, err = s.othersAbout(q, id, r); err != nil {
		return frame.Answer{}, err
	}
	page.Title, page.Path = stage.ReportName(q, r), q.WS("/reports/"+id+"/edit")
	page.Quick = typeOr(r.Type).Trivial && d.Get("text") == "" && len(d.Notes) == 0
	page.Autosave, page.Conflict, page.Unsaved = q.WS("/reports/"+id+"/autosave"), conflict, d.unsaved
	if conflict != nil {
		page.Autosave = "" // until the person has chosen a version
	}
	return frame.ShowAs(status, page), nil
}

// draftPage is what drafts and amendments have in common.
func (s *pages) draftPage(q *frame.Request, d *DraftForm, r *shows.Report, of records.Record[shows.Production]) (
	*DraftPage,
	error) {
	members, err := s.allNames(q)
	if err != nil {
		return nil, err
	}
	d.offerPeople(members, q.Caller().Account)
	d.offerDepartments(of.Body.Departments)
	d.nameLeft()
	kind := typeOr(r.Type)
	d.openGroups(kind)
	page := &DraftPage{
		Kind: kind,
		Lead: strings.Join(stage.NonEmpty(r.ProductionTitle, r.PerformanceLabel), " · "), Zone: r.Zone,
		Version: d.Version(),
		Draft:   d,
		Blank:   blankNote(q, members, of.Body.Departments), Department: at(of.Body.Departments, 0),
	}
	return page, nil
}

// blankNote is a note to come. Its key is put in by the script.
func blankNote(q *frame.Request, members names, departments []string) *NoteLine {
	s := shape{notes: []NoteLine{{Key: "new"}}}
	d := &DraftForm{Form: s.notes[0].spec().Blank(q, nil)}
	d.bind(s)
	d.offer(q)
	d.offerPeople(members, q.Caller().Account)
	d.offerDepartments(departments)
	return &d.Notes[0]
}

func (d *DraftForm) offerPeople(members names, me string) {
	var options []frame.Option
	for id, name := range members {
		if id != me {
			options = append(options, frame.Option{Value: id, Text: name})
		}
	}
	slices.SortFunc(options, func(a, b frame.Option) int { return strings.Compare(a.Text+a.Value, b.Text+b.Value) })
	offer := func(f *frame.Field) {
		if f == nil {
			return
		}
		f.Options = slices.Clone(options)
		for _, id := range f.Values() { // former members may stay where they are named already
			if !frame.Offered(options, id) && id != "" {
				f.Options = append(f.Options, frame.Option{Value: id, Text: d.T("report.former-member")})
			}
		}
		f.Put(f.Values())
	}
	offer(d.Field("people"))
	for _, n := range d.Notes {
		offer(n.People)
	}
}

func (d *DraftForm) offerDepartments(departments []string) {
	for _, n := range d.Notes {
		options := make([]frame.Option, len(departments))
		for i, name := range departments {
			options[i] = frame.Option{Value: name, Text: title(name)}
		}
		if v := n.Department.Value; v != "" && !frame.Offered(options, v) {
			options = append(options, frame.Option{Value: v, Text: title(v)})
		}
		n.Department.Options = options
		n.Department.Put(n.Department.Values())
	}
}
