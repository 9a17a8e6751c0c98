package web

import (
	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/product/account"
)

func (s *Site) accountRoutes() []Route {
	return []Route{
		{Name: "account", Method: "GET", Path: "/account", For: Account, Action: access.AccountRead,
			Handle: s.showAccount},
		{Name: "account.rename", Method: "POST", Path: "/account", For: Account, Action: access.AccountUpdate,
			Handle: s.rename},
		{Name: "password", Method: "GET", Path: "/account/password", For: Account, Action: access.PasswordChange,
			Handle: s.showPassword},
		{Name: "password.do", Method: "POST", Path: "/account/password", For: Account, Action: access.PasswordChange,
			Asks: true, Timeout: slowly, Handle: s.changePassword},
		{Name: "email", Method: "GET", Path: "/account/email", For: Account, Action: access.EmailChange,
			Handle: s.showEmail},
		{Name: "email.do", Method: "POST", Path: "/account/email", For: Account, Action: access.EmailChange, Asks: true,
			Timeout: slowly, Handle: s.changeEmail},
		{Name: "email.sent", Method: "GET", Path: "/account/email/sent", For: Account, Action: access.EmailChange,
			Handle: s.emailSent},
		{Name: "change-address", Method: "GET", Path: "/change-address/{ticket}", For: Open, Ticket: true,
			Handle: s.showChangeAddress},
		{Name: "change-address.do", Method: "POST", Path: "/change-address/{ticket}", For: Open, Ticket: true,
			Handle: s.changeAddress},
	}
}

// accountTabs are the pages about oneself.
func accountTabs(q *Request, current string) []Tab {
	return []Tab{
		{"/account", q.T("account.about"), "user", current == "about"},
		{"/account/sessions", q.T("account.sessions"), "monitor", current == "sessions"},
		{"/account/tokens", q.T("account.tokens"), "key-round", current == "tokens"},
	}
}

func (s *Site) showAccount(q *Request) (Answer, error) {
	r, err := s.opts.Services.Account.Profile(q.Context(), q.Caller())
	if err != nil {
		return Answer{}, err
	}
	f := profileForm.Blank(q, map[string]string{"name": r.Body.Name})
	return Show(&AccountPage{Tabs: accountTabs(q, "about"), Form: f, Email: r.Body.Email, ID: q.Caller().Account}), nil
}

func (s *Site) rename(q *Request) (Answer, error) {
	f, err := profileForm.Read(q, nil)
	if err != nil {
		return Answer{}, err
	}
	if !f.Failed() {
		if err = s.opts.Services.Account.Rename(q.Context(), q.Caller(), f.Get("name")); err == nil {
			q.Flash("saved", "")
			return Go("/account"), nil
		}
	}
	if !f.Failed() && !f.Take(err) {
		return Answer{}, err
	}
	return f.Again(&AccountPage{Tabs: accountTabs(q, "about"), Form: f, Email: q.Visit.Who.Account.Email,
		ID: q.Caller().Account}), nil
}

func (s *Site) showPassword(q *Request) (Answer, error) {
	return Show(passwordPage(q, passwordForm.Blank(q, map[string]string{"tokens": "yes"}))), nil
}

func passwordPage(q *Request, f *Form) *FormPage {
	return &FormPage{
		Title: q.T("password.title"), Lead: q.T("password.lead"), Tabs: accountTabs(q, "about"), Form: f,
		Action: "/account/password", Submit: q.T("password.submit"), Cancel: "/account",
	}
}

func (s *Site) changePassword(q *Request) (Answer, error) {
	f, err := passwordForm.Read(q, nil)
	if err != nil {
		return Answer{}, err
	}
	if f.Failed() {
		return f.Again(passwordPage(q, f)), nil
	}
	in, err := s.opts.Services.Account.ChangePassword(q.Context(), q.Visit.Who, account.NewPassword{Old: f.Get("old"),
		New: f.Get("new"), Tokens: f.Is("tokens")})
	switch {
	case f.Take(err):
		return f.Again(passwordPage(q, f)), nil
	case err != nil:
		return Answer{}, err
	}
	q.admit(in)
	q.Flash("password-changed", "")
	return Go("/account"), nil
}

func (s *Site) showEmail(q *Request) (Answer, error) {
	return Show(emailPage(q, emailForm.Blank(q, nil))), nil
}

func emailPage(q *Request, f *Form) *FormPage {
	return &FormPage{
		Title: q.T("email.title"), Lead: q.T("email.lead"), Tabs: accountTabs(q, "about"), Form: f,
		Action: "/account/email", Submit: q.T("email.submit"), Cancel: "/account",
	}
}

func (s *Site) changeEmail(q *Request) (Answer, error) {
	f, err := emailForm.Read(q, nil)
	if err != nil {
		return Answer{}, err
	}
	if f.Failed() {
		return f.Again(emailPage(q, f)), nil
	}
	err = s.opts.Services.Account.ChangeEmail(q.Context(), q.Visit.Who, account.NewEmail{Email: f.Get("email"),
		Password: f.Get("password")})
	if f.Take(err) {
		return f.Again(emailPage(q, f)), nil
	}
	return Go("/account/email/sent"), err
}

func (s *Site) emailSent(q *Request) (Answer, error) {
	return Show(&MessagePage{Title: q.T("sent.title"), Lines: []string{q.T("email.sent-text"), q.T("sent.spam")},
		Path: "/account", Action: q.T("account.title")}), nil
}

func (s *Site) showChangeAddress(q *Request) (Answer, error) {
	return s.changeAddressAnswer(q, changeAddressForm.Blank(q, nil))
}

func (s *Site) changeAddressAnswer(q *Request, f *Form) (Answer, error) {
	t, err := s.opts.Services.Account.Peek(q.Context(), q.client(), account.ToChange, q.Var("ticket"))
	if err != nil {
		return linkGone(q, err, "/account/email")
	}
	return f.Page(&FormPage{
		Title: q.T("change-address.title"), Lead: q.T("change-address.lead", addressFor(q, t.Address)), Sheet: true,
		Form:   f,
		Action: "/change-address/" + q.Var("ticket"), Submit: q.T("change-address.submit"),
	}), nil
}

func (s *Site) changeAddress(q *Request) (Answer, error) {
	f, err := changeAddressForm.Read(q, nil)
	if err != nil {
		return Answer{}, err
	}
	err = s.opts.Services.Account.ConfirmEmail(q.Context(), q.client(), q.Var("ticket"))
	switch {
	case f.Take(err):
		return s.changeAddressAnswer(q, f)
	case err != nil:
		return linkGone(q, err, "/account/email")
	}
	q.Flash("address-changed", "")
	return Go("/account"), nil
}
