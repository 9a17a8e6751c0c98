package profile

import "github.com/tinyoperahouse/toh/internal/edge/web/frame"

// AccountPage is about oneself.
type AccountPage struct {
	frame.Base
	Tabs  []frame.Tab
	Form  *frame.Form
	Email string
	ID    string // by which the operator finds the account
}

// Template names the page.
func (*AccountPage) Template() string { return "profile/account" }

// SessionsPage lists where one is signed in.
type SessionsPage struct {
	frame.Base
	Tabs    []frame.Tab
	Rows    []SessionRow
	EndForm *frame.Form
	EndAll  frame.Button
}

// Template names the page.
func (*SessionsPage) Template() string { return "profile/sessions" }

// SessionRow is one browser.
type SessionRow struct {
	Device, Icon, Address string
	Here                  bool
	Since, Seen           frame.When
	End                   frame.Button
}

// TokensPage lists API tokens.
type TokensPage struct {
	frame.Base
	Tabs  []frame.Tab
	Rows  []TokenRow
	Empty frame.Empty
}

// Template names the page.
func (*TokensPage) Template() string { return "profile/tokens" }

// TokenRow is one API token.
type TokenRow struct {
	Name       string
	Scopes     []string
	Ends, Used frame.When
	Revoke     frame.Button
}

// TokenPage shows a new token, this once.
type TokenPage struct {
	frame.Base
	Name, Secret string
}

// Template names the page.
func (*TokenPage) Template() string { return "profile/token" }
