package overview

import (
	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
)

func (s *pages) homeRoutes() []frame.Route {
	return []frame.Route{
		{Name: "home", Method: "GET", Path: "/w/{ws}/", For: frame.Member, Action: access.WorkspaceRead, Handle: s.home,
			Page: &HomePage{}},
		{Name: "home.hide-steps", Method: "POST", Path: "/w/{ws}/first-steps/hide", For: frame.Member,
			Action: access.WorkspaceRead, Handle: s.hideSteps},
	}
}

const homeRows = 8 // of a section that leads on to a whole list

// leads say what the page is for, by role.
var leads = map[access.Role]string{
	access.Management: "home.lead-management", access.Organizer: "home.lead-organizer",
	access.Reporter: "home.lead-reporter", access.Viewer: "home.lead-viewer",
}

// home shows each role what is theirs to do first.
func (s *pages) home(q *frame.Request) (frame.Answer, error) {
	page := &HomePage{Base: frame.Base{Section: "home"}, Name: q.Place.Name, Lead: q.T(leads[q.Caller().Role])}
	page.Fill(q)
	var err error
	if page.Checklist, err = s.checklist(q, page); err != nil {
		return frame.Answer{}, err
	}
	for _, section := range s.homeSections(q.Caller().Role) {
		made, err := section(q, page)
		if err != nil {
			return frame.Answer{}, err
		}
		page.Sections = append(page.Sections, made)
	}
	if q.Caller().Role == access.Management {
		if page.Notices, err = s.notices(q); err != nil {
			return frame.Answer{}, err
		}
		page.Promises = s.promiseLine(q)
	}
	return frame.Show(page), nil
}

// notices lead to where they are acknowledged.
func (s *pages) notices(q *frame.Request) ([]frame.Notice, error) {
	open, err := s.workspaces.Notices(q.Context(), q.Caller())
	if err != nil {
		return nil, err
	}
	list := make([]frame.Notice, len(open))
	for i, n := range open {
		list[i] = frame.Notice{Title: n.Title, Text: n.Text, Icon: "calendar", Tone: "note",
			Link: &frame.TextLink{Path: q.WS("/settings/agreement"), Text: q.T("home.notice-more")}}
	}
	return list, nil
}

// promiseLine is nil if the promises cannot be read: the page is complete without them.
func (s *pages) promiseLine(q *frame.Request) *PromiseLine {
	o, err := s.promises.Overview(q.Context())
	if err != nil || o.LastRun.IsZero() {
		return nil
	}
	badge := frame.Badge{Text: q.T("home.promises-hold"), Icon: "circle-check", Tone: "good"}
	switch {
	case o.Broken > 0:
		badge = frame.Badge{Text: q.N("home.promises-broken", o.Broken), Icon: "octagon-alert", Tone: "bad"}
	case o.Late:
		badge = frame.Badge{Text: q.T("home.promises-late"), Icon: "triangle-alert", Tone: "warn"}
	case o.Unchecked > 0:
		badge = frame.Badge{Text: q.T("home.promises-partly"), Icon: "circle-dot"}
	}
	return &PromiseLine{State: badge, Sentence: q.T("home.promises", o.Kept, len(o.Promises), o.Broken, o.Unchecked)}
}

type homeSection func(q *frame.Request, page *HomePage) (HomeSection, error)

func (s *pages) homeSections(role access.Role) []homeSection {
	switch role {
	case access.Reporter:
		return []homeSection{s.tonight, s.missing, s.queried, s.drafts}
	case access.Viewer:
		return []homeSection{s.unread}
	}
	return []homeSection{s.waiting, s.missing, s.tonight, s.upcoming}
}
