package web

import "github.com/tinyoperahouse/toh/internal/access"

func peoplePages() []Page {
	return []Page{
		&LandingPage{}, &SignInPage{}, &FormPage{}, &MessagePage{}, &AccountPage{}, &SessionsPage{}, &TokensPage{},
		&TokenPage{},
		&WorkspacesPage{}, &HomePage{}, &MembersPage{}, &InvitationsPage{}, &MatrixPage{}, &KeyPage{},
	}
}

// Tab is one of the pages that belong together.
type Tab struct {
	Path, Text, Icon string
	Current          bool
}

// Button is a form of one button.
type Button struct {
	Path, Text, Icon, Tone string
	About                  string // for those who do not see what it stands beside
}

// TextLink is a link after some words.
type TextLink struct{ Before, Path, Text string }

// LandingPage is what strangers see first.
type LandingPage struct {
	Base
	Demo     []DemoHouse
	Promises []Promise
}

// Template names the page.
func (*LandingPage) Template() string { return "people/landing" }

// Promise is something that the product does, by keys of the catalog.
type Promise struct{ Icon, Title, Text string }

// DemoHouse is a workspace of the demonstration with its people.
type DemoHouse struct {
	Workspace string
	Accounts  []DemoAccount
}

// SignInPage is a FormPage with the accounts of a demonstration beside it.
type SignInPage struct {
	Base
	Form  *Form
	Again bool   // what was written is sent again afterwards
	Lead  string // about that
}

// Template names the page.
func (*SignInPage) Template() string { return "people/sign-in" }

// FormPage is a page that is mostly one form; without fields, it asks whether something should really be done.
type FormPage struct {
	Base
	Title, Lead    string
	Tabs           []Tab
	Sheet, Danger  bool
	Form           *Form
	Notices        []Notice
	Action, Submit string
	As             string // whose form it is
	Cancel         string
	Links          []TextLink
	ID             string // by which the operator finds what the page is about
}

// Template names the page.
func (*FormPage) Template() string { return "people/form" }

// MessagePage says something, and where to go on.
type MessagePage struct {
	Base
	Title        string
	Lines        []string
	Path, Action string
}

// Template names the page.
func (*MessagePage) Template() string { return "people/message" }

// AccountPage is about oneself.
type AccountPage struct {
	Base
	Tabs  []Tab
	Form  *Form
	Email string
	ID    string // by which the operator finds the account
}

// Template names the page.
func (*AccountPage) Template() string { return "people/account" }

// SessionsPage lists where one is signed in.
type SessionsPage struct {
	Base
	Tabs    []Tab
	Rows    []SessionRow
	EndForm *Form
	EndAll  Button
}

// Template names the page.
func (*SessionsPage) Template() string { return "people/sessions" }

// SessionRow is one browser.
type SessionRow struct {
	Device, Icon, Address string
	Here                  bool
	Since, Seen           When
	End                   Button
}

// TokensPage lists API tokens.
type TokensPage struct {
	Base
	Tabs  []Tab
	Rows  []TokenRow
	Empty Empty
}

// Template names the page.
func (*TokensPage) Template() string { return "people/tokens" }

// TokenRow is one API token.
type TokenRow struct {
	Name       string
	Scopes     []string
	Ends, Used When
	Revoke     Button
}

// TokenPage shows a new token, this once.
type TokenPage struct {
	Base
	Name, Secret string
}

// Template names the page.
func (*TokenPage) Template() string { return "people/token" }

// WorkspacesPage lists one's workspaces.
type WorkspacesPage struct {
	Base
	Rows  []WorkspaceRow
	Empty Empty
}

// Template names the page.
func (*WorkspacesPage) Template() string { return "people/workspaces" }

// WorkspaceRow is one of them.
type WorkspaceRow struct{ Name, Path, Role string }

// HomePage is where a member lands: what matters to their role first.
type HomePage struct {
	Base
	Name, Lead string
	Checklist  *Checklist
	Sections   []HomeSection
}

// Template names the page.
func (*HomePage) Template() string { return "people/home" }

// Checklist is the first steps in a new workspace.
type Checklist struct {
	Done, Total int
	Steps       []Step
	Dismiss     Button
}

// Step is one of them.
type Step struct {
	Text, Why, Path string
	Done            bool
}

// HomeSection is a short list, or why it is empty.
type HomeSection struct {
	Title string
	Rows  []HomeRow
	Empty Empty
	More  *TextLink
	Rest  string // that there are more rows than these, or ""
}

// HomeRow is something to open, and perhaps the one thing to do about it.
type HomeRow struct {
	Path, Title, Meta string
	Label             string // what the time is of, if that is not plain
	When              When
	Badges            []Badge
	Action            *TextLink
}

// MembersPage lists the people of a workspace.
type MembersPage struct {
	Base
	Rows []MemberRow
}

// Template names the page.
func (*MembersPage) Template() string { return "people/members" }

// MemberRow is one of them. Change and Remove are paths, or "" where the caller may not.
type MemberRow struct {
	Name, Email, Role string
	You               bool
	Since             When
	Change, Remove    string
}

// InvitationsPage invites, and lists open invitations.
type InvitationsPage struct {
	Base
	Form *Form
	Rows []InvitationRow
}

// Template names the page.
func (*InvitationsPage) Template() string { return "people/invitations" }

// InvitationRow is one of them.
type InvitationRow struct {
	Email, Role   string
	Ends          When
	Ended         bool // whoever sent it may not invite any more
	Again, Revoke Button
}

// MatrixPage shows who may do what.
type MatrixPage struct {
	Base
	Roles  []string
	Groups []MatrixGroup
}

// Template names the page.
func (*MatrixPage) Template() string { return "people/matrix" }

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
