// Package profile is the pages about oneself: name, address and password, sign-in factors, where one is signed in, and
// API tokens.
package profile

import (
	"context"
	"slices"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/account"
)

// Accounts are the use cases of accounts that these pages call.
type Accounts interface {
	AcceptApp(ctx context.Context, who account.Oneself, code string) (account.Renewed, error)
	AddPasskey(ctx context.Context, who account.Oneself, n account.NewPasskey) (account.Renewed, error)
	AskFactorLink(ctx context.Context, who account.Oneself) error
	ChallengeToAdd(ctx context.Context, who account.Oneself) (account.Challenge, error)
	ChallengeToProve(ctx context.Context, who account.Oneself) (account.Challenge, error)
	ChangeEmail(ctx context.Context, who account.Oneself, in account.NewEmail) error
	ChangePassword(ctx context.Context, who account.Oneself, in account.NewPassword) (account.SignedIn, error)
	ConfirmEmail(ctx context.Context, c account.Client, secret string) error
	CreateToken(ctx context.Context, c access.Caller, n account.NewToken) (text string, t account.TokenRecord,
		err error)
	EndSession(ctx context.Context, c access.Caller, id string) error
	ForgetDevices(ctx context.Context, c access.Caller) error
	ListFactors(ctx context.Context, c access.Caller) (account.FactorList, error)
	ListSessions(ctx context.Context, c access.Caller) ([]account.SessionRecord, error)
	ListTokens(ctx context.Context, c access.Caller) ([]account.TokenRecord, error)
	OfferApp(ctx context.Context, who account.Oneself) (account.Enrolling, error)
	OpenFactors(ctx context.Context, who account.Oneself, secret string) error
	Peek(ctx context.Context, c account.Client, p account.Purpose, secret string) (account.Ticket, error)
	Profile(ctx context.Context, c access.Caller) (records.Record[account.Account], error)
	RemoveApp(ctx context.Context, who account.Oneself) (account.Renewed, error)
	RemovePasskey(ctx context.Context, who account.Oneself, id string) (account.Renewed, error)
	Rename(ctx context.Context, c access.Caller, name string) error
	RenewCodes(ctx context.Context, who account.Oneself) (account.Renewed, error)
	RevokeToken(ctx context.Context, c access.Caller, id string) error
	SignOutEverywhere(ctx context.Context, c access.Caller, tokens bool) error
}

type pages struct {
	accounts Accounts
}

// Subject is mounted by the site.
func Subject(accounts Accounts) frame.Subject {
	s := &pages{accounts: accounts}
	return frame.Subject{
		Name: "profile", Routes: slices.Concat(s.accountRoutes(), s.factorRoutes(), s.sessionRoutes(), s.tokenRoutes()),
	}
}
