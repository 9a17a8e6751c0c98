package security

import (
	"slices"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/product/workspace"
)

// Task is something that only the customer can do, and where it is done.
type Task struct{ Text, Path, Link string }

// tasks are those of every customer. What begins with "/" is in the account, everything else in a workspace.
var tasks = []struct{ text, path, link string }{
	{"security.yours-password", "/account/password", "security.yours-password-link"},
	{"security.yours-sessions", "/account/sessions", "security.yours-sessions-link"},
	{"security.yours-tokens", "/account/tokens", "security.yours-tokens-link"},
	{"security.yours-members", "members", "security.yours-members-link"},
	{"security.yours-settings", "settings", "security.yours-settings-link"},
	{"security.yours-audit", "audit", "security.yours-audit-link"},
	{"security.yours-agreement", "settings/agreement", "security.yours-agreement-link"},
}

// yours are the tasks with the places where they are done: for a manager in a workspace of theirs, for everybody else
// by way of the list of their workspaces.
func yours(q *frame.Request) []Task {
	place := ""
	if q.Who.Known() {
		mine := q.Who.Memberships()
		manages := func(m workspace.Membership) bool { return m.Role == access.Management }
		if i := slices.IndexFunc(mine, manages); i >= 0 {
			place = frame.WorkspacePath(mine[i].Slug) + "/"
		}
	}
	list := make([]Task, len(tasks))
	for i, t := range tasks {
		list[i] = Task{Text: q.T(t.text), Path: t.path, Link: q.T(t.link)}
		switch {
		case t.path[0] == '/':
		case place == "":
			list[i].Path = "/workspaces"
		default:
			list[i].Path = place + t.path
		}
	}
	return list
}
