package access

import (
	"slices"
	"strings"

	"github.com/tinyoperahouse/toh/internal/model"
)

// Row is one line of the matrix as people read it.
type Row struct {
	Action Action
	Says   string
	Roles  []Role // the member roles that may do it
}

// May reports whether a member role may do what the row says.
func (r Row) May(role Role) bool { return slices.Contains(r.Roles, role) }

// Table is the matrix of a workspace's member roles, sorted by action. Rows that no member may do are left out.
func Table() []Row {
	rows := make([]Row, 0, len(matrix))
	for action, rule := range matrix {
		if rule.in != model.WorkspaceScope {
			continue
		}
		if roles := memberRoles(rule.roles); len(roles) > 0 {
			rows = append(rows, Row{action, rule.says, roles})
		}
	}
	slices.SortFunc(rows, func(a, b Row) int { return strings.Compare(string(a.Action), string(b.Action)) })
	return rows
}

func memberRoles(roles []Role) []Role {
	return slices.DeleteFunc(slices.Clone(roles), func(r Role) bool { return !ValidMemberRole(r) })
}

// Known reports whether the action is in the matrix.
func Known(a Action) bool { _, ok := matrix[a]; return ok }

// Says is what the action allows, in words, or "".
func Says(a Action) string { return matrix[a].says }

// Did is what was done, in words that follow the name of who did it, or "". "%s" in it stands for the record.
func Did(a Action) string { return matrix[a].did }

// Actions are all actions in a kind of scope, sorted.
func Actions(in model.ScopeKind) []Action {
	var actions []Action
	for action, rule := range matrix {
		if rule.in == in {
			actions = append(actions, action)
		}
	}
	slices.Sort(actions)
	return actions
}
