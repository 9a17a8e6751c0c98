package overview

import (
	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/edge/web/stage"
	"github.com/tinyoperahouse/toh/internal/product/shows"
)

func (s *pages) drafts(q *frame.Request, page *HomePage) (HomeSection, error) {
	a, err := s.around(q, page)
	if err != nil {
		return HomeSection{}, err
	}
	return HomeSection{
		Title: q.T("home.drafts"), Rows: reportRows(q, a.drafts.Records), Rest: rest(q, a.drafts.Next != ""),
		More:  &frame.TextLink{Path: q.WS("/reports?state=draft"), Text: q.T("home.drafts-all")},
		Empty: frame.Empty{Icon: "file-text", Title: q.T("home.no-drafts"), Why: q.T("home.no-drafts-why")},
	}, nil
}

func (s *pages) unread(q *frame.Request, page *HomePage) (HomeSection, error) {
	list, err := s.shows.Unread(q.Context(), q.Caller(), homeRows+1)
	more := len(list) > homeRows
	list = list[:min(len(list), homeRows)]
	return HomeSection{
		Title: q.T("home.unread"), Rows: reportRows(q, list), Rest: rest(q, more),
		More: &frame.TextLink{Path: q.WS("/reports"), Text: q.T("home.all-reports")},
		Empty: frame.Empty{Icon: "inbox", Title: q.T("home.no-unread"), Why: q.T("home.no-unread-why"),
			Path: q.WS("/reports"), Action: q.T("home.all-reports")},
	}, err
}

// rest says that a section holds only the first rows of its list.
func rest(q *frame.Request, more bool) string {
	if !more {
		return ""
	}
	return q.T("home.rest", homeRows)
}

func (s *pages) waiting(q *frame.Request, page *HomePage) (HomeSection, error) {
	list, more, err := s.newest(q, page, shows.ReportList{State: shows.Filed})
	return HomeSection{
		Title: q.T("home.waiting"), Rows: reportRows(q, list), Rest: rest(q, more),
		More: &frame.TextLink{Path: q.WS("/reports?state=filed"), Text: q.T("home.waiting-all")},
		Empty: frame.Empty{Icon: "inbox", Title: q.T("home.no-waiting"), Why: q.T("home.no-waiting-why"),
			Path: q.WS("/reports"), Action: q.T("home.all-reports")},
	}, err
}

func reportRows(q *frame.Request, list []reportRecord) []HomeRow {
	rows := make([]HomeRow, len(list))
	for i, r := range list {
		b := r.Body
		rows[i] = HomeRow{Path: q.WS("/reports/" + r.ID), Title: b.ProductionTitle,
			Badges: []frame.Badge{stage.StateBadge(q, b.State)}}
		if b.Number > 0 {
			rows[i].Title = q.T("home.report", b.ProductionTitle, b.Number)
		}
		if b.State == shows.Draft {
			rows[i].Path += "/edit"
		}
		if b.PerformanceLabel != "" {
			rows[i].Meta = q.T("home.of-performance", b.PerformanceLabel)
		}
		if !b.FiledAt.IsZero() {
			rows[i].Label, rows[i].When = q.T("home.filed"), frame.LocalWhen(b.FiledAt, b.Zone, "Mon 2 Jan 2006, 15:04")
		}
	}
	return rows
}

// reportAction is the one thing to do about tonight's report: begin it, go on with it, or read it.
func (s *pages) reportAction(q *frame.Request, list []reportRecord, performance string) *frame.TextLink {
	for _, r := range list {
		if r.Body.State == shows.Draft {
			return &frame.TextLink{Path: q.WS("/reports/" + r.ID + "/edit"), Text: q.T("home.continue")}
		}
	}
	for _, r := range list {
		if r.Body.Author.ID == q.Caller().Account {
			return &frame.TextLink{Path: q.WS("/reports/" + r.ID), Text: q.T("home.read-own")}
		}
	}
	if len(list) > 0 {
		return &frame.TextLink{Path: q.WS("/reports/" + list[0].ID), Text: q.T("home.read")}
	}
	return &frame.TextLink{Path: q.WS("/reports/new?performance=" + performance), Text: q.T("home.file")}
}

// queried are the caller's reports that came back with a question.
func (s *pages) queried(q *frame.Request, page *HomePage) (HomeSection, error) {
	list, more, err := s.newest(q, page, shows.ReportList{State: shows.Queried, Author: q.Caller().Account})
	out := HomeSection{
		Title: q.T("home.queried"), Rows: reportRows(q, list), Rest: rest(q, more),
		More: &frame.TextLink{Path: q.WS("/reports?state=queried"), Text: q.T("home.queried-all")},
		Empty: frame.Empty{Icon: "message-circle-question-mark", Title: q.T("home.no-queried"),
			Why: q.T("home.no-queried-why")},
	}
	for i := range out.Rows {
		out.Rows[i].Action = &frame.TextLink{Path: out.Rows[i].Path + "/amend", Text: q.T("home.answer")}
	}
	return out, err
}
