package canary

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/operate/outside"
	"github.com/tinyoperahouse/toh/internal/product/promise"
)

// signIn signs in as the viewer of a company, and gives the cookies of the session.
func (s *Service) signIn(ctx context.Context, c *company) (cookies string, f promise.Finding, bad bool) {
	m := c.member(access.Viewer)
	a, err := s.o.Client.Ask(ctx, outside.Request{Path: "/signin", Form: url.Values{"email": {m.Email},
		"password": {m.Password}}})
	switch {
	case err != nil:
		return "", outside.Unreachable(err), true
	case a.Busy():
		return "", outside.TooBusy(), true
	case a.Status != http.StatusSeeOther:
		return "", promise.Undecided("Signing in was answered with status %d.", a.Status), true
	}
	return cookiesOf(a), f, false
}

// cookiesOf are the cookies that an answer sets.
func cookiesOf(a *outside.Answer) string {
	var list []string
	for _, line := range a.Header.Values("Set-Cookie") {
		if cookie, err := http.ParseSetCookie(line); err == nil && cookie.Value != "" && cookie.MaxAge >= 0 {
			list = append(list, cookie.Name+"="+cookie.Value)
		}
	}
	return strings.Join(list, "; ")
}

// page asks for a page, or posts a form, with the cookies of a session.
func (s *Service) page(ctx context.Context, cookies, path string, form url.Values) (*outside.Answer, error) {
	return s.o.Client.Ask(ctx, outside.Request{Path: path, Form: form, Header: map[string]string{"Cookie": cookies}})
}

// sessionEnd: a session opens the account until it is signed out, and never again after that.
func (s *Service) sessionEnd(ctx context.Context, one, _ *company) promise.Finding {
	cookies, f, bad := s.signIn(ctx, one)
	if bad {
		return f
	}
	before, err := s.page(ctx, cookies, "/account", nil)
	if err != nil {
		return outside.Unreachable(err)
	}
	out, err := s.page(ctx, cookies, "/signout", url.Values{})
	if err != nil {
		return outside.Unreachable(err)
	}
	after, err := s.page(ctx, cookies, "/account", nil)
	switch {
	case err != nil:
		return outside.Unreachable(err)
	case before.Busy() || out.Busy() || after.Busy():
		return outside.TooBusy()
	case before.Status != http.StatusOK || out.Status != http.StatusSeeOther:
		return promise.Fail("a new session was answered with %d, its end with %d", before.Status, out.Status)
	case !s.o.Client.SignedOut(after):
		return promise.Fail("a session that was signed out was answered with %d", after.Status)
	}
	return promise.Pass("A session opened the account; after signing out it opened nothing.")
}

var easy = []string{"short-1!", "password1234", "aaaaaaaaaaaaaaaa", "qwertyuiop1234"}

// newPassword: where a password is changed, the policy holds as it does at sign-up.
func (s *Service) newPassword(ctx context.Context, one, _ *company) promise.Finding {
	cookies, f, bad := s.signIn(ctx, one)
	if bad {
		return f
	}
	defer func() { _, _ = s.page(context.WithoutCancel(ctx), cookies, "/signout", url.Values{}) }()
	for i, password := range easy {
		a, err := s.page(ctx, cookies, "/account/password", url.Values{"old": {one.member(access.Viewer).Password},
			"new": {password}})
		switch {
		case err != nil:
			return outside.Unreachable(err)
		case a.Busy():
			return outside.TooBusy()
		case a.Status < 400:
			return promise.Fail("the password was changed to weak password number %d of the list", i+1)
		case !strings.Contains(a.Body, `id="f-new-problem"`):
			return promise.Fail("weak password number %d of the list was answered with status %d and no word about it",
				i+1, a.Status)
		}
	}
	return promise.Pass("%d passwords that are easy to guess were refused when a password was changed.", len(easy))
}

// passwordHash: each password of these accounts is stored as a bcrypt hash and in no other form.
func (s *Service) passwordHash(ctx context.Context, one, two *company) promise.Finding {
	looked := 0
	for _, c := range []*company{one, two} {
		for _, m := range c.Members {
			cost, hashed, err := s.o.Accounts.HashCost(ctx, system(), m.Account)
			switch {
			case err != nil:
				return undecided("An account could not be read.", err)
			case !hashed:
				return promise.Fail("a password is stored in another form than a bcrypt hash")
			case cost < s.o.LeastCost:
				return promise.Fail("a password is stored at cost %d", cost)
			}
			looked++
		}
	}
	return promise.Pass("%d passwords are stored as bcrypt hashes, at cost %d or more.", looked, s.o.LeastCost)
}
