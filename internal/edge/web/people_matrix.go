package web

import (
	"strings"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/product/workspace"
)

// subjects are the headings of the matrix, by the first half of an action's name, in the order of the page.
var subjects = []struct{ prefix, title string }{
	{"report", "matrix.reports"},
	{"performance", "matrix.performances"},
	{"production", "matrix.productions"},
	{"trash", "matrix.trash"},
	{"member", "matrix.members"},
	{"invite", "matrix.invitations"},
	{"audit", "matrix.audit"},
	{"", "matrix.workspace"},
}

func (s *Site) showMatrix(q *Request) (Answer, error) {
	page := &MatrixPage{Base: Base{Section: "members", Crumbs: []Crumb{{q.T("members.title"), q.WS("/members")},
		{q.T("matrix.title"), ""}}}}
	for _, role := range access.MemberRoles {
		page.Roles = append(page.Roles, role.Name())
	}
	groups := make([]MatrixGroup, len(subjects))
	for _, row := range workspace.Matrix() {
		g := &groups[subjectOf(row.Action)]
		g.Rows = append(g.Rows, matrixRow(row))
	}
	for i, g := range groups {
		if len(g.Rows) > 0 {
			g.Title = q.T(subjects[i].title)
			page.Groups = append(page.Groups, g)
		}
	}
	return Show(page), nil
}

func subjectOf(a access.Action) int {
	prefix, _, _ := strings.Cut(string(a), ".")
	for i, s := range subjects {
		if s.prefix == prefix {
			return i
		}
	}
	return len(subjects) - 1
}

func matrixRow(row access.Row) MatrixRow {
	out := MatrixRow{Action: row.Action, Says: row.Says}
	for _, role := range access.MemberRoles {
		out.May = append(out.May, row.May(role))
	}
	return out
}
