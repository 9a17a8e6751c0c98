package reports

import (
	"slices"
	"strings"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/edge/web/stage"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/shows"
)

const reportsPerPage = 30

var reportsForm = frame.FormSpec{
	{Name: "q", Kind: frame.KindSearch, Label: "reports.search", Max: 200, Optional: true, Plain: true},
	{Name: "production", Kind: frame.KindSelect, Label: "reports.production", Optional: true},
	{Name: "state", Kind: frame.KindSelect, Label: "reports.state", Optional: true},
}

// showReports lists what the caller may read, narrowed by the address.
func (s *pages) showReports(q *frame.Request) (frame.Answer, error) {
	f, err := s.reportFilters(q)
	if err != nil {
		return frame.Answer{}, err
	}
	list, err := s.shows.Reports(q.Context(), q.Caller(), shows.ReportList{
		Search: f.Get("q"), Production: f.Get("production"), State: shows.State(f.Get("state")), Limit: reportsPerPage,
		Cursor: q.URL.Query().Get("cursor"),
	})
	refused := err != nil && f.Take(err) // a search for what cannot be searched for
	if err != nil && !refused {
		return frame.Answer{}, err
	}
	page := &ReportsPage{Base: frame.Base{Section: "reports"}, Form: f, Action: q.WS("/reports"),
		Active: activeReportFilters(q, f), Pager: frame.NewPager(q, list.Next)}
	page.Fill(q)
	page.Empty = noReports(q, page)
	if refused {
		return f.Again(page), nil
	}
	for _, r := range list.Records {
		page.Rows = append(page.Rows, reportRow(q, r))
	}
	return frame.Show(page), nil
}

// reportFilters is the form of filters with what the address says.
func (s *pages) reportFilters(q *frame.Request) (*frame.Form, error) {
	asked := q.URL.Query()
	productions, err := s.offered(q, asked.Get("production"))
	if err != nil {
		return nil, err
	}
	f := reportsForm.Blank(q, nil)
	f.Offer("production", productionOptions(q, productions))
	states := []frame.Option{{Value: "", Text: q.T("reports.any-state")}}
	for _, c := range shows.States {
		states = append(states, frame.Option{Value: c.Key, Text: stage.StateBadge(q, shows.State(c.Key)).Text})
	}
	f.Offer("state", states)
	for _, name := range []string{"q", "production", "state"} {
		f.Set(name, strings.TrimSpace(asked.Get(name)))
		f.Field(name).Optional = false // all filters are optional, so none is labelled so
	}
	return f, nil
}

// offeredProductions is how many productions the filter offers: the latest ones. The pages of all others link to their
// reports.
const offeredProductions = 40

// offered are the productions to choose from, with the one that is chosen.
func (s *pages) offered(q *frame.Request, chosen string) ([]records.Record[shows.Production], error) {
	latest, err := s.shows.Productions(q.Context(), q.Caller(), shows.ListInput{Limit: offeredProductions})
	if err != nil || chosen == "" || slices.ContainsFunc(latest.Records, func(p records.Record[shows.Production]) bool {
		return p.ID == chosen
	}) {
		return latest.Records, err
	}
	also, err := s.shows.ProductionsOf(q.Context(), q.Caller(), []string{chosen})
	return append(latest.Records, also...), err
}

func productionOptions(q *frame.Request, list []records.Record[shows.Production]) []frame.Option {
	options := []frame.Option{{Value: "", Text: q.T("reports.any-production")}}
	for _, p := range list {
		options = append(options, frame.Option{Value: p.ID, Text: p.Body.Title})
	}
	return options
}

func activeReportFilters(q *frame.Request, f *frame.Form) []frame.ActiveFilter {
	var active []frame.ActiveFilter
	for _, field := range f.Fields {
		if field.Value == "" {
			continue
		}
		text := field.Value
		if i := slices.IndexFunc(field.Options, func(o frame.Option) bool { return o.Chosen }); i >= 0 {
			text = field.Options[i].Text
		}
		rest := q.URL.Query()
		rest.Del(field.Name)
		rest.Del("cursor")
		active = append(active, frame.ActiveFilter{Text: field.Label + ": " + text, Without: q.WS("/reports") + "?" +
			rest.Encode()})
	}
	return active
}

func noReports(q *frame.Request, page *ReportsPage) frame.Empty {
	switch {
	case len(page.Active) > 0:
		return frame.Empty{Icon: "search", Title: q.T("reports.no-match"), Why: q.T("reports.no-match-why"),
			Path: q.WS("/reports"), Action: q.T("reports.all")}
	case page.May(access.ReportCreate):
		return frame.Empty{Icon: "file-text", Title: q.T("reports.none"), Why: q.T("reports.none-why"),
			Path: q.WS("/reports/new"), Action: q.T("report.start")}
	}
	return frame.Empty{Icon: "file-text", Title: q.T("reports.none"), Why: q.T("reports.none-viewer")}
}

func reportRow(q *frame.Request, r records.Record[shows.Report]) ReportRow {
	b := r.Body
	row := ReportRow{
		Path: q.WS("/reports/" + r.ID), Name: stage.ReportName(q, &b), Title: b.Title, Production: b.ProductionTitle,
		Performance: b.PerformanceLabel,
		Author:      b.Author.Name, State: stage.StateBadge(q, b.State), Amended: b.Amended(),
		Day: frame.DayText(b.Day),
	}
	if withheld := b.WithheldCount(); withheld > 0 {
		row.Withheld = q.N("report.sealed", withheld)
	}
	row.Urgent = slices.ContainsFunc(b.Sections, func(n shows.Section) bool {
		return !n.Withheld && n.Severity == shows.Urgent
	})
	return row
}
