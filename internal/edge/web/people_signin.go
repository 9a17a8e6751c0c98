package web

import (
	"errors"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/product/account"
)

func (s *Site) signInRoutes() []Route {
	return []Route{
		{Name: "sign-in", Method: "GET", Path: "/signin", For: Public, Handle: s.showSignIn},
		{Name: "sign-in.do", Method: "POST", Path: "/signin", For: Open, Timeout: slowly, Handle: s.signIn},
		{Name: "sign-in.again", Method: "POST", Path: "/signin/again", For: Open, Timeout: slowly, MaxBody: keptBody,
			Handle: s.signInAgain},
		{Name: "sign-out", Method: "POST", Path: "/signout", For: Public, Handle: s.signOut},
		{Name: "forgot", Method: "GET", Path: "/forgot", For: Open, Handle: s.showForgot},
		{Name: "forgot.do", Method: "POST", Path: "/forgot", For: Open, Timeout: slowly, Handle: s.forgot},
		{Name: "forgot.sent", Method: "GET", Path: "/forgot/sent", For: Open, Handle: s.forgotSent},
		{Name: "reset", Method: "GET", Path: "/reset/{ticket}", For: Open, Ticket: true, Handle: s.showReset},
		{Name: "reset.do", Method: "POST", Path: "/reset/{ticket}", For: Open, Ticket: true, Timeout: slowly,
			Handle: s.reset},
	}
}

func (s *Site) showSignIn(q *Request) (Answer, error) {
	if q.Visit.Known() {
		return Go(q.Next()), nil
	}
	return Show(&SignInPage{Form: signInForm.Blank(q, map[string]string{"next": q.Next()})}), nil
}

func (s *Site) signIn(q *Request) (Answer, error) {
	f, err := signInForm.Read(q, nil)
	if err != nil {
		return Answer{}, err
	}
	if f.Failed() {
		return f.Again(&SignInPage{Form: f}), nil
	}
	in, err := s.opts.Services.Account.SignIn(q.Context(), q.client(), account.Login{Email: f.Get("email"),
		Password: f.Get("password")})
	if errors.Is(err, model.ErrUnauthenticated) {
		f.Fail("", model.PublicText(err))
	}
	if f.Failed() || f.Take(err) {
		return f.Again(&SignInPage{Form: f}), nil
	}
	if err != nil {
		return Answer{}, err
	}
	q.admit(in)
	return Go(ownPath(f.Get("next"), "/")), nil
}

// signOut works with a session that has ended, too: the browser forgets it.
func (s *Site) signOut(q *Request) (Answer, error) {
	if q.Visit.Known() {
		if err := s.opts.Services.Account.SignOut(q.Context(), q.Visit.Who); err != nil {
			return Answer{}, err
		}
	}
	q.DropSession()
	q.Flash("signed-out", "")
	return Go("/"), nil
}

func (s *Site) showForgot(q *Request) (Answer, error) {
	return Show(forgotPage(q, forgotForm.Blank(q, nil))), nil
}

func forgotPage(q *Request, f *Form) *FormPage {
	return &FormPage{
		Title: q.T("forgot.title"), Lead: q.T("forgot.lead"), Sheet: true, Form: f, Action: "/forgot",
		Submit: q.T("forgot.submit"), Cancel: "/signin",
	}
}

func (s *Site) forgot(q *Request) (Answer, error) {
	f, err := forgotForm.Read(q, nil)
	if err != nil {
		return Answer{}, err
	}
	if f.Failed() {
		return f.Again(forgotPage(q, f)), nil
	}
	err = s.opts.Services.Account.Forgot(q.Context(), q.client(), f.Get("email"))
	if f.Take(err) {
		return f.Again(forgotPage(q, f)), nil
	}
	return Go("/forgot/sent"), err
}

func (s *Site) forgotSent(q *Request) (Answer, error) {
	return Show(&MessagePage{Title: q.T("sent.title"), Lines: []string{q.T("forgot.sent-text"), q.T("sent.spam")}}), nil
}

func (s *Site) showReset(q *Request) (Answer, error) {
	return s.resetAnswer(q, resetForm.Blank(q, nil))
}

func (s *Site) resetAnswer(q *Request, f *Form) (Answer, error) {
	if _, err := s.opts.Services.Account.Peek(q.Context(), q.client(), account.ToReset, q.Var("ticket")); err != nil {
		return linkGone(q, err, "/forgot")
	}
	return f.Page(&FormPage{
		Title: q.T("reset.title"), Lead: q.T("reset.lead"), Sheet: true, Form: f, Action: "/reset/" + q.Var("ticket"),
		Submit: q.T("reset.submit"),
	}), nil
}

func (s *Site) reset(q *Request) (Answer, error) {
	f, err := resetForm.Read(q, nil)
	if err != nil {
		return Answer{}, err
	}
	if f.Failed() {
		return s.resetAnswer(q, f)
	}
	device, err := s.opts.Services.Account.Reset(q.Context(), q.client(), q.Var("ticket"), f.Get("password"))
	switch {
	case f.Take(err):
		return s.resetAnswer(q, f)
	case err != nil:
		return linkGone(q, err, "/forgot")
	}
	q.keepDevice(device)
	q.Flash("password-set", "")
	return Go("/signin"), nil
}
