package signin

import "github.com/tinyoperahouse/toh/internal/edge/web/frame"

// LandingPage is the first page, for people who are not signed in.
type LandingPage struct {
	frame.Base
	Demo     []DemoWorkspace
	Promises []Promise
}

// Template names the page.
func (*LandingPage) Template() string { return "signin/landing" }

// Promise is something that the product does, by keys of the catalog.
type Promise struct{ Icon, Title, Text string }

// DemoWorkspace is a workspace of the demonstration with its people.
type DemoWorkspace struct {
	Workspace string
	Accounts  []DemoAccount
}

// SignInPage asks for address and password, or a passkey.
type SignInPage struct {
	frame.Base
	Form    *frame.Form
	Again   bool   // what was written is sent again afterwards
	Lead    string // about that
	Passkey *frame.Passkey
}

// Template names the page.
func (*SignInPage) Template() string { return "signin/sign-in" }

// SecondPage asks for the second factor of a sign-in.
type SecondPage struct {
	frame.Base
	Form    *frame.Form
	Passkey *frame.Passkey
}

// Template names the page.
func (*SecondPage) Template() string { return "signin/second" }
