package signin

import (
	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/edge/web/people"
	"github.com/tinyoperahouse/toh/internal/product/account"
)

func (s *pages) signUpRoutes() []frame.Route {
	return []frame.Route{
		{Name: "sign-up", Method: "GET", Path: "/signup", For: frame.Public, Handle: s.showSignUp},
		{Name: "sign-up.do", Method: "POST", Path: "/signup", For: frame.Open, Timeout: frame.SlowTimeout,
			Handle: s.signUp},
		{Name: "sign-up.sent", Method: "GET", Path: "/signup/sent", For: frame.Open, Handle: s.signUpSent},
		{Name: "confirm", Method: "GET", Path: "/confirm/{ticket}", For: frame.Open, Ticket: true,
			Handle: s.showConfirm},
		{Name: "confirm.do", Method: "POST", Path: "/confirm/{ticket}", For: frame.Open, Ticket: true,
			Timeout: frame.SlowTimeout,
			Handle:  s.confirm},
	}
}

func (s *pages) showSignUp(q *frame.Request) (frame.Answer, error) {
	if q.Who.Known() {
		return frame.Go("/"), nil
	}
	return frame.Show(signUpPage(q, signUpForm.Blank(q, nil))), nil
}

func signUpPage(q *frame.Request, f *frame.Form) *frame.FormPage {
	return &frame.FormPage{
		Title: q.T("sign-up.title"), Lead: q.T("sign-up.lead"), Sheet: true, Form: f, Action: "/signup",
		Submit: q.T("sign-up.submit"),
		Links:  []frame.TextLink{{Before: q.T("sign-up.have-one"), Path: "/signin", Text: q.T("sign-in.title")}},
	}
}

func (s *pages) signUp(q *frame.Request) (frame.Answer, error) {
	f, err := signUpForm.Read(q, nil)
	if err != nil {
		return frame.Answer{}, err
	}
	if f.Failed() {
		return f.Again(signUpPage(q, f)), nil
	}
	err = s.accounts.SignUp(q.Context(), q.Client(), account.NewAccount{Email: f.Get("email"),
		Name: f.Get("name"), Password: f.Get("password")})
	if f.Take(err) {
		return f.Again(signUpPage(q, f)), nil
	}
	return frame.Go("/signup/sent"), err
}

func (s *pages) signUpSent(q *frame.Request) (frame.Answer, error) {
	return frame.Show(&frame.MessagePage{Title: q.T("sent.title"), Lines: []string{q.T("sign-up.sent-text"),
			q.T("sent.spam")}}),
		nil
}

func (s *pages) showConfirm(q *frame.Request) (frame.Answer, error) {
	return s.confirmAnswer(q, confirmForm.Blank(q, nil))
}

// confirmAnswer is the page for a link that still holds.
func (s *pages) confirmAnswer(q *frame.Request, f *frame.Form) (frame.Answer, error) {
	t, err := s.accounts.Peek(q.Context(), q.Client(), account.ToConfirm, q.Var("ticket"))
	if err != nil {
		return people.LinkGone(q, err, "/signup")
	}
	return f.Page(&frame.FormPage{
		Title: q.T("confirm.title"), Lead: q.T("confirm.lead", people.AddressFor(q, t.Address)), Sheet: true, Form: f,
		Action: "/confirm/" + q.Var("ticket"), Submit: q.T("confirm.submit"),
	}), nil
}

func (s *pages) confirm(q *frame.Request) (frame.Answer, error) {
	f, err := confirmForm.Read(q, nil)
	if err != nil {
		return frame.Answer{}, err
	}
	if f.Failed() {
		return s.confirmAnswer(q, f)
	}
	in, err := s.accounts.Confirm(q.Context(), q.Client(), q.Var("ticket"), f.Get("password"))
	switch {
	case f.Take(err):
		return s.confirmAnswer(q, f)
	case err != nil:
		return people.LinkGone(q, err, "/signup")
	}
	q.Admit(in)
	return frame.Go("/workspaces"), nil
}
