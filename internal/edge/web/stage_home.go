package web

import (
	"slices"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/shows"
)

const (
	missingDays = 14            // how far back a missing report is looked for
	reportDue   = 4 * time.Hour // after the curtain went up, a report may be missed
)

type homeReport = records.Record[shows.Report]

// reported are the latest reports that the caller may read, by performance.
func (s *Site) reported(q *Request, from time.Time) (map[string][]homeReport, error) {
	if !access.Can(q.Caller(), access.ReportCreate) {
		return nil, nil
	}
	list, err := s.opts.Services.Stage.AllReports(q.Context(), q.Caller(), shows.ReportList{From: from})
	return byPerformance(list), err
}

// reportAction is the one thing to do about tonight's report: begin it, go on with it, or read it.
func (s *Site) reportAction(q *Request, list []homeReport, performance string) *TextLink {
	for _, r := range list {
		if r.Body.State == shows.Draft {
			return &TextLink{Path: q.WS("/reports/" + r.ID + "/edit"), Text: q.T("home.continue")}
		}
	}
	for _, r := range list {
		if r.Body.Author.ID == q.Caller().Account {
			return &TextLink{Path: q.WS("/reports/" + r.ID), Text: q.T("home.read-own")}
		}
	}
	if len(list) > 0 {
		return &TextLink{Path: q.WS("/reports/" + list[0].ID), Text: q.T("home.read")}
	}
	return &TextLink{Path: q.WS("/reports/new?performance=" + performance), Text: q.T("home.file")}
}

// queried are the caller's reports that came back with a question.
func (s *Site) queried(q *Request, page *HomePage) (HomeSection, error) {
	list, err := s.opts.Services.Stage.Reports(q.Context(), q.Caller(), shows.ReportList{State: shows.Queried,
		Author: q.Caller().Account, Limit: homeRows})
	out := HomeSection{
		Title: q.T("home.queried"), Rows: reportRows(q, list.Records), Rest: rest(q, list.Next != ""),
		More: &TextLink{Path: q.WS("/reports?state=queried"), Text: q.T("home.queried-all")},
		Empty: Empty{Icon: "message-circle-question-mark", Title: q.T("home.no-queried"),
			Why: q.T("home.no-queried-why")},
	}
	for i := range out.Rows {
		out.Rows[i].Action = &TextLink{Path: out.Rows[i].Path + "/amend", Text: q.T("home.answer")}
	}
	return out, err
}

// missing are the performances of the last days that were played and have no report that the caller may read.
func (s *Site) missing(q *Request, page *HomePage) (HomeSection, error) {
	out := HomeSection{Title: q.T("home.missing"), Empty: Empty{Icon: "circle-check", Title: q.T("home.no-missing"),
		Why: q.T("home.no-missing-why", missingDays)}}
	from := q.Now().AddDate(0, 0, -missingDays)
	nights, err := s.opts.Services.Stage.PerformancesBetween(q.Context(), q.Caller(), from, q.Now().Add(-reportDue),
		manyNights)
	if err != nil || len(nights) == 0 {
		return out, err
	}
	reports, err := s.reported(q, from.AddDate(0, 0, -1))
	if err != nil {
		return out, err
	}
	for _, p := range nights {
		if slices.ContainsFunc(reports[p.Performance.ID], isFiled) || p.Performance.Body.Status == shows.Cancelled {
			continue
		}
		row := nightRow(q, p)
		row.Badges = []Badge{{q.T("home.late"), "clock", "warn"}}
		row.Action = s.reportAction(q, reports[p.Performance.ID], p.Performance.ID)
		out.Rows = append(out.Rows, row)
	}
	return out, nil
}

func isFiled(r homeReport) bool { return r.Body.State != shows.Draft }

// upcoming are the performances of the next week, after tonight's.
func (s *Site) upcoming(q *Request, page *HomePage) (HomeSection, error) {
	tomorrow := theatreDay(q.Now(), q.Visit.Place.Zone).AddDate(0, 0, 1)
	out := HomeSection{
		Title: q.T("home.upcoming"), More: &TextLink{Path: q.WS("/productions"), Text: q.T("home.all-productions")},
		Empty: Empty{Icon: "calendar", Title: q.T("home.no-upcoming"), Why: q.T("home.no-upcoming-why"),
			Path: q.WS("/productions"), Action: q.T("home.plan")},
	}
	nights, err := s.opts.Services.Stage.PerformancesBetween(q.Context(), q.Caller(), tomorrow,
		tomorrow.AddDate(0, 0, 7), manyNights)
	for _, p := range nights {
		row := nightRow(q, p)
		if p.Performance.Body.Status == shows.Cancelled {
			row.Badges = []Badge{performanceBadge(q, &p.Performance.Body, q.Now())}
		}
		out.Rows = append(out.Rows, row)
	}
	return out, err
}

func nightRow(q *Request, p shows.Playing) HomeRow {
	night := p.Performance.Body
	return HomeRow{
		Path: q.WS("/performances/" + p.Performance.ID), Title: p.Production.Body.Title, When: localWhen(night.Start,
			night.Zone, "Mon 2 Jan, 15:04"),
		Meta: q.T("home.number", night.Number),
	}
}
