package profile

import (
	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/product/account"
)

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
	How                   string // it was opened; "" if that was not kept
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

// FactorsPage is what the account has beside its password.
type FactorsPage struct {
	frame.Base
	Tabs                                   []frame.Tab
	On, Opened, Offered                    bool
	App                                    *FactorRow
	Passkeys                               []FactorRow
	Left                                   string // of the recovery codes
	Link, SetUp, AddPasskey, Renew, Forget frame.Button
}

// Template names the page.
func (*FactorsPage) Template() string { return "profile/factors" }

// FactorRow is an authenticator app or a passkey.
type FactorRow struct {
	Name, Icon  string
	Synced      bool
	Since, Used frame.When
	Remove      frame.Button
}

// AppPage shows the picture that an authenticator app scans.
type AppPage struct {
	frame.Base
	Form    *frame.Form
	Secret  string
	Picture account.Picture
}

// Template names the page.
func (*AppPage) Template() string { return "profile/app" }

// CodesPage shows new recovery codes, this once.
type CodesPage struct {
	frame.Base
	Codes []string
}

// Template names the page.
func (*CodesPage) Template() string { return "profile/codes" }

// NewPasskeyPage asks for the name of a new passkey.
type NewPasskeyPage struct {
	frame.Base
	Form    *frame.Form
	Passkey *frame.Passkey
}

// Template names the page.
func (*NewPasskeyPage) Template() string { return "profile/passkey" }
