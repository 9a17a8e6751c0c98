package productions

import (
	"strconv"
	"strings"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/edge/web/stage"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/shows"
)

// showPerformance is one performance with its schedule and the reports about it.
func (s *pages) showPerformance(q *frame.Request) (frame.Answer, error) {
	r, of, err := s.performanceAndProduction(q)
	if err != nil {
		return frame.Answer{}, err
	}
	reports, err := s.shows.AllReports(q.Context(), q.Caller(), shows.ReportList{Performance: r.ID})
	if err != nil {
		return frame.Answer{}, err
	}
	title := q.T("performance.title", of.Body.Title, r.Body.Number)
	page := &PerformancePage{
		Base:  productionCrumbs(q, of.ID, of.Body.Title, frame.Crumb{Text: q.T("home.number", r.Body.Number)}),
		Title: title,
		Path:  q.WS("/performances/" + r.ID),
		Day:   frame.LocalWhen(r.Body.Start, r.Body.Zone, "Monday 2 January 2006, 15:04"), Notes: r.Body.Notes,
		Cancelled: r.Body.Status == shows.Cancelled,
		Facts:     performanceFacts(q, of, r), Reports: reportLinks(q, reports),
		Start: q.WS("/reports/new?performance=" +
			r.ID),
	}
	page.Fill(q)
	page.State = stage.PerformanceBadge(q, &r.Body, page.Now())
	page.Empty = frame.Empty{Icon: "file-text", Title: q.T("performance.no-report"),
		Why: q.T("performance.no-report-why")}
	if page.May(access.ReportCreate) && !page.Cancelled {
		page.Empty.Path, page.Empty.Action = page.Start, q.T("report.start")
	}
	return frame.Show(page), nil
}

// performanceAndProduction reads the performance of the address with its production. A performance of a production in
// the trash is in the trash with it.
func (s *pages) performanceAndProduction(q *frame.Request) (records.Record[shows.Performance],
	records.Record[shows.Production], error) {
	r, err := s.shows.Performance(q.Context(), q.Caller(), q.Var("performance"))
	if err != nil {
		return r, records.Record[shows.Production]{}, err
	}
	of, err := s.shows.Production(q.Context(), q.Caller(), r.Body.Production)
	return r, of, err
}

func performanceFacts(q *frame.Request, of records.Record[shows.Production],
	r records.Record[shows.Performance]) []Fact {
	p := r.Body
	clock := func(t time.Time) string { return frame.LocalWhen(t, p.Zone, "15:04").Text }
	var minutes []string
	for _, b := range p.Intervals {
		minutes = append(minutes, q.N("performance.minutes", b.Minutes))
	}
	var facts []Fact
	for _, f := range []Fact{
		{q.T("performance.type"), performanceType(p.Type)}, {q.T("production.venue"), stage.VenueLine(&of.Body)},
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

func editPerformancePage(q *frame.Request, id, title string, f *frame.Form) *frame.FormPage {
	return &frame.FormPage{
		Base: productionCrumbs(q, "", "", frame.Crumb{Text: title, Path: q.WS("/performances/" + id)},
			frame.Crumb{Text: q.T("stage.edit")}),
		Title: q.T("performance.edit-title"), Lead: title, Form: f,
		Action: q.WS("/performances/" + id + "/edit"), Submit: q.T("form.save"), Cancel: q.WS("/performances/" + id),
	}
}

func (s *pages) showEditPerformance(q *frame.Request) (frame.Answer, error) {
	r, of, err := s.performanceAndProduction(q)
	if err != nil {
		return frame.Answer{}, err
	}
	p := r.Body
	clock := func(t time.Time) string { return frame.LocalWhen(t, p.Zone, "15:04").Text }
	var minutes []string
	for _, b := range p.Intervals {
		minutes = append(minutes, strconv.Itoa(b.Minutes))
	}
	were := strings.Join(minutes, ", ")
	f := performanceForm.Blank(q, map[string]string{
		"day": p.Day, "start": clock(p.Start), "house_open": clock(p.HouseOpen), "end": clock(p.End), "intervals": were,
		"intervals_were": were,
		"notes":          p.Notes, "number": chosenNumber(&p), "version": strconv.FormatInt(r.Version, 10),
	})
	f.Offer("type", typeOptions()["type"])
	f.Set("type", p.Type)
	return frame.Show(editPerformancePage(q, r.ID, q.T("performance.title", of.Body.Title, p.Number), f)), nil
}

// chosenNumber is the number that somebody chose; one that follows the calendar is not shown as if it were chosen.
func chosenNumber(p *shows.Performance) string {
	if p.Counted {
		return ""
	}
	return strconv.Itoa(p.Number)
}

func (s *pages) editPerformance(q *frame.Request) (frame.Answer, error) {
	f, err := performanceForm.Read(q, typeOptions())
	if err != nil {
		return frame.Answer{}, err
	}
	in, id := performanceInput(f), q.Var("performance")
	if !f.Failed() {
		_, err = s.shows.UpdatePerformance(q.Context(), q.Caller(), id, f.Version(), in)
	}
	if takeRefusal(f, err) || f.Failed() {
		r, of, err := s.performanceAndProduction(q)
		if err != nil {
			return frame.Answer{}, err
		}
		return f.Again(editPerformancePage(q, id, q.T("performance.title", of.Body.Title, r.Body.Number), f)), nil
	}
	if err != nil {
		return frame.Answer{}, err
	}
	q.Flash("saved", "")
	return frame.Go(q.WS("/performances/" + id)), nil
}

func (s *pages) cancelPerformance(q *frame.Request) (frame.Answer, error) {
	return s.setStatus(q, shows.Cancelled, "performance.off")
}

func (s *pages) reinstatePerformance(q *frame.Request) (frame.Answer, error) {
	return s.setStatus(q, shows.Scheduled, "performance.on")
}

func (s *pages) setStatus(q *frame.Request, state shows.PerformState, says string) (frame.Answer, error) {
	r, err := s.shows.UpdatePerformance(q.Context(), q.Caller(), q.Var("performance"), 0,
		shows.PerformanceInput{Status: &state})
	if err != nil {
		return frame.Answer{}, err
	}
	q.Flash(says, "")
	return frame.Go(q.WS("/performances/" + r.ID)), nil
}

func (s *pages) trashPerformance(q *frame.Request) (frame.Answer, error) {
	r, err := s.shows.TrashPerformance(q.Context(), q.Caller(), q.Var("performance"), 0)
	if err != nil {
		return frame.Answer{}, err
	}
	q.Flash("performance.trashed", r.ID)
	return frame.Go(q.WS("/productions/" + r.Body.Production)), nil
}

func (s *pages) restorePerformance(q *frame.Request) (frame.Answer, error) {
	r, err := s.shows.RestorePerformance(q.Context(), q.Caller(), q.Var("performance"))
	if err != nil {
		return frame.Answer{}, err
	}
	q.Flash("restored", "")
	return frame.Go(q.WS("/performances/" + r.ID)), nil
}
