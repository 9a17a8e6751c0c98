package productions

import (
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/edge/web/stage"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/shows"
)

// reportAhead is how long before the performance its report can be started: front of house may start it early.
const reportAhead = 12 * time.Hour

const (
	runRows = 100
)

// showProduction shows a production with its run and its reports.
func (s *pages) showProduction(q *frame.Request) (frame.Answer, error) {
	id := q.Var("production")
	r, run, err := s.shows.ProductionWithRun(q.Context(), q.Caller(), id, shows.ListInput{Limit: runRows,
		Cursor: q.URL.Query().Get("cursor")})
	if err != nil {
		return frame.Answer{}, err
	}
	filed, err := s.reportsOfRun(q, id, run.Records)
	if err != nil {
		return frame.Answer{}, err
	}
	page := &ProductionPage{
		Base: productionCrumbs(q, "", "", frame.Crumb{Text: r.Body.Title}), Title: r.Body.Title,
		Path:  q.WS("/productions/" + id),
		Facts: productionFacts(q, &r.Body), Reports: q.WS("/reports?production=" + id),
		Start: q.WS("/reports/new?production=" + id), Pager: frame.NewPager(q, run.Next),
	}
	page.Fill(q)
	page.Empty = frame.Empty{Icon: "calendar", Title: q.T("run.none"), Why: q.T("run.none-why")}
	if page.May(access.PerformanceCreate) {
		page.Empty.Path, page.Empty.Action = page.Path+"/performances/new", q.T("performances.new")
	}
	for _, p := range run.Records {
		page.Rows = append(page.Rows, runRow(q, &page.Base, p, filed[p.ID]))
	}
	page.Files, err = stage.FilesOf(q, &page.Base, s.files, shows.OfProduction(id), page.Path,
		page.May(access.ProductionUpdate))
	if err != nil {
		return frame.Answer{}, err
	}
	return frame.Show(page), nil
}

// reportsOfRun are the reports about the performances of one page of a run.
func (s *pages) reportsOfRun(q *frame.Request, production string, run []records.Record[shows.Performance]) (
	map[string][]records.Record[shows.Report], error) {
	if len(run) == 0 {
		return nil, nil
	}
	last := run[len(run)-1].Body.Start.Add(time.Microsecond)
	list, err := s.shows.AllReports(q.Context(), q.Caller(), shows.ReportList{Production: production,
		From: run[0].Body.Start, Until: last})
	return stage.ByPerformance(list), err
}

func productionFacts(q *frame.Request, p *shows.Production) []Fact {
	var facts []Fact
	for _, f := range []Fact{
		{q.T("production.company"), p.Company}, {q.T("production.venue"), stage.VenueLine(p)}, {q.T("production.dates"),
			runLine(q, p)}, {q.T("production.zone"), p.Venue.Zone},
	} {
		if f.Text != "" {
			facts = append(facts, f)
		}
	}
	return facts
}

func runRow(q *frame.Request, b *frame.Base, p records.Record[shows.Performance],
	reports []records.Record[shows.Report]) RunRow {
	row := RunRow{
		Path: q.WS("/performances/" + p.ID), Number: p.Body.Number, Day: frame.LocalWhen(p.Body.Start, p.Body.Zone,
			"Mon 2 Jan 2006"),
		Clock: frame.LocalWhen(p.Body.Start, p.Body.Zone, "15:04"), Type: performanceType(p.Body.Type),
		Reports: reportLinks(q, reports),
	}
	row.State = stage.PerformanceBadge(q, &p.Body, b.Now())
	row.Due = len(reports) == 0 && p.Body.Status != shows.Cancelled && p.Body.Start.Before(b.Now().Add(reportAhead))
	if b.May(access.ReportCreate) && row.Due {
		row.Start = q.WS("/reports/new?performance=" + p.ID)
	}
	return row
}

func performanceType(key string) string {
	for _, c := range shows.PerformanceTypes {
		if c.Key == key {
			return c.Label
		}
	}
	return key
}

func reportLinks(q *frame.Request, list []records.Record[shows.Report]) []ReportLink {
	links := make([]ReportLink, len(list))
	for i, r := range list {
		links[i] = ReportLink{Path: q.WS("/reports/" + r.ID), Text: stage.ReportName(q, &r.Body),
			State: stage.StateBadge(q, r.Body.State)}
		if r.Body.State == shows.Draft {
			links[i].Path += "/edit"
		}
	}
	return links
}
