// Package signin is the first page and the ways to a session: opening an account, signing in and out, a forgotten
// password.
//
// No page must disclose whether an address has an account. A mailed link can be opened any number of times; only a POST
// uses it, once.
package signin

import (
	"context"
	"slices"

	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/product/account"
)

// Accounts are the use cases of accounts that these pages call.
type Accounts interface {
	ChallengeSecond(ctx context.Context, c account.Client, waiting string) (account.Challenge, error)
	ChallengeToEnter(ctx context.Context, c account.Client) (account.Challenge, error)
	Confirm(ctx context.Context, c account.Client, secret, password string) (account.SignedIn, error)
	Enter(ctx context.Context, c account.Client, step, answer string) (account.SignedIn, error)
	Forgot(ctx context.Context, c account.Client, email string) error
	Passkeys() bool
	Peek(ctx context.Context, c account.Client, p account.Purpose, secret string) (account.Ticket, error)
	Reset(ctx context.Context, c account.Client, secret, password string) (device string, err error)
	SecondStep(ctx context.Context, c account.Client, waiting string, in account.Second) (account.SignedIn, error)
	SignIn(ctx context.Context, c account.Client, in account.Login) (account.SignedIn, error)
	SignOut(ctx context.Context, who account.Oneself) error
	SignUp(ctx context.Context, c account.Client, n account.NewAccount) error
	Waits(ctx context.Context, c account.Client, waiting string) (*account.Waiting, error)
}

type pages struct {
	accounts Accounts
	demo     func() []DemoAccount // accounts that the first page offers; nil for none
}

// Subject is mounted by the site. demo gives the accounts of a demonstration that the first page offers; nil is for
// none.
func Subject(accounts Accounts, demo func() []DemoAccount) frame.Subject {
	s := &pages{accounts: accounts, demo: demo}
	return frame.Subject{
		Name: "signin", Routes: slices.Concat(s.landingRoutes(), s.signUpRoutes(), s.signInRoutes(),
			s.secondRoutes()),
		SignIn: s.askAgain,
	}
}
