package signin

import (
	"errors"

	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/edge/web/people"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/product/account"
)

func (s *pages) signInRoutes() []frame.Route {
	return []frame.Route{
		{Name: "sign-in", Method: "GET", Path: "/signin", For: frame.Public, Handle: s.showSignIn, Page: &SignInPage{}},
		{Name: "sign-in.do", Method: "POST", Path: "/signin", For: frame.Open, Timeout: frame.SlowTimeout,
			Handle: s.signIn},
		{Name: "sign-in.again", Method: "POST", Path: "/signin/again", For: frame.Open, Timeout: frame.SlowTimeout,
			MaxBody: keptBody,
			Handle:  s.signInAgain},
		{Name: "sign-out", Method: "POST", Path: "/signout", For: frame.Public, Handle: s.signOut},
		{Name: "forgot", Method: "GET", Path: "/forgot", For: frame.Open, Handle: s.showForgot},
		{Name: "forgot.do", Method: "POST", Path: "/forgot", For: frame.Open, Timeout: frame.SlowTimeout,
			Handle: s.forgot},
		{Name: "forgot.sent", Method: "GET", Path: "/forgot/sent", For: frame.Open, Handle: s.forgotSent},
		{Name: "reset", Method: "GET", Path: "/reset/{ticket}", For: frame.Open, Ticket: true, Handle: s.showReset},
		{Name: "reset.do", Method: "POST", Path: "/reset/{ticket}", For: frame.Open, Ticket: true,
			Timeout: frame.SlowTimeout,
			Handle:  s.reset},
	}
}

func (s *pages) showSignIn(q *frame.Request) (frame.Answer, error) {
	if q.Who.Known() {
		return frame.Go(q.Next()), nil
	}
	return frame.Show(s.signInPage(q, signInForm.Blank(q, map[string]string{"next": q.Next()}), "")), nil
}

// signInPage is the page with a form of which nothing but the fields that it carries differs; lead is about what was
// written.
func (s *pages) signInPage(q *frame.Request, f *frame.Form, lead string) *SignInPage {
	page := &SignInPage{Form: f, Again: f.Field(frame.KeptField) != nil, Lead: lead}
	if s.accounts.Passkeys() {
		page.Passkey = &frame.Passkey{Path: passkeyPath, Text: q.T("passkey.sign-in"), Field: fieldAnswer.Name,
			Step: fieldStep.Name}
	}
	return page
}

func (s *pages) signIn(q *frame.Request) (frame.Answer, error) {
	f, err := signInForm.Read(q, nil)
	if err != nil {
		return frame.Answer{}, err
	}
	return s.signInBy(q, f, s.signInPage(q, f, ""))
}

// signInBy signs in by what the form of a page holds: a passkey's answer, or address and password.
func (s *pages) signInBy(q *frame.Request, f *frame.Form, page *SignInPage) (frame.Answer, error) {
	answer, step := f.Get("passkey"), f.Get("step")
	f.Set("passkey", "")
	f.Set("step", "")
	var in account.SignedIn
	var err error
	switch {
	case answer != "":
		f.Forgive()
		in, err = s.accounts.Enter(q.Context(), q.Client(), step, answer)
	case f.Failed():
		return f.Again(page), nil
	default:
		in, err = s.accounts.SignIn(q.Context(), q.Client(), account.Login{Email: f.Get("email"),
			Password: f.Get("password")})
	}
	if errors.Is(err, model.ErrUnauthenticated) {
		f.Fail("", model.PublicText(err))
	}
	if f.Failed() || f.Take(err) {
		return f.Again(page), nil
	}
	if err != nil {
		return frame.Answer{}, err
	}
	if in.Waiting != nil {
		return s.askSecond(q, f, in.Waiting), nil
	}
	return s.arrive(q, f, in)
}

// signOut works with a session that has ended, too: the browser forgets it.
func (s *pages) signOut(q *frame.Request) (frame.Answer, error) {
	if q.Who.Known() {
		if err := s.accounts.SignOut(q.Context(), q.Who); err != nil {
			return frame.Answer{}, err
		}
	}
	q.DropSession()
	q.Flash("signed-out", "")
	return frame.Go("/"), nil
}

func (s *pages) showForgot(q *frame.Request) (frame.Answer, error) {
	return frame.Show(forgotPage(q, forgotForm.Blank(q, nil))), nil
}

func forgotPage(q *frame.Request, f *frame.Form) *frame.FormPage {
	return &frame.FormPage{
		Title: q.T("forgot.title"), Lead: q.T("forgot.lead"), Sheet: true, Form: f, Action: "/forgot",
		Submit: q.T("forgot.submit"), Cancel: "/signin",
	}
}

func (s *pages) forgot(q *frame.Request) (frame.Answer, error) {
	f, err := forgotForm.Read(q, nil)
	if err != nil {
		return frame.Answer{}, err
	}
	if f.Failed() {
		return f.Again(forgotPage(q, f)), nil
	}
	err = s.accounts.Forgot(q.Context(), q.Client(), f.Get("email"))
	if f.Take(err) {
		return f.Again(forgotPage(q, f)), nil
	}
	return frame.Go("/forgot/sent"), err
}

func (s *pages) forgotSent(q *frame.Request) (frame.Answer, error) {
	return frame.Show(&frame.MessagePage{Title: q.T("sent.title"), Lines: []string{q.T("forgot.sent-text"),
		q.T("sent.spam")}}), nil
}

func (s *pages) showReset(q *frame.Request) (frame.Answer, error) {
	return s.resetAnswer(q, resetForm.Blank(q, nil))
}

func (s *pages) resetAnswer(q *frame.Request, f *frame.Form) (frame.Answer, error) {
	if _, err := s.accounts.Peek(q.Context(), q.Client(), account.ToReset, q.Var("ticket")); err != nil {
		return people.LinkGone(q, err, "/forgot")
	}
	return f.Page(&frame.FormPage{
		Title: q.T("reset.title"), Lead: q.T("reset.lead"), Sheet: true, Form: f, Action: "/reset/" + q.Var("ticket"),
		Submit: q.T("reset.submit"),
	}), nil
}

func (s *pages) reset(q *frame.Request) (frame.Answer, error) {
	f, err := resetForm.Read(q, nil)
	if err != nil {
		return frame.Answer{}, err
	}
	if f.Failed() {
		return s.resetAnswer(q, f)
	}
	device, err := s.accounts.Reset(q.Context(), q.Client(), q.Var("ticket"), f.Get("password"))
	switch {
	case f.Take(err):
		return s.resetAnswer(q, f)
	case err != nil:
		return people.LinkGone(q, err, "/forgot")
	}
	q.KeepDevice(device)
	q.Flash("password-set", "")
	return frame.Go("/signin"), nil
}
