package web

import (
	"html/template"
	"net/http"

	"github.com/tinyoperahouse/toh/internal/access"
)

// Frame is what the layout shows around a page.
type Frame struct {
	Lang      string
	Listed    *Listing
	Title     template.HTML
	Body      template.HTML
	Theme     string
	Themes    []ThemeChoice
	Path      string // of this page, to come back to
	Home      string
	Account   *AccountChip
	Workspace *Switcher
	Nav       []NavItem
	Crumbs    []Crumb
	Toasts    []Toast
}

// AccountChip is who is signed in.
type AccountChip struct{ Name string }

// Switcher is the workspace that the page is in, and the others.
type Switcher struct {
	Name, RoleName string
	Others         []PlaceLink
}

// NavItem is one place of the menu.
type NavItem struct {
	Path, Label, Icon, Key string
	Current                bool
}

// places are the menu of a workspace: what a role may not open is not in it.
var places = []struct {
	section, path, label, icon string
	key, shortcut              string // after "g", and what the list of shortcuts says
	action                     access.Action
}{
	{"home", "/", "nav.home", "house", "h", "shortcuts.go-home", access.WorkspaceRead},
	{"productions", "/productions", "nav.productions", "theater", "p", "shortcuts.go-productions",
		access.ProductionList},
	{"reports", "/reports", "nav.reports", "file-text", "r", "shortcuts.go-reports", access.ReportList},
	{"members", "/members", "nav.members", "users", "m", "shortcuts.go-members", access.MemberList},
	{"audit", "/audit", "nav.audit", "scroll-text", "a", "shortcuts.go-audit", access.AuditRead},
	{"trash", "/trash", "nav.trash", "trash-2", "", "", access.TrashList},
	{"settings", "/settings", "nav.settings", "settings", "", "", access.WorkspaceUpdate},
}

func (s *Site) frame(q *Request, b *Base) *Frame {
	f := &Frame{
		Lang: s.catalog.Lang(), Listed: b.Listed, Theme: s.theme(q.Request), Themes: s.themeChoices(q.Request),
		Path: here(q, b), Home: "/", Crumbs: b.Crumbs, Toasts: s.toasts(q),
	}
	if q.Visit.Known() {
		f.Account = &AccountChip{q.Visit.Who.Account.Name}
	}
	if place := q.Visit.Place; place != nil {
		f.Home = place.Path() + "/"
		f.Workspace = &Switcher{place.Name, b.Role.Name(), q.Visit.links()}
		f.Nav = menu(q, b.Section)
	}
	return f
}

// here is the path that a change of theme comes back to. An address with a secret in it, or one that does not exist, is
// not repeated.
func here(q *Request, b *Base) string {
	if q.route.Ticket || b.lost || q.Method != http.MethodGet {
		return "/"
	}
	return q.URL.RequestURI()
}

func menu(q *Request, section string) []NavItem {
	var items []NavItem
	for _, p := range places {
		if access.Can(q.Caller(), p.action) {
			items = append(items, NavItem{q.WS(p.path), p.label, p.icon, p.key, p.section == section})
		}
	}
	return items
}
