package company

import (
	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
)

// WorkspacesPage lists one's workspaces.
type WorkspacesPage struct {
	frame.Base
	Rows  []WorkspaceRow
	Empty frame.Empty
}

// Template names the page.
func (*WorkspacesPage) Template() string { return "company/workspaces" }

// WorkspaceRow is one of them.
type WorkspaceRow struct{ Name, Path, Role string }

// MembersPage lists the people of a workspace.
type MembersPage struct {
	frame.Base
	Rows []MemberRow
}

// Template names the page.
func (*MembersPage) Template() string { return "company/members" }

// MemberRow is one of them. Change and Remove are paths, or "" where the caller may not.
type MemberRow struct {
	Name, Email, Role string
	You               bool
	Since             frame.When
	Change, Remove    string
}

// InvitationsPage invites, and lists open invitations.
type InvitationsPage struct {
	frame.Base
	Form *frame.Form
	Rows []InvitationRow
}

// Template names the page.
func (*InvitationsPage) Template() string { return "company/invitations" }

// InvitationRow is one of them.
type InvitationRow struct {
	Email, Role   string
	Ends          frame.When
	Ended         bool // its sender may no longer invite people
	Returned      bool // its mail could not be delivered
	Again, Revoke frame.Button
}

// MatrixPage shows who may do what.
type MatrixPage struct {
	frame.Base
	Roles  []string
	Groups []MatrixGroup
}

// Template names the page.
func (*MatrixPage) Template() string { return "company/matrix" }

// MatrixGroup is the actions on one kind of thing.
type MatrixGroup struct {
	Title string
	Rows  []MatrixRow
}

// MatrixRow is one action and which of the roles may do it.
type MatrixRow struct {
	Action access.Action
	Says   string
	May    []bool
}
