package canary

import (
	"context"
	"net/http"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/operate/outside"
	"github.com/tinyoperahouse/toh/internal/product/account"
	"github.com/tinyoperahouse/toh/internal/product/promise"
)

// tokenEnd: an API token reads a report until it is revoked, and nothing after that. If the service ends in between,
// the token ends by itself after a day.
func (s *Service) tokenEnd(ctx context.Context, one, _ *company) promise.Finding {
	m := one.member(access.Viewer)
	self := account.Person{ID: m.Account, Name: "Control " + m.Role.Name(), Email: m.Email}.Self()
	text, token, err := s.o.Accounts.CreateToken(ctx, self, account.NewToken{Name: "Control of revoking", Days: 1,
		Scopes: []string{string(access.ReadReports)}, Workspace: one.Workspace})
	if err != nil {
		return undecided("A token could not be created.", err)
	}
	path := one.at("/reports/" + one.Reports[0])
	before, asked := s.bearer(ctx, text, http.MethodGet, path, "")
	// Revoked whatever the answer was: no token may be left behind.
	if err := s.o.Accounts.RevokeToken(context.WithoutCancel(ctx), self, token.ID); err != nil {
		return undecided("The token could not be revoked.", err)
	}
	if asked != nil {
		return outside.Unreachable(asked)
	}
	after, err := s.bearer(ctx, text, http.MethodGet, path, "")
	switch {
	case err != nil:
		return outside.Unreachable(err)
	case before.Busy() || after.Busy():
		return outside.TooBusy()
	case before.Status != http.StatusOK:
		return promise.Fail("a new token was answered with %d", before.Status)
	case after.Status != http.StatusUnauthorized:
		return promise.Fail("a token that was revoked was answered with %d", after.Status)
	}
	return promise.Pass("A token read a report; after it was revoked it read nothing.")
}

func undecided(says string, err error) promise.Finding {
	f := promise.Undecided("%s", says)
	f.Detail = err.Error()
	return f
}
