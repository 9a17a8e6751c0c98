package web

import (
	"strconv"
	"strings"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/records"
	"github.com/tinyoperahouse/toh/internal/stage"
)

var (
	fieldNightType = FieldSpec{Name: "type", Kind: kindSelect, Label: "performance.type", Width: "medium"}
	fieldHouseOpen = FieldSpec{Name: "house_open", Kind: kindText, Label: "performance.house-open", Hint: "performance.clock-hint", Max: 20, Width: "short", Optional: true}
	fieldStart     = FieldSpec{Name: "start", Kind: kindText, Label: "performance.start", Hint: "performance.clock-hint", Max: 20, Width: "short"}
	fieldBreaks    = FieldSpec{Name: "intervals", Kind: kindText, Label: "performance.intervals", Hint: "performance.intervals-hint", Max: 60, Width: "short", InputMode: "text", Optional: true}

	performanceForm = FormSpec{
		{Name: "day", Kind: kindDate, Label: "performance.day", Width: "medium"},
		fieldStart, fieldHouseOpen,
		{Name: "end", Kind: kindText, Label: "performance.end", Max: 20, Width: "short", Optional: true},
		fieldBreaks, fieldNightType,
		{Name: "notes", Kind: kindArea, Label: "performance.notes", Max: 5000, Rows: 3, Optional: true},
		{Name: "intervals_were", Kind: kindHidden, Max: 60, Optional: true},
		{Name: "id", Kind: kindHidden, Max: 64, Optional: true},
		fieldVersion,
	}
)

func nightTypes() map[string][]Option {
	options := make([]Option, len(stage.PerformanceTypes))
	for i, c := range stage.PerformanceTypes {
		options[i] = Option{Value: c.Key, Text: c.Label}
	}
	return map[string][]Option{"type": options}
}

// performanceInput is what was entered. Intervals that were not touched stay as they are, with their planned times.
func performanceInput(f *Form) stage.PerformanceInput {
	in := stage.PerformanceInput{
		ID: chosenID(f), Type: given(f, "type"), Day: given(f, "day"), Start: given(f, "start"), HouseOpen: given(f, "house_open"),
		End: given(f, "end"), Notes: given(f, "notes"),
	}
	if f.Get("intervals") != f.Get("intervals_were") {
		in.Intervals = breaks(f)
	}
	return in
}

// breaks reads minutes, as in "20, 15".
func breaks(f *Form) []stage.BreakInput {
	list := []stage.BreakInput{}
	for _, word := range strings.FieldsFunc(f.Get("intervals"), func(r rune) bool { return r == ',' || r == ' ' || r == ';' }) {
		n, err := strconv.Atoi(word)
		if err != nil {
			f.Fail("intervals", f.q.T("performance.intervals-wrong"))
			return nil
		}
		list = append(list, stage.BreakInput{Minutes: n})
	}
	return list
}

// takeNight puts a refusal of the use case into the form: what is wrong with one interval is shown with all of them.
func takeNight(f *Form, err error) bool {
	return f.Take(renamed(err, func(name string) string {
		switch {
		case strings.HasPrefix(name, "intervals"):
			return "intervals"
		case name == "zone":
			return "start"
		}
		return name
	}))
}

func newPerformancePage(q *Request, r records.Record[stage.Production], f *Form) *FormPage {
	title := q.T("performances.new")
	return &FormPage{
		Base: productionCrumbs(q, r.ID, r.Body.Title, Crumb{Text: title}), Title: title, Lead: q.T("performance.zone-lead", r.Body.Title, r.Body.Venue.Zone), Form: f,
		Action: q.WS("/productions/" + r.ID + "/performances"), Submit: q.T("performance.create"), Cancel: q.WS("/productions/" + r.ID),
		Links: []TextLink{{Before: q.T("run.several"), Path: q.WS("/productions/" + r.ID + "/run"), Text: q.T("run.new")}},
	}
}

func (s *Site) showNewPerformance(q *Request) (Answer, error) {
	r, err := s.opts.Services.Stage.Production(q.Context(), q.Caller(), q.Var("production"))
	if err != nil {
		return Answer{}, err
	}
	f := performanceForm.Blank(q, map[string]string{"day": s.firstGuess(q, &r.Body), "id": newRecordID()})
	f.Offer("type", nightTypes()["type"])
	return Show(newPerformancePage(q, r, f)), nil
}

// firstGuess is the first day of a run that is to come, else today.
func (s *Site) firstGuess(q *Request, p *stage.Production) string {
	zone, err := loadZone(p.Venue.Zone)
	if err != nil {
		zone = time.UTC
	}
	return max(q.Now().In(zone).Format(time.DateOnly), p.FirstDay)
}

func (s *Site) createPerformance(q *Request) (Answer, error) {
	f, err := performanceForm.Read(q, nightTypes())
	if err != nil {
		return Answer{}, err
	}
	in, id := performanceInput(f), q.Var("production")
	var r records.Record[stage.Performance]
	if !f.Failed() {
		r, err = s.opts.Services.Stage.CreatePerformance(q.Context(), q.Caller(), id, in)
		if isConflict(err) { // the same form, sent twice
			return Go(q.WS("/performances/" + in.ID)), nil
		}
	}
	if takeNight(f, err) || f.Failed() {
		of, err := s.opts.Services.Stage.Production(q.Context(), q.Caller(), id)
		if err != nil {
			return Answer{}, err
		}
		return f.Again(newPerformancePage(q, of, f)), nil
	}
	if err != nil {
		return Answer{}, err
	}
	q.Flash("performance.made", "")
	return Go(q.WS("/performances/" + r.ID)), nil
}

// showPerformance is one performance with its schedule and the reports about it.
func (s *Site) showPerformance(q *Request) (Answer, error) {
	r, of, err := s.night(q)
	if err != nil {
		return Answer{}, err
	}
	reports, err := s.opts.Services.Stage.Reports(q.Context(), q.Caller(), stage.ReportList{Performance: r.ID, Limit: 50})
	if err != nil {
		return Answer{}, err
	}
	title := q.T("performance.title", of.Body.Title, r.Body.Number)
	page := &PerformancePage{
		Base: productionCrumbs(q, of.ID, of.Body.Title, Crumb{Text: q.T("home.number", r.Body.Number)}), Title: title, Path: q.WS("/performances/" + r.ID),
		Day: localWhen(r.Body.Start, r.Body.Zone, "Monday 2 January 2006, 15:04"), Notes: r.Body.Notes, Cancelled: r.Body.Status == stage.Cancelled,
		Facts: nightFacts(q, of, r), Reports: reportLinks(q, reports.Records), Start: q.WS("/reports/new?performance=" + r.ID),
	}
	page.fill(q)
	page.State = performanceBadge(q, &r.Body, page.now)
	page.Empty = Empty{Icon: "file-text", Title: q.T("performance.no-report"), Why: q.T("performance.no-report-why")}
	if page.May(access.ReportCreate) && !page.Cancelled {
		page.Empty.Path, page.Empty.Action = page.Start, q.T("report.start")
	}
	return Show(page), nil
}

// night reads the performance of the address with its production. A performance of a production in the trash is in the trash with it.
func (s *Site) night(q *Request) (records.Record[stage.Performance], records.Record[stage.Production], error) {
	r, err := s.opts.Services.Stage.Performance(q.Context(), q.Caller(), q.Var("performance"))
	if err != nil {
		return r, records.Record[stage.Production]{}, err
	}
	of, err := s.opts.Services.Stage.Production(q.Context(), q.Caller(), r.Body.Production)
	return r, of, err
}

func nightFacts(q *Request, of records.Record[stage.Production], r records.Record[stage.Performance]) []Fact {
	p := r.Body
	clock := func(t time.Time) string { return localWhen(t, p.Zone, "15:04").Text }
	var minutes []string
	for _, b := range p.Intervals {
		minutes = append(minutes, q.N("performance.minutes", b.Minutes))
	}
	var facts []Fact
	for _, f := range []Fact{
		{q.T("performance.type"), performanceType(p.Type)}, {q.T("production.venue"), venueLine(&of.Body)}, {q.T("performance.house-open"), clock(p.HouseOpen)},
		{q.T("performance.start"), clock(p.Start)}, {q.T("performance.intervals"), strings.Join(minutes, ", ")}, {q.T("performance.end"), clock(p.End)}, {q.T("production.zone"), p.Zone},
	} {
		if f.Text != "" {
			facts = append(facts, f)
		}
	}
	return facts
}

func editPerformancePage(q *Request, id, title string, f *Form) *FormPage {
	return &FormPage{
		Base: productionCrumbs(q, "", "", Crumb{title, q.WS("/performances/" + id)}, Crumb{Text: q.T("stage.edit")}), Title: q.T("performance.edit-title"), Lead: title, Form: f,
		Action: q.WS("/performances/" + id + "/edit"), Submit: q.T("form.save"), Cancel: q.WS("/performances/" + id),
	}
}

func (s *Site) showEditPerformance(q *Request) (Answer, error) {
	r, of, err := s.night(q)
	if err != nil {
		return Answer{}, err
	}
	p := r.Body
	clock := func(t time.Time) string { return localWhen(t, p.Zone, "15:04").Text }
	var minutes []string
	for _, b := range p.Intervals {
		minutes = append(minutes, strconv.Itoa(b.Minutes))
	}
	were := strings.Join(minutes, ", ")
	f := performanceForm.Blank(q, map[string]string{
		"day": p.Day, "start": clock(p.Start), "house_open": clock(p.HouseOpen), "end": clock(p.End), "intervals": were, "intervals_were": were,
		"notes": p.Notes, "version": strconv.FormatInt(r.Version, 10),
	})
	f.Offer("type", nightTypes()["type"])
	f.Set("type", p.Type)
	return Show(editPerformancePage(q, r.ID, q.T("performance.title", of.Body.Title, p.Number), f)), nil
}

func (s *Site) editPerformance(q *Request) (Answer, error) {
	f, err := performanceForm.Read(q, nightTypes())
	if err != nil {
		return Answer{}, err
	}
	in, id := performanceInput(f), q.Var("performance")
	if !f.Failed() {
		_, err = s.opts.Services.Stage.UpdatePerformance(q.Context(), q.Caller(), id, f.version(), in)
	}
	if takeNight(f, err) || f.Failed() {
		r, of, err := s.night(q)
		if err != nil {
			return Answer{}, err
		}
		return f.Again(editPerformancePage(q, id, q.T("performance.title", of.Body.Title, r.Body.Number), f)), nil
	}
	if err != nil {
		return Answer{}, err
	}
	q.Flash("saved", "")
	return Go(q.WS("/performances/" + id)), nil
}

func (s *Site) cancelPerformance(q *Request) (Answer, error) {
	return s.setNight(q, stage.Cancelled, "performance.off")
}

func (s *Site) reinstatePerformance(q *Request) (Answer, error) {
	return s.setNight(q, stage.Scheduled, "performance.on")
}

func (s *Site) setNight(q *Request, state stage.PerformState, says string) (Answer, error) {
	r, err := s.opts.Services.Stage.UpdatePerformance(q.Context(), q.Caller(), q.Var("performance"), 0, stage.PerformanceInput{Status: &state})
	if err != nil {
		return Answer{}, err
	}
	q.Flash(says, "")
	return Go(q.WS("/performances/" + r.ID)), nil
}

func (s *Site) trashPerformance(q *Request) (Answer, error) {
	r, err := s.opts.Services.Stage.TrashPerformance(q.Context(), q.Caller(), q.Var("performance"), 0)
	if err != nil {
		return Answer{}, err
	}
	q.Flash("performance.trashed", r.ID)
	return Go(q.WS("/productions/" + r.Body.Production)), nil
}

func (s *Site) restorePerformance(q *Request) (Answer, error) {
	r, err := s.opts.Services.Stage.RestorePerformance(q.Context(), q.Caller(), q.Var("performance"))
	if err != nil {
		return Answer{}, err
	}
	q.Flash("restored", "")
	return Go(q.WS("/performances/" + r.ID)), nil
}
