package web

import (
	"strconv"
	"strings"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/shows"
)

// showPerformance is one performance with its schedule and the reports about it.
func (s *Site) showPerformance(q *Request) (Answer, error) {
	r, of, err := s.night(q)
	if err != nil {
		return Answer{}, err
	}
	reports, err := s.opts.Services.Stage.AllReports(q.Context(), q.Caller(), shows.ReportList{Performance: r.ID})
	if err != nil {
		return Answer{}, err
	}
	title := q.T("performance.title", of.Body.Title, r.Body.Number)
	page := &PerformancePage{
		Base: productionCrumbs(q, of.ID, of.Body.Title, Crumb{Text: q.T("home.number", r.Body.Number)}), Title: title,
		Path: q.WS("/performances/" + r.ID),
		Day:  localWhen(r.Body.Start, r.Body.Zone, "Monday 2 January 2006, 15:04"), Notes: r.Body.Notes,
		Cancelled: r.Body.Status == shows.Cancelled,
		Facts:     nightFacts(q, of, r), Reports: reportLinks(q, reports), Start: q.WS("/reports/new?performance=" +
			r.ID),
	}
	page.fill(q)
	page.State = performanceBadge(q, &r.Body, page.now)
	page.Empty = Empty{Icon: "file-text", Title: q.T("performance.no-report"), Why: q.T("performance.no-report-why")}
	if page.May(access.ReportCreate) && !page.Cancelled {
		page.Empty.Path, page.Empty.Action = page.Start, q.T("report.start")
	}
	return Show(page), nil
}

// night reads the performance of the address with its production. A performance of a production in the trash is in the
// trash with it.
func (s *Site) night(q *Request) (records.Record[shows.Performance], records.Record[shows.Production], error) {
	r, err := s.opts.Services.Stage.Performance(q.Context(), q.Caller(), q.Var("performance"))
	if err != nil {
		return r, records.Record[shows.Production]{}, err
	}
	of, err := s.opts.Services.Stage.Production(q.Context(), q.Caller(), r.Body.Production)
	return r, of, err
}

func nightFacts(q *Request, of records.Record[shows.Production], r records.Record[shows.Performance]) []Fact {
	p := r.Body
	clock := func(t time.Time) string { return localWhen(t, p.Zone, "15:04").Text }
	var minutes []string
	for _, b := range p.Intervals {
		minutes = append(minutes, q.N("performance.minutes", b.Minutes))
	}
	var facts []Fact
	for _, f := range []Fact{
		{q.T("performance.type"), performanceType(p.Type)}, {q.T("production.venue"), venueLine(&of.Body)},
		{q.T("performance.house-open"), clock(p.HouseOpen)},
		{q.T("performance.start"), clock(p.Start)}, {q.T("performance.intervals"), strings.Join(minutes, ", ")},
		{q.T("performance.end"), clock(p.End)}, {q.T("production.zone"), p.Zone},
	} {
		if f.Text != "" {
			facts = append(facts, f)
		}
	}
	return facts
}

func editPerformancePage(q *Request, id, title string, f *Form) *FormPage {
	return &FormPage{
		Base:  productionCrumbs(q, "", "", Crumb{title, q.WS("/performances/" + id)}, Crumb{Text: q.T("stage.edit")}),
		Title: q.T("performance.edit-title"), Lead: title, Form: f,
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
		"day": p.Day, "start": clock(p.Start), "house_open": clock(p.HouseOpen), "end": clock(p.End), "intervals": were,
		"intervals_were": were,
		"notes":          p.Notes, "number": nightNumber(&p), "version": strconv.FormatInt(r.Version, 10),
	})
	f.Offer("type", nightTypes()["type"])
	f.Set("type", p.Type)
	return Show(editPerformancePage(q, r.ID, q.T("performance.title", of.Body.Title, p.Number), f)), nil
}

// nightNumber is the number that somebody chose; one that follows the calendar is not shown as if it were chosen.
func nightNumber(p *shows.Performance) string {
	if p.Counted {
		return ""
	}
	return strconv.Itoa(p.Number)
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
	return s.setNight(q, shows.Cancelled, "performance.off")
}

func (s *Site) reinstatePerformance(q *Request) (Answer, error) {
	return s.setNight(q, shows.Scheduled, "performance.on")
}

func (s *Site) setNight(q *Request, state shows.PerformState, says string) (Answer, error) {
	r, err := s.opts.Services.Stage.UpdatePerformance(q.Context(), q.Caller(), q.Var("performance"), 0,
		shows.PerformanceInput{Status: &state})
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
