package web

func (s *Site) landingRoutes() []Route {
	return []Route{{Name: "landing", Method: "GET", Path: "/", For: Public, Handle: s.landing}}
}

var promises = []Promise{
	{"lock", "landing.sealed.title", "landing.sealed.text"},
	{"shield-check", "landing.fixed.title", "landing.fixed.text"},
	{"eye", "landing.seen.title", "landing.seen.text"},
}

// landing greets strangers, and leads members to where they work.
func (s *Site) landing(q *Request) (Answer, error) {
	if !q.Visit.Known() {
		listed := &Listing{Description: q.T("landing.description"), Address: s.URL("/")}
		return Show(&LandingPage{Base: Base{Listed: listed}, Demo: s.demo(), Promises: promises}), nil
	}
	if mine := q.Visit.Memberships; len(mine) == 1 {
		return Go(placePath(mine[0].Slug) + "/"), nil
	}
	return Go("/workspaces"), nil
}

// demo groups the accounts of a demonstration by workspace.
func (s *Site) demo() []DemoHouse {
	if s.opts.Demo == nil {
		return nil
	}
	var houses []DemoHouse
	for _, a := range s.opts.Demo() {
		if n := len(houses); n == 0 || houses[n-1].Workspace != a.Workspace {
			houses = append(houses, DemoHouse{Workspace: a.Workspace})
		}
		last := &houses[len(houses)-1]
		last.Accounts = append(last.Accounts, a)
	}
	return houses
}
