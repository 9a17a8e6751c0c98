package web

import (
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/shows"
)

// reportAhead is how long before the curtain a report is offered: whoever opens the house may begin it.
const reportAhead = 12 * time.Hour

const (
	runRows = 100
)

// showProduction is a production with its run, and what was reported of it.
func (s *Site) showProduction(q *Request) (Answer, error) {
	id := q.Var("production")
	r, err := s.opts.Services.Stage.Production(q.Context(), q.Caller(), id)
	if err != nil {
		return Answer{}, err
	}
	run, err := s.opts.Services.Stage.PerformancesOf(q.Context(), q.Caller(), id, shows.ListInput{Limit: runRows,
		Cursor: q.URL.Query().Get("cursor")})
	if err != nil {
		return Answer{}, err
	}
	filed, err := s.reportsOfRun(q, id, run.Records)
	if err != nil {
		return Answer{}, err
	}
	page := &ProductionPage{
		Base: productionCrumbs(q, "", "", Crumb{Text: r.Body.Title}), Title: r.Body.Title,
		Path:  q.WS("/productions/" + id),
		Facts: productionFacts(q, &r.Body), Reports: q.WS("/reports?production=" + id),
		Start: q.WS("/reports/new?production=" + id), Pager: pager(q, run.Next),
	}
	page.fill(q)
	page.Empty = Empty{Icon: "calendar", Title: q.T("run.none"), Why: q.T("run.none-why")}
	if page.May(access.PerformanceCreate) {
		page.Empty.Path, page.Empty.Action = page.Path+"/performances/new", q.T("performances.new")
	}
	for _, p := range run.Records {
		page.Rows = append(page.Rows, runRow(q, &page.Base, p, filed[p.ID]))
	}
	return Show(page), nil
}

// reportsOfRun are the reports about the performances of one page of a run: those of other pages take no place.
func (s *Site) reportsOfRun(q *Request, production string, run []records.Record[shows.Performance]) (
	map[string][]homeReport, error) {
	if len(run) == 0 {
		return nil, nil
	}
	last := run[len(run)-1].Body.Start.Add(time.Microsecond)
	list, err := s.opts.Services.Stage.AllReports(q.Context(), q.Caller(), shows.ReportList{Production: production,
		From: run[0].Body.Start, Until: last})
	return byPerformance(list), err
}

func productionFacts(q *Request, p *shows.Production) []Fact {
	var facts []Fact
	for _, f := range []Fact{
		{q.T("production.company"), p.Company}, {q.T("production.venue"), venueLine(p)}, {q.T("production.dates"),
			runLine(q, p)}, {q.T("production.zone"), p.Venue.Zone},
	} {
		if f.Text != "" {
			facts = append(facts, f)
		}
	}
	return facts
}

func byPerformance(list []records.Record[shows.Report]) map[string][]records.Record[shows.Report] {
	m := map[string][]records.Record[shows.Report]{}
	for _, r := range list {
		m[r.Body.Performance] = append(m[r.Body.Performance], r)
	}
	return m
}

func runRow(q *Request, b *Base, p records.Record[shows.Performance], reports []records.Record[shows.Report]) RunRow {
	row := RunRow{
		Path: q.WS("/performances/" + p.ID), Number: p.Body.Number, Day: localWhen(p.Body.Start, p.Body.Zone,
			"Mon 2 Jan 2006"),
		Clock: localWhen(p.Body.Start, p.Body.Zone, "15:04"), Type: performanceType(p.Body.Type),
		Reports: reportLinks(q, reports),
	}
	row.State = performanceBadge(q, &p.Body, b.now)
	row.Due = len(reports) == 0 && p.Body.Status != shows.Cancelled && p.Body.Start.Before(b.now.Add(reportAhead))
	if b.May(access.ReportCreate) && row.Due {
		row.Start = q.WS("/reports/new?performance=" + p.ID)
	}
	return row
}

// performanceBadge says whether it was cancelled, has been, or is to come.
func performanceBadge(q *Request, p *shows.Performance, now time.Time) Badge {
	switch {
	case p.Status == shows.Cancelled:
		return Badge{q.T("performance.cancelled"), "x", "bad"}
	case p.Start.After(now):
		return Badge{q.T("performance.scheduled"), "calendar", ""}
	}
	return Badge{q.T("performance.played"), "check", ""}
}

func performanceType(key string) string {
	for _, c := range shows.PerformanceTypes {
		if c.Key == key {
			return c.Label
		}
	}
	return key
}

func reportLinks(q *Request, list []records.Record[shows.Report]) []ReportLink {
	links := make([]ReportLink, len(list))
	for i, r := range list {
		links[i] = ReportLink{Path: q.WS("/reports/" + r.ID), Text: reportName(q, &r.Body),
			State: StateBadge(q, r.Body.State)}
		if r.Body.State == shows.Draft {
			links[i].Path += "/edit"
		}
	}
	return links
}

// reportName is what a report is called beside its production, as in "Show report 12".
func reportName(q *Request, r *shows.Report) string {
	name := q.T("report.one")
	if t, ok := shows.TypeOf(r.Type); ok {
		name = t.Label
	}
	if r.Number == 0 {
		return name
	}
	return q.T("report.numbered", name, r.Number)
}

// localWhen is an instant on the clock of a zone that may differ from the workspace's.
func localWhen(t time.Time, zone, form string) When {
	place, err := loadZone(zone)
	if err != nil {
		place = time.UTC
	}
	return when(t, place, t, form)
}
