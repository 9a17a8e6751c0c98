package overview

import (
	"slices"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/edge/web/stage"
	"github.com/tinyoperahouse/toh/internal/product/shows"
)

// tonight are the performances of the venue's day, which ends at six in the morning.
func (s *pages) tonight(q *frame.Request, page *HomePage) (HomeSection, error) {
	out := HomeSection{Title: q.T("home.tonight"), Empty: s.noPerformance(q, page),
		More: &frame.TextLink{Path: q.WS("/productions"), Text: q.T("home.all-productions")}}
	from := theatreDay(q.Now(), q.Place.Zone)
	a, err := s.around(q, page)
	if err != nil {
		return out, err
	}
	reports := a.about
	for _, p := range a.between(from, from.AddDate(0, 0, 1)) {
		row := HomeRow{
			Path: q.WS("/performances/" + p.Performance.ID), Title: p.Production.Body.Title,
			When: frame.LocalWhen(p.Performance.Body.Start, p.Performance.Body.Zone, "15:04"),
			Meta: q.T("home.number", p.Performance.Body.Number),
		}
		off := p.Performance.Body.Status == shows.Cancelled
		if off {
			row.Badges = []frame.Badge{stage.PerformanceBadge(q, &p.Performance.Body, q.Now())}
		}
		if page.May(access.ReportCreate) && (!off || len(reports[p.Performance.ID]) > 0) {
			row.Action = s.reportAction(q, reports[p.Performance.ID], p.Performance.ID)
		}
		out.Rows = append(out.Rows, row)
	}
	return out, nil
}

// theatreDay is when the present day began: an evening goes on until six in the morning.
func theatreDay(now time.Time, zone *time.Location) time.Time {
	local := frame.Zoned(now, zone).Add(-6 * time.Hour)
	return time.Date(local.Year(), local.Month(), local.Day(), 6, 0, 0, 0, local.Location())
}

func (s *pages) noPerformance(q *frame.Request, page *HomePage) frame.Empty {
	e := frame.Empty{Icon: "moon", Title: q.T("home.no-performance"), Why: q.T("home.no-performance-why"),
		Path: q.WS("/productions"), Action: q.T("home.all-productions")}
	if page.May(access.PerformanceCreate) {
		e.Why, e.Action = q.T("home.no-performance-plan"), q.T("home.plan")
	}
	return e
}

const (
	upcomingDays = 7
	missingDays  = 14            // how far back missing reports are looked for
	reportDue    = 4 * time.Hour // how long after the start of a performance its report counts as missing
)

// missing are the performances of the last days that have no report that the caller may read.
func (s *pages) missing(q *frame.Request, page *HomePage) (HomeSection, error) {
	out := HomeSection{Title: q.T("home.missing"), Empty: frame.Empty{Icon: "circle-check",
		Title: q.T("home.no-missing"),
		Why:   q.T("home.no-missing-why", missingDays)}}
	from := q.Now().AddDate(0, 0, -missingDays)
	a, err := s.around(q, page)
	if err != nil {
		return out, err
	}
	for _, p := range a.between(from, q.Now().Add(-reportDue)) {
		if slices.ContainsFunc(a.about[p.Performance.ID], isFiled) || p.Performance.Body.Status == shows.Cancelled {
			continue
		}
		row := performanceRow(q, p)
		row.Badges = []frame.Badge{{Text: q.T("home.late"), Icon: "clock", Tone: "warn"}}
		row.Action = s.reportAction(q, a.about[p.Performance.ID], p.Performance.ID)
		out.Rows = append(out.Rows, row)
	}
	return out, nil
}

func isFiled(r reportRecord) bool { return r.Body.State != shows.Draft }

// upcoming are the performances of the next week, after tonight's.
func (s *pages) upcoming(q *frame.Request, page *HomePage) (HomeSection, error) {
	tomorrow := theatreDay(q.Now(), q.Place.Zone).AddDate(0, 0, 1)
	out := HomeSection{
		Title: q.T("home.upcoming"), More: &frame.TextLink{Path: q.WS("/productions"),
			Text: q.T("home.all-productions")},
		Empty: frame.Empty{Icon: "calendar", Title: q.T("home.no-upcoming"), Why: q.T("home.no-upcoming-why"),
			Path: q.WS("/productions"), Action: q.T("home.plan")},
	}
	a, err := s.around(q, page)
	if err != nil {
		return out, err
	}
	for _, p := range a.between(tomorrow, tomorrow.AddDate(0, 0, upcomingDays)) {
		row := performanceRow(q, p)
		if p.Performance.Body.Status == shows.Cancelled {
			row.Badges = []frame.Badge{stage.PerformanceBadge(q, &p.Performance.Body, q.Now())}
		}
		out.Rows = append(out.Rows, row)
	}
	return out, nil
}

func performanceRow(q *frame.Request, p shows.Playing) HomeRow {
	performance := p.Performance.Body
	return HomeRow{
		Path: q.WS("/performances/" + p.Performance.ID), Title: p.Production.Body.Title,
		When: frame.LocalWhen(performance.Start,
			performance.Zone, "Mon 2 Jan, 15:04"),
		Meta: q.T("home.number", performance.Number),
	}
}
