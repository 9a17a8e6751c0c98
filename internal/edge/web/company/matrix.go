package company

import (
	"strings"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/product/workspace"
)

// headings are the headings of the matrix, by the first half of an action's name, in the order of the page.
var headings = []struct{ prefix, title string }{
	{"report", "matrix.reports"},
	{"performance", "matrix.performances"},
	{"production", "matrix.productions"},
	{"trash", "matrix.trash"},
	{"member", "matrix.members"},
	{"invite", "matrix.invitations"},
	{"audit", "matrix.audit"},
	{"", "matrix.workspace"},
}

func (s *pages) showMatrix(q *frame.Request) (frame.Answer, error) {
	page := &MatrixPage{Base: frame.Base{Section: "members", Crumbs: []frame.Crumb{{Text: q.T("members.title"),
		Path: q.WS("/members")},
		{Text: q.T("matrix.title")}}}}
	for _, role := range access.MemberRoles {
		page.Roles = append(page.Roles, role.Name())
	}
	groups := make([]MatrixGroup, len(headings))
	for _, row := range workspace.Matrix() {
		g := &groups[headingOf(row.Action)]
		g.Rows = append(g.Rows, matrixRow(row))
	}
	for i, g := range groups {
		if len(g.Rows) > 0 {
			g.Title = q.T(headings[i].title)
			page.Groups = append(page.Groups, g)
		}
	}
	return frame.Show(page), nil
}

func headingOf(a access.Action) int {
	prefix, _, _ := strings.Cut(string(a), ".")
	for i, s := range headings {
		if s.prefix == prefix {
			return i
		}
	}
	return len(headings) - 1
}

func matrixRow(row access.Row) MatrixRow {
	out := MatrixRow{Action: row.Action, Says: row.Says}
	for _, role := range access.MemberRoles {
		out.May = append(out.May, row.May(role))
	}
	return out
}
