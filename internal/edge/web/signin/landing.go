package signin

import "github.com/tinyoperahouse/toh/internal/edge/web/frame"

func (s *pages) landingRoutes() []frame.Route {
	return []frame.Route{{Name: "landing", Method: "GET", Path: "/", For: frame.Public, Listed: true,
		Handle: s.landing, Page: &LandingPage{}}}
}

var promises = []Promise{
	{"lock", "landing.sealed.title", "landing.sealed.text"},
	{"shield-check", "landing.fixed.title", "landing.fixed.text"},
	{"eye", "landing.seen.title", "landing.seen.text"},
}

// landing is the first page for people who are not signed in. Others are redirected to their workspace.
func (s *pages) landing(q *frame.Request) (frame.Answer, error) {
	if !q.Who.Known() {
		listed := &frame.Listing{Description: q.T("landing.description"), Address: q.SiteURL("/")}
		return frame.Show(&LandingPage{Base: frame.Base{Listed: listed}, Demo: s.demoWorkspaces(), Promises: promises}),
			nil
	}
	if mine := q.Who.Memberships(); len(mine) == 1 {
		return frame.Go(frame.WorkspacePath(mine[0].Slug) + "/"), nil
	}
	return frame.Go("/workspaces"), nil
}

// demoWorkspaces groups the accounts of a demonstration by workspace.
func (s *pages) demoWorkspaces() []DemoWorkspace {
	if s.demo == nil {
		return nil
	}
	var list []DemoWorkspace
	for _, a := range s.demo() {
		if n := len(list); n == 0 || list[n-1].Workspace != a.Workspace {
			list = append(list, DemoWorkspace{Workspace: a.Workspace})
		}
		last := &list[len(list)-1]
		last.Accounts = append(last.Accounts, a)
	}
	return list
}

// DemoAccount is an account of the demonstration that the first page offers.
type DemoAccount struct{ Workspace, Role, Email, Password string }
