package signin

import (
	"errors"
	"net/http"

	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/edge/web/people"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/product/account"
)

// keptBody is the largest form that signs in and carries what was written.
const keptBody = frame.MaxKept + 64<<10

var wordsForm = frame.FormSpec{fieldUser, people.FieldPassword, {Name: frame.KeptField, Kind: frame.KindHidden,
	Max: frame.MaxKept, Optional: true}}

// askAgain asks a person who was signed out to sign in, with what they wrote in a hidden field.
func askAgain(q *frame.Request, lead, sealed string) frame.Page {
	f := wordsForm.Blank(q, map[string]string{frame.KeptField: sealed})
	return &SignInPage{Form: f, Again: true, Lead: lead}
}

// signInAgain signs in and sends what the page carried, once, if the account is the one that wrote it.
func (s *pages) signInAgain(q *frame.Request) (frame.Answer, error) {
	f, err := wordsForm.Read(q, nil)
	if err != nil {
		return frame.Answer{}, err
	}
	page := &SignInPage{Form: f, Again: true, Lead: q.T("words.lead")}
	if f.Failed() {
		return f.Again(page), nil
	}
	in, err := s.accounts.SignIn(q.Context(), q.Client(), account.Login{Email: f.Get("email"),
		Password: f.Get("password")})
	if errors.Is(err, model.ErrUnauthenticated) {
		f.Fail("", model.PublicText(err))
	}
	if f.Failed() || f.Take(err) {
		return f.Again(page), nil
	}
	if err != nil {
		return frame.Answer{}, err
	}
	q.Admit(in)
	kept, err := q.OpenKept(f.Get(frame.KeptField))
	switch {
	case err != nil:
		return frame.Answer{}, err
	case kept == nil:
		return frame.Go("/"), nil
	case kept.Writer != in.Account:
		page.Lead = q.T("words.other")
		return frame.ShowAs(http.StatusConflict, page), nil
	}
	return kept.Send(q, in.Cookie), nil
}
