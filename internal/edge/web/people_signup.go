package web

import (
	"errors"
	"net/http"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/product/account"
)

// slowly is the deadline of what hashes passwords or answers evenly.
const slowly = 8 * time.Second

func (s *Site) signUpRoutes() []Route {
	return []Route{
		{Name: "sign-up", Method: "GET", Path: "/signup", For: Public, Handle: s.showSignUp},
		{Name: "sign-up.do", Method: "POST", Path: "/signup", For: Open, Timeout: slowly, Handle: s.signUp},
		{Name: "sign-up.sent", Method: "GET", Path: "/signup/sent", For: Open, Handle: s.signUpSent},
		{Name: "confirm", Method: "GET", Path: "/confirm/{ticket}", For: Open, Ticket: true, Handle: s.showConfirm},
		{Name: "confirm.do", Method: "POST", Path: "/confirm/{ticket}", For: Open, Ticket: true, Timeout: slowly,
			Handle: s.confirm},
	}
}

// client is where the request comes from.
func (q *Request) client() account.Client {
	return account.Client{
		Address: q.Remote(), UserAgent: q.UserAgent(), Device: q.site.cookie(q.Request, deviceCookie),
		Cookie:  q.site.session(q.Request),
		Request: q.ID, Trace: q.Trace,
	}
}

// admit gives the browser what a sign-in gave.
func (q *Request) admit(in account.SignedIn) {
	q.KeepSession(in.Cookie, in.Ends)
	q.keepDevice(in.Device)
}

// keepDevice gives the browser the proof that the owner of an account has used it.
func (q *Request) keepDevice(token string) {
	q.site.setCookie(q, deviceCookie, token, q.Now().Add(365*24*time.Hour))
}

func (s *Site) showSignUp(q *Request) (Answer, error) {
	if q.Visit.Known() {
		return Go("/"), nil
	}
	return Show(signUpPage(q, signUpForm.Blank(q, nil))), nil
}

func signUpPage(q *Request, f *Form) *FormPage {
	return &FormPage{
		Title: q.T("sign-up.title"), Lead: q.T("sign-up.lead"), Sheet: true, Form: f, Action: "/signup",
		Submit: q.T("sign-up.submit"),
		Links:  []TextLink{{q.T("sign-up.have-one"), "/signin", q.T("sign-in.title")}},
	}
}

func (s *Site) signUp(q *Request) (Answer, error) {
	f, err := signUpForm.Read(q, nil)
	if err != nil {
		return Answer{}, err
	}
	if f.Failed() {
		return f.Again(signUpPage(q, f)), nil
	}
	err = s.opts.Services.Account.SignUp(q.Context(), q.client(), account.NewAccount{Email: f.Get("email"),
		Name: f.Get("name"), Password: f.Get("password")})
	if f.Take(err) {
		return f.Again(signUpPage(q, f)), nil
	}
	return Go("/signup/sent"), err
}

func (s *Site) signUpSent(q *Request) (Answer, error) {
	return Show(&MessagePage{Title: q.T("sent.title"), Lines: []string{q.T("sign-up.sent-text"), q.T("sent.spam")}}),
		nil
}

func (s *Site) showConfirm(q *Request) (Answer, error) {
	return s.confirmAnswer(q, confirmForm.Blank(q, nil))
}

// confirmAnswer is the page for a link that still holds.
func (s *Site) confirmAnswer(q *Request, f *Form) (Answer, error) {
	t, err := s.opts.Services.Account.Peek(q.Context(), q.client(), account.ToConfirm, q.Var("ticket"))
	if err != nil {
		return linkGone(q, err, "/signup")
	}
	return f.Page(&FormPage{
		Title: q.T("confirm.title"), Lead: q.T("confirm.lead", addressFor(q, t.Address)), Sheet: true, Form: f,
		Action: "/confirm/" + q.Var("ticket"), Submit: q.T("confirm.submit"),
	}), nil
}

func (s *Site) confirm(q *Request) (Answer, error) {
	f, err := confirmForm.Read(q, nil)
	if err != nil {
		return Answer{}, err
	}
	if f.Failed() {
		return s.confirmAnswer(q, f)
	}
	in, err := s.opts.Services.Account.Confirm(q.Context(), q.client(), q.Var("ticket"), f.Get("password"))
	switch {
	case f.Take(err):
		return s.confirmAnswer(q, f)
	case err != nil:
		return linkGone(q, err, "/signup")
	}
	q.admit(in)
	return Go("/workspaces"), nil
}

// linkGone is the page for a link that does not hold, and where to get a new one. It is the same for all such links.
func linkGone(q *Request, err error, again string) (Answer, error) {
	if !errors.Is(err, model.ErrNotFound) {
		return Answer{}, err
	}
	return ShowAs(http.StatusNotFound, &MessagePage{
		Base: Base{lost: true}, Title: q.T("link.gone"), Lines: []string{q.T("link.gone-text")}, Path: again,
		Action: q.T("link.again"),
	}), nil
}
