package profile

import (
	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/edge/web/people"
	"github.com/tinyoperahouse/toh/internal/product/account"
)

func (s *pages) accountRoutes() []frame.Route {
	return []frame.Route{
		{Name: "account", Method: "GET", Path: "/account", For: frame.Account, Action: access.AccountRead,
			Handle: s.showAccount, Page: &AccountPage{}},
		{Name: "account.rename", Method: "POST", Path: "/account", For: frame.Account, Action: access.AccountUpdate,
			Handle: s.rename},
		{Name: "password", Method: "GET", Path: "/account/password", For: frame.Account, Action: access.PasswordChange,
			Handle: s.showPassword},
		{Name: "password.do", Method: "POST", Path: "/account/password", For: frame.Account,
			Action: access.PasswordChange,
			Asks:   true, Timeout: frame.SlowTimeout, Handle: s.changePassword},
		{Name: "email", Method: "GET", Path: "/account/email", For: frame.Account, Action: access.EmailChange,
			Handle: s.showEmail},
		{Name: "email.do", Method: "POST", Path: "/account/email", For: frame.Account, Action: access.EmailChange,
			Asks:    true,
			Timeout: frame.SlowTimeout, Handle: s.changeEmail},
		{Name: "email.sent", Method: "GET", Path: "/account/email/sent", For: frame.Account, Action: access.EmailChange,
			Handle: s.emailSent},
		{Name: "change-address", Method: "GET", Path: "/change-address/{ticket}", For: frame.Open, Ticket: true,
			Handle: s.showChangeAddress},
		{Name: "change-address.do", Method: "POST", Path: "/change-address/{ticket}", For: frame.Open, Ticket: true,
			Handle: s.changeAddress},
	}
}

// accountTabs are the pages about oneself.
func accountTabs(q *frame.Request, current string) []frame.Tab {
	return []frame.Tab{
		{Path: "/account", Text: q.T("account.about"), Icon: "user", Current: current == "about"},
		{Path: "/account/factors", Text: q.T("factors.tab"), Icon: "shield-check", Current: current == "factors"},
		{Path: "/account/sessions", Text: q.T("account.sessions"), Icon: "monitor", Current: current == "sessions"},
		{Path: "/account/tokens", Text: q.T("account.tokens"), Icon: "key-round", Current: current == "tokens"},
	}
}

func (s *pages) showAccount(q *frame.Request) (frame.Answer, error) {
	r, err := s.accounts.Profile(q.Context(), q.Caller())
	if err != nil {
		return frame.Answer{}, err
	}
	f := profileForm.Blank(q, map[string]string{"name": r.Body.Name})
	return frame.Show(&AccountPage{Tabs: accountTabs(q, "about"), Form: f, Email: r.Body.Email,
		ID: q.Caller().Account}), nil
}

func (s *pages) rename(q *frame.Request) (frame.Answer, error) {
	f, err := profileForm.Read(q, nil)
	if err != nil {
		return frame.Answer{}, err
	}
	if !f.Failed() {
		if err = s.accounts.Rename(q.Context(), q.Caller(), f.Get("name")); err == nil {
			q.Flash("saved", "")
			return frame.Go("/account"), nil
		}
	}
	if !f.Failed() && !f.Take(err) {
		return frame.Answer{}, err
	}
	return f.Again(&AccountPage{Tabs: accountTabs(q, "about"), Form: f, Email: q.Who.Person().Email,
		ID: q.Caller().Account}), nil
}

func (s *pages) showPassword(q *frame.Request) (frame.Answer, error) {
	if ask, first := q.ProveFirst(); first {
		return ask, nil
	}
	return frame.Show(passwordPage(q, passwordForm.Blank(q, map[string]string{"tokens": "yes"}))), nil
}

func passwordPage(q *frame.Request, f *frame.Form) *frame.FormPage {
	return &frame.FormPage{
		Title: q.T("password.title"), Lead: q.T("password.lead"), Tabs: accountTabs(q, "about"), Form: f,
		Action: "/account/password", Submit: q.T("password.submit"), Cancel: "/account",
	}
}

func (s *pages) changePassword(q *frame.Request) (frame.Answer, error) {
	f, err := passwordForm.Read(q, nil)
	if err != nil {
		return frame.Answer{}, err
	}
	if f.Failed() {
		return f.Again(passwordPage(q, f)), nil
	}
	in, err := s.accounts.ChangePassword(q.Context(), q.Who, account.NewPassword{Old: f.Get("old"),
		New: f.Get("new"), Tokens: f.Is("tokens")})
	switch {
	case f.Take(err):
		return f.Again(passwordPage(q, f)), nil
	case err != nil:
		return frame.Answer{}, err
	}
	q.Admit(in)
	q.Flash("password-changed", "")
	return frame.Go("/account"), nil
}

func (s *pages) showEmail(q *frame.Request) (frame.Answer, error) {
	if ask, first := q.ProveFirst(); first {
		return ask, nil
	}
	return frame.Show(emailPage(q, emailForm.Blank(q, nil))), nil
}

func emailPage(q *frame.Request, f *frame.Form) *frame.FormPage {
	return &frame.FormPage{
		Title: q.T("email.title"), Lead: q.T("email.lead"), Tabs: accountTabs(q, "about"), Form: f,
		Action: "/account/email", Submit: q.T("email.submit"), Cancel: "/account",
	}
}

func (s *pages) changeEmail(q *frame.Request) (frame.Answer, error) {
	f, err := emailForm.Read(q, nil)
	if err != nil {
		return frame.Answer{}, err
	}
	if f.Failed() {
		return f.Again(emailPage(q, f)), nil
	}
	err = s.accounts.ChangeEmail(q.Context(), q.Who, account.NewEmail{Email: f.Get("email"),
		Password: f.Get("password")})
	if f.Take(err) {
		return f.Again(emailPage(q, f)), nil
	}
	return frame.Go("/account/email/sent"), err
}

func (s *pages) emailSent(q *frame.Request) (frame.Answer, error) {
	return frame.Show(&frame.MessagePage{Title: q.T("sent.title"), Lines: []string{q.T("email.sent-text"),
		q.T("sent.spam")},
		Path: "/account", Action: q.T("account.title")}), nil
}

func (s *pages) showChangeAddress(q *frame.Request) (frame.Answer, error) {
	return s.changeAddressAnswer(q, changeAddressForm.Blank(q, nil))
}

func (s *pages) changeAddressAnswer(q *frame.Request, f *frame.Form) (frame.Answer, error) {
	t, err := s.accounts.Peek(q.Context(), q.Client(), account.ToChange, q.Var("ticket"))
	if err != nil {
		return people.LinkGone(q, err, "/account/email")
	}
	return f.Page(&frame.FormPage{
		Title: q.T("change-address.title"), Lead: q.T("change-address.lead", people.AddressFor(q, t.Address)),
		Sheet:  true,
		Form:   f,
		Action: "/change-address/" + q.Var("ticket"), Submit: q.T("change-address.submit"),
	}), nil
}

func (s *pages) changeAddress(q *frame.Request) (frame.Answer, error) {
	f, err := changeAddressForm.Read(q, nil)
	if err != nil {
		return frame.Answer{}, err
	}
	err = s.accounts.ConfirmEmail(q.Context(), q.Client(), q.Var("ticket"))
	switch {
	case f.Take(err):
		return s.changeAddressAnswer(q, f)
	case err != nil:
		return people.LinkGone(q, err, "/account/email")
	}
	q.Flash("address-changed", "")
	return frame.Go("/account"), nil
}
