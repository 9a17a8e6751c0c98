package canary

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/operate/outside"
	"github.com/tinyoperahouse/toh/internal/product/factor"
	"github.com/tinyoperahouse/toh/internal/product/promise"
)

// guard gives the reporter of a company an authenticator app, in the place of one that an attempt that was cut off
// left.
func (s *Service) guard(ctx context.Context, c *company) (secret string, err error) {
	return s.o.Accounts.GuardCanary(ctx, system(), c.member(access.Reporter).Account)
}

// secondFactor: into an account with a second factor, neither the password nor a wrong code leads.
func (s *Service) secondFactor(ctx context.Context, one, _ *company) promise.Finding {
	m := one.member(access.Reporter)
	a, err := s.o.Client.Ask(ctx, outside.Request{Path: "/signin", Form: url.Values{"email": {m.Email},
		"password": {m.Password}}})
	switch {
	case err != nil:
		return outside.Unreachable(err)
	case a.Busy():
		return outside.TooBusy()
	case a.Status != http.StatusOK:
		return promise.Fail("the password alone was answered with %d", a.Status)
	}
	codes, err := s.codes(one.app)
	if err != nil {
		return undecided("The codes of the app are unknown.", err)
	}
	cookies := cookiesOf(a)
	if f, closed := s.stillClosed(ctx, cookies, "the password alone"); !closed {
		return f
	}
	if f, closed := s.stillClosed(ctx, s.giveCode(ctx, cookies, wrongCode(codes)), "a wrong code"); !closed {
		return f
	}
	for _, code := range codes {
		given := s.giveCode(ctx, cookies, code)
		opened, err := s.page(ctx, given, "/account", nil)
		if err != nil {
			return outside.Unreachable(err)
		}
		if opened.Status == http.StatusOK {
			_, _ = s.page(context.WithoutCancel(ctx), given, "/signout", url.Values{})
			return promise.Pass("The password alone and a wrong code opened nothing; the right code opened the " +
				"account.")
		}
	}
	return promise.Undecided("All codes of the last minute were used already.")
}

// stillClosed reports whether these cookies open nothing, and the finding if that is not so, or not known.
func (s *Service) stillClosed(ctx context.Context, cookies, after string) (f promise.Finding, closed bool) {
	a, err := s.page(ctx, cookies, "/account", nil)
	switch {
	case err != nil:
		return outside.Unreachable(err), false
	case a.Busy():
		return outside.TooBusy(), false
	case !s.o.Client.SignedOut(a):
		return promise.Fail("after %s, the account was answered with %d", after, a.Status), false
	}
	return f, true
}

// giveCode gives a code, and returns the cookies that the browser has afterwards.
func (s *Service) giveCode(ctx context.Context, cookies, code string) string {
	a, err := s.page(ctx, cookies, "/signin/second", url.Values{"code": {code}})
	if err != nil {
		return cookies
	}
	if got := cookiesOf(a); got != "" {
		return cookies + "; " + got
	}
	return cookies
}

// codes are what the service may take now: each code works once, and its steps are half a minute long.
func (s *Service) codes(secret string) ([]string, error) {
	var all []string
	for _, apart := range []time.Duration{-30 * time.Second, 0, 30 * time.Second} {
		code, err := factor.CodeAt(secret, s.o.Gate.Clock().Now().Add(apart))
		if err != nil {
			return nil, err
		}
		all = append(all, code)
	}
	return all, nil
}

// wrongCode is none of these.
func wrongCode(codes []string) string {
	for n := 0; ; n++ {
		if code := fmt.Sprintf("%06d", n); !slices.Contains(codes, code) {
			return code
		}
	}
}
