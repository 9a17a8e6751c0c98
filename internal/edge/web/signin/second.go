package signin

import (
	"errors"
	"net/http"

	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/product/account"
)

// Where the scripts of the pages ask for what a passkey is to answer.
const (
	passkeyPath       = "/signin/passkey"
	passkeySecondPath = "/signin/second/passkey"
)

func (s *pages) secondRoutes() []frame.Route {
	return []frame.Route{
		{Name: "second.do", Method: "POST", Path: "/signin/second", For: frame.Open, MaxBody: keptBody,
			Handle: s.second, Page: &SecondPage{}},
		{Name: "second.passkey", Method: "POST", Path: passkeySecondPath, For: frame.Open, Handle: s.challengeSecond},
		{Name: "sign-in.passkey", Method: "POST", Path: passkeyPath, For: frame.Open, Handle: s.challenge},
	}
}

// askSecond asks for the second factor, and carries on what the sign-in page carried.
func (s *pages) askSecond(q *frame.Request, f *frame.Form, w *account.Waiting) frame.Answer {
	q.KeepWaiting(w)
	second := secondForm.Blank(q, map[string]string{"next": f.Get("next"), frame.KeptField: f.Get(frame.KeptField)})
	return frame.Show(secondPage(q, second, w))
}

func secondPage(q *frame.Request, f *frame.Form, w *account.Waiting) *SecondPage {
	page := &SecondPage{Form: f}
	if w.Passkeys {
		page.Passkey = &frame.Passkey{Path: passkeySecondPath, Text: q.T("passkey.use"), Field: fieldAnswer.Name,
			Step: fieldStep.Name}
	}
	return page
}

// second completes a sign-in. Whatever was wrong, the page carries on what it carried.
func (s *pages) second(q *frame.Request) (frame.Answer, error) {
	f, err := secondForm.Read(q, nil)
	if err != nil {
		return frame.Answer{}, err
	}
	in := account.Second{Code: f.Get("code"), Passkey: f.Get("passkey"), Step: f.Get("step"), Remember: f.Is("known")}
	if in.Passkey != "" {
		f.Forgive()
	}
	for _, name := range []string{"code", "passkey", "step"} {
		f.Set(name, "")
	}
	if f.Failed() {
		return s.secondAgain(q, f)
	}
	got, err := s.accounts.SecondStep(q.Context(), q.Client(), q.Waiting(), in)
	switch {
	case errors.Is(err, account.ErrTooLate):
		return s.tooLate(q, f, err)
	case errors.Is(err, model.ErrUnauthenticated):
		f.Fail("", model.PublicText(err))
		return s.secondAgain(q, f)
	case f.Take(err):
		return s.secondAgain(q, f)
	case err != nil:
		return frame.Answer{}, err
	}
	return s.arrive(q, f, got)
}

// secondAgain asks once more, as long as the sign-in waits.
func (s *pages) secondAgain(q *frame.Request, f *frame.Form) (frame.Answer, error) {
	w, err := s.accounts.Waits(q.Context(), q.Client(), q.Waiting())
	if errors.Is(err, account.ErrTooLate) {
		return s.tooLate(q, f, err)
	}
	if err != nil {
		return frame.Answer{}, err
	}
	return f.Again(secondPage(q, f, w)), nil
}

// tooLate leads back to the sign-in page.
func (s *pages) tooLate(q *frame.Request, f *frame.Form, err error) (frame.Answer, error) {
	if words := f.Get(frame.KeptField); words != "" {
		again := wordsForm.Blank(q, map[string]string{frame.KeptField: words})
		again.Fail("", model.PublicText(err))
		return again.Again(s.signInPage(q, again, q.T("words.lead"))), nil
	}
	again := signInForm.Blank(q, map[string]string{"next": f.Get("next")})
	again.Fail("", model.PublicText(err))
	return again.Again(s.signInPage(q, again, "")), nil
}

// arrive gives the browser its session, and leads to where the person wanted to go.
func (s *pages) arrive(q *frame.Request, f *frame.Form, in account.SignedIn) (frame.Answer, error) {
	q.Admit(in)
	if words := f.Get(frame.KeptField); words != "" {
		return s.sendWords(q, words, in.Account, in.Cookie)
	}
	return frame.Go(frame.OwnPath(f.Get("next"), "/")), nil
}

func (s *pages) challenge(q *frame.Request) (frame.Answer, error) {
	asked, err := s.accounts.ChallengeToEnter(q.Context(), q.Client())
	if err != nil {
		return frame.Answer{}, err
	}
	return frame.JSON(http.StatusOK, asked)
}

func (s *pages) challengeSecond(q *frame.Request) (frame.Answer, error) {
	asked, err := s.accounts.ChallengeSecond(q.Context(), q.Client(), q.Waiting())
	if err != nil {
		return frame.Answer{}, err
	}
	return frame.JSON(http.StatusOK, asked)
}
