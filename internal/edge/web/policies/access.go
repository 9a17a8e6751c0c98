package policies

import (
	"context"

	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/product/policy"
)

// Attested says what was last read back of who can do what past the product.
type Attested interface {
	Access(ctx context.Context) (policy.Access, error)
}

// AccessPage says who can do what with the installation past the product, by role.
type AccessPage struct {
	frame.Base
	Tabs   []frame.Tab
	Cloud  bool
	State  frame.Badge
	Says   string
	Read   *frame.When // nil if never
	Groups []AccessGroup
}

// Template names the page.
func (*AccessPage) Template() string { return "policies/access" }

// AccessGroup is who has one ability.
type AccessGroup struct {
	ID, Title, Lead string
	Rows            []AccessRow
}

// AccessRow is one role and who holds it.
type AccessRow struct {
	Role, Holder string
	Count        int
	State        frame.Badge
}

const (
	accessPath  = "/access"
	instantForm = "2 January 2006, 15:04 MST"
)

func (s *pages) accessRoutes() []frame.Route {
	return []frame.Route{{Name: "access", Method: "GET", Path: accessPath, For: frame.Public, Listed: true,
		Handle: s.access, Page: &AccessPage{}}}
}

func (s *pages) access(q *frame.Request) (frame.Answer, error) {
	a, err := s.attested.Access(q.Context())
	if err != nil {
		return frame.Answer{}, err
	}
	page := &AccessPage{Tabs: s.tabs(q, "access"), Base: listed(q, accessPath, q.T("access.lead")), Cloud: a.Cloud}
	page.State, page.Says = accessState(q, a)
	if !a.At.IsZero() {
		read := frame.LocalWhen(a.At, "UTC", instantForm)
		page.Read = &read
	}
	for _, ability := range policy.AccessAbilities {
		g := AccessGroup{ID: ability, Title: q.T(accessTitles[ability]), Lead: q.T(accessLeads[ability])}
		for _, r := range a.Rows {
			if r.Ability == ability {
				g.Rows = append(g.Rows, accessRow(q, a, r))
			}
		}
		page.Groups = append(page.Groups, g)
	}
	return frame.Show(page), nil
}

// accessState is the whole in one badge and a sentence. It is good only if it was read lately and completely, and
// nobody has more than is meant.
func accessState(q *frame.Request, a policy.Access) (frame.Badge, string) {
	switch {
	case !a.Cloud:
		return frame.Badge{Text: q.T("access.local"), Icon: "info", Tone: "note"}, q.T("access.local-text")
	case a.At.IsZero():
		return frame.Badge{Text: q.T("access.never"), Icon: "circle-dot"}, q.T("access.never-text")
	case a.Old:
		return frame.Badge{Text: q.T("access.old"), Icon: "triangle-alert", Tone: "warn"}, q.T("access.old-text")
	case a.Good():
		return frame.Badge{Text: q.T("access.good"), Icon: "circle-check", Tone: "good"}, q.T("access.good-text")
	case a.Missing > 0:
		return frame.Badge{Text: q.T("access.partly"), Icon: "circle-dot", Tone: "warn"},
			q.N("access.missing", a.Missing)
	}
	return frame.Badge{Text: q.T("access.more"), Icon: "triangle-alert", Tone: "warn"}, q.T("access.more-text")
}

// accessRow shows a row. What was read too long ago has no colour.
func accessRow(q *frame.Request, a policy.Access, r policy.Holding) AccessRow {
	row := AccessRow{Role: r.Role, Holder: q.T(accessHolders[r.Holder]), Count: r.Count}
	if r.Role == "custom" {
		row.Role = q.T("access.custom")
	}
	switch {
	case a.Old:
		row.State = frame.Badge{Text: q.T("access.row-old"), Icon: "history"}
	case r.Expected:
		row.State = frame.Badge{Text: q.T("access.row-meant"), Icon: "circle-check", Tone: "good"}
	case r.Holder == "briefly":
		row.State = frame.Badge{Text: q.T("access.row-briefly"), Icon: "clock", Tone: "note"}
	default:
		row.State = frame.Badge{Text: q.T("access.row-more"), Icon: "triangle-alert", Tone: "warn"}
	}
	return row
}

// The words, as keys of the catalog.
var (
	accessTitles = map[string]string{"deploy": "access.deploy", "logs": "access.logs", "data": "access.data",
		"rules": "access.rules"}
	accessLeads = map[string]string{"deploy": "access.deploy-lead", "logs": "access.logs-lead",
		"data": "access.data-lead", "rules": "access.rules-lead"}
	accessHolders = map[string]string{"web": "access.web", "tasks": "access.tasks", "push": "access.push",
		"build": "access.build", "people": "access.people", "briefly": "access.briefly",
		"programs": "access.programs", "everybody": "access.everybody"}
)
