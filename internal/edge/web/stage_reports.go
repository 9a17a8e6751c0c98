package web

import (
	"slices"
	"strings"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/shows"
)

const reportsPerPage = 30

var reportsForm = FormSpec{
	{Name: "q", Kind: kindSearch, Label: "reports.search", Max: 200, Optional: true, Plain: true},
	{Name: "production", Kind: kindSelect, Label: "reports.production", Optional: true},
	{Name: "state", Kind: kindSelect, Label: "reports.state", Optional: true},
}

// showReports lists what the caller may read, narrowed by the address.
func (s *Site) showReports(q *Request) (Answer, error) {
	f, err := s.reportFilters(q)
	if err != nil {
		return Answer{}, err
	}
	list, err := s.opts.Services.Stage.Reports(q.Context(), q.Caller(), shows.ReportList{
		Search: f.Get("q"), Production: f.Get("production"), State: shows.State(f.Get("state")), Limit: reportsPerPage,
		Cursor: q.URL.Query().Get("cursor"),
	})
	if err != nil {
		return Answer{}, err
	}
	page := &ReportsPage{Base: Base{Section: "reports"}, Form: f, Action: q.WS("/reports"),
		Active: activeReportFilters(q, f), Pager: pager(q, list.Next)}
	page.fill(q)
	page.Empty = noReports(q, page)
	for _, r := range list.Records {
		page.Rows = append(page.Rows, reportRow(q, r))
	}
	return Show(page), nil
}

// reportFilters is the form of filters with what the address says.
func (s *Site) reportFilters(q *Request) (*Form, error) {
	productions, err := s.opts.Services.Stage.AllProductions(q.Context(), q.Caller())
	if err != nil {
		return nil, err
	}
	asked := q.URL.Query()
	f := reportsForm.Blank(q, nil)
	f.Offer("production", productionOptions(q, productions))
	states := []Option{{Value: "", Text: q.T("reports.any-state")}}
	for _, c := range shows.States {
		states = append(states, Option{Value: c.Key, Text: StateBadge(q, shows.State(c.Key)).Text})
	}
	f.Offer("state", states)
	for _, name := range []string{"q", "production", "state"} {
		f.Set(name, strings.TrimSpace(asked.Get(name)))
		f.Field(name).Optional = false // all of them are: that needs no words
	}
	return f, nil
}

func productionOptions(q *Request, list []records.Record[shows.Production]) []Option {
	options := []Option{{Value: "", Text: q.T("reports.any-production")}}
	for _, p := range list {
		options = append(options, Option{Value: p.ID, Text: p.Body.Title})
	}
	return options
}

func activeReportFilters(q *Request, f *Form) []ActiveFilter {
	var active []ActiveFilter
	for _, field := range f.Fields {
		if field.Value == "" {
			continue
		}
		text := field.Value
		if i := slices.IndexFunc(field.Options, func(o Option) bool { return o.Chosen }); i >= 0 {
			text = field.Options[i].Text
		}
		rest := q.URL.Query()
		rest.Del(field.Name)
		rest.Del("cursor")
		active = append(active, ActiveFilter{Text: field.Label + ": " + text, Without: q.WS("/reports") + "?" +
			rest.Encode()})
	}
	return active
}

func noReports(q *Request, page *ReportsPage) Empty {
	switch {
	case len(page.Active) > 0:
		return Empty{Icon: "search", Title: q.T("reports.no-match"), Why: q.T("reports.no-match-why"),
			Path: q.WS("/reports"), Action: q.T("reports.all")}
	case page.May(access.ReportCreate):
		return Empty{Icon: "file-text", Title: q.T("reports.none"), Why: q.T("reports.none-why"),
			Path: q.WS("/reports/new"), Action: q.T("report.start")}
	}
	return Empty{Icon: "file-text", Title: q.T("reports.none"), Why: q.T("reports.none-viewer")}
}

func reportRow(q *Request, r records.Record[shows.Report]) ReportRow {
	b := r.Body
	row := ReportRow{
		Path: q.WS("/reports/" + r.ID), Name: reportName(q, &b), Title: b.Title, Production: b.ProductionTitle,
		Performance: b.PerformanceLabel,
		Author:      b.Author.Name, State: StateBadge(q, b.State), Amended: b.Amended(), Day: dayText(b.Day),
	}
	if sealed := b.SealedCount(); sealed > 0 {
		row.Sealed = q.N("report.sealed", sealed)
	}
	row.Urgent = slices.ContainsFunc(b.Sections, func(n shows.Section) bool {
		return !n.Sealed && n.Severity == shows.Urgent
	})
	return row
}
