package frame

import (
	"html/template"
	"net/http"

	"github.com/tinyoperahouse/toh/internal/access"
)

// Layout is what the layout shows around a page.
type Layout struct {
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
	Ending    *Notice // that the workspace will be erased
	Foot      []FootLink
}

// AccountChip is who is signed in.
type AccountChip struct{ Name string }

// Switcher is the menu of workspaces: the page's own, and the others.
type Switcher struct {
	Name, RoleName string
	Others         []PlaceLink
}

// NavItem is one place of the menu.
type NavItem struct {
	Path, Label, Icon, Key string
	Current                bool
}

func (s *Site) layout(q *Request, b *Base) *Layout {
	f := &Layout{
		Lang: s.catalog.Lang(), Listed: b.Listed, Theme: s.theme(q.Request), Themes: s.themeChoices(q.Request),
		Path: here(q, b), Home: "/", Crumbs: b.Crumbs, Toasts: s.toasts(q), Foot: s.foot,
	}
	if q.Who.Known() {
		f.Account = &AccountChip{q.Who.Person().Name}
	}
	if place := q.Place; place != nil {
		f.Home = place.Path() + "/"
		f.Workspace = &Switcher{place.Name, b.Role.Name(), q.links()}
		f.Nav = menu(q, b.Section)
		f.Ending = ending(q, b)
	}
	return f
}

// ending tells every member, on every page of the workspace, that it will be erased; nil if it will not.
func ending(q *Request, b *Base) *Notice {
	if q.Place.Ends.IsZero() {
		return nil
	}
	n := &Notice{Icon: "trash-2", Tone: "warn", Title: q.T("ending.title"),
		Text: q.T("ending.text", when(q.Place.Ends, q.Place.Zone, q.Now(), "").Text)}
	if b.May(access.WorkspaceSpare) {
		n.Link = &TextLink{Path: q.WS("/settings/erase"), Text: q.T("ending.stop")}
	}
	return n
}

// here is the path to return to after a change of theme. It is "/" for an address that contains a secret or does not
// exist.
func here(q *Request, b *Base) string {
	if q.route.Ticket || b.Absent || q.Method != http.MethodGet {
		return "/"
	}
	return q.URL.RequestURI()
}

func menu(q *Request, section string) []NavItem {
	var items []NavItem
	for _, m := range q.site.menu {
		if access.Can(q.Caller(), m.Action) {
			items = append(items, NavItem{q.WS(m.Path), m.Label, m.Icon, m.Key, m.Section == section})
		}
	}
	return items
}
