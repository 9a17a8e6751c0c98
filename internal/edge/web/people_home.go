package web

import (
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/shows"
)

func (s *Site) homeRoutes() []Route {
	return []Route{
		{Name: "home", Method: "GET", Path: "/w/{ws}/", For: Member, Action: access.WorkspaceRead, Handle: s.home},
		{Name: "home.hide-steps", Method: "POST", Path: "/w/{ws}/first-steps/hide", For: Member,
			Action: access.WorkspaceRead, Handle: s.hideSteps},
	}
}

const (
	homeRows   = 8   // of a section that leads on to a whole list
	manyNights = 500 // performances of a section, which has no such list: no company plays more in its days
)

// leads say what the page is for, by role.
var leads = map[access.Role]string{
	access.Management: "home.lead-management", access.Organizer: "home.lead-organizer",
	access.Reporter: "home.lead-reporter", access.Viewer: "home.lead-viewer",
}

// home shows each role what is theirs to do first.
func (s *Site) home(q *Request) (Answer, error) {
	page := &HomePage{Base: Base{Section: "home"}, Name: q.Visit.Place.Name, Lead: q.T(leads[q.Caller().Role])}
	page.fill(q)
	var err error
	if page.Checklist, err = s.checklist(q, page); err != nil {
		return Answer{}, err
	}
	for _, section := range s.homeSections(q.Caller().Role) {
		made, err := section(q, page)
		if err != nil {
			return Answer{}, err
		}
		page.Sections = append(page.Sections, made)
	}
	return Show(page), nil
}

type homeSection func(q *Request, page *HomePage) (HomeSection, error)

func (s *Site) homeSections(role access.Role) []homeSection {
	switch role {
	case access.Reporter:
		return []homeSection{s.tonight, s.missing, s.queried, s.drafts}
	case access.Viewer:
		return []homeSection{s.unread}
	}
	return []homeSection{s.waiting, s.missing, s.tonight, s.upcoming}
}

// tonight are the performances of the venue's day, which ends at six in the morning.
func (s *Site) tonight(q *Request, page *HomePage) (HomeSection, error) {
	out := HomeSection{Title: q.T("home.tonight"), Empty: s.noPerformance(q, page),
		More: &TextLink{Path: q.WS("/productions"), Text: q.T("home.all-productions")}}
	from := theatreDay(q.Now(), q.Visit.Place.Zone)
	list, err := s.opts.Services.Stage.PerformancesBetween(q.Context(), q.Caller(), from, from.AddDate(0, 0, 1),
		manyNights)
	if err != nil {
		return out, err
	}
	var begun map[string][]homeReport
	if len(list) > 0 {
		begun, err = s.reported(q, from.AddDate(0, 0, -1))
	}
	for _, p := range list {
		row := HomeRow{
			Path: q.WS("/performances/" + p.Performance.ID), Title: p.Production.Body.Title,
			When: localWhen(p.Performance.Body.Start, p.Performance.Body.Zone, "15:04"),
			Meta: q.T("home.number", p.Performance.Body.Number),
		}
		off := p.Performance.Body.Status == shows.Cancelled
		if off {
			row.Badges = []Badge{performanceBadge(q, &p.Performance.Body, q.Now())}
		}
		if page.May(access.ReportCreate) && (!off || len(begun[p.Performance.ID]) > 0) {
			row.Action = s.reportAction(q, begun[p.Performance.ID], p.Performance.ID)
		}
		out.Rows = append(out.Rows, row)
	}
	return out, err
}

// theatreDay is when the present day began: an evening goes on until six in the morning.
func theatreDay(now time.Time, zone *time.Location) time.Time {
	local := zoned(now, zone).Add(-6 * time.Hour)
	return time.Date(local.Year(), local.Month(), local.Day(), 6, 0, 0, 0, local.Location())
}

func (s *Site) noPerformance(q *Request, page *HomePage) Empty {
	e := Empty{Icon: "moon", Title: q.T("home.no-performance"), Why: q.T("home.no-performance-why"),
		Path: q.WS("/productions"), Action: q.T("home.all-productions")}
	if page.May(access.PerformanceCreate) {
		e.Why, e.Action = q.T("home.no-performance-plan"), q.T("home.plan")
	}
	return e
}

func (s *Site) drafts(q *Request, page *HomePage) (HomeSection, error) {
	list, err := s.opts.Services.Stage.MyDrafts(q.Context(), q.Caller(), shows.ListInput{Limit: homeRows})
	return HomeSection{
		Title: q.T("home.drafts"), Rows: reportRows(q, list.Records), Rest: rest(q, list.Next != ""),
		More:  &TextLink{Path: q.WS("/reports?state=draft"), Text: q.T("home.drafts-all")},
		Empty: Empty{Icon: "file-text", Title: q.T("home.no-drafts"), Why: q.T("home.no-drafts-why")},
	}, err
}

func (s *Site) unread(q *Request, page *HomePage) (HomeSection, error) {
	list, err := s.opts.Services.Stage.Unread(q.Context(), q.Caller(), homeRows+1)
	more := len(list) > homeRows
	list = list[:min(len(list), homeRows)]
	return HomeSection{
		Title: q.T("home.unread"), Rows: reportRows(q, list), Rest: rest(q, more),
		More: &TextLink{Path: q.WS("/reports"), Text: q.T("home.all-reports")},
		Empty: Empty{Icon: "inbox", Title: q.T("home.no-unread"), Why: q.T("home.no-unread-why"),
			Path: q.WS("/reports"), Action: q.T("home.all-reports")},
	}, err
}

// rest says that a section holds only the first rows of its list.
func rest(q *Request, more bool) string {
	if !more {
		return ""
	}
	return q.T("home.rest", homeRows)
}

func (s *Site) waiting(q *Request, page *HomePage) (HomeSection, error) {
	list, err := s.opts.Services.Stage.WaitingForReview(q.Context(), q.Caller(), shows.ListInput{Limit: homeRows})
	return HomeSection{
		Title: q.T("home.waiting"), Rows: reportRows(q, list.Records), Rest: rest(q, list.Next != ""),
		More: &TextLink{Path: q.WS("/reports?state=filed"), Text: q.T("home.waiting-all")},
		Empty: Empty{Icon: "inbox", Title: q.T("home.no-waiting"), Why: q.T("home.no-waiting-why"),
			Path: q.WS("/reports"), Action: q.T("home.all-reports")},
	}, err
}

func reportRows(q *Request, list []records.Record[shows.Report]) []HomeRow {
	rows := make([]HomeRow, len(list))
	for i, r := range list {
		b := r.Body
		rows[i] = HomeRow{Path: q.WS("/reports/" + r.ID), Title: b.ProductionTitle,
			Badges: []Badge{StateBadge(q, b.State)}}
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
			rows[i].Label, rows[i].When = q.T("home.filed"), localWhen(b.FiledAt, b.Zone, "Mon 2 Jan 2006, 15:04")
		}
	}
	return rows
}

// StateBadge is the state of a report in words, with icon and tone.
func StateBadge(q *Request, state shows.State) Badge {
	switch state {
	case shows.Draft:
		return Badge{q.T("state.draft"), "pencil", ""}
	case shows.Filed:
		return Badge{q.T("state.filed"), "send", "note"}
	case shows.Accepted:
		return Badge{q.T("state.accepted"), "circle-check", "good"}
	case shows.Queried:
		return Badge{q.T("state.queried"), "message-circle-question-mark", "warn"}
	}
	return Badge{string(state), "circle", ""}
}
