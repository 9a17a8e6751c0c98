package signin

import (
	"net/http"

	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
)

// keptBody is the largest form that signs in and carries what was written.
const keptBody = frame.MaxKept + 64<<10

// askAgain asks a person who was signed out to sign in, with what they wrote in a hidden field.
func (s *pages) askAgain(q *frame.Request, lead, sealed string) frame.Page {
	f := wordsForm.Blank(q, map[string]string{frame.KeptField: sealed})
	return s.signInPage(q, f, lead)
}

// signInAgain signs in and sends what the page carried.
func (s *pages) signInAgain(q *frame.Request) (frame.Answer, error) {
	f, err := wordsForm.Read(q, nil)
	if err != nil {
		return frame.Answer{}, err
	}
	return s.signInBy(q, f, s.signInPage(q, f, q.T("words.lead")))
}

// sendWords sends what the pages of a sign-in carried, once, if the account is the one that wrote it.
func (s *pages) sendWords(q *frame.Request, sealed, account, cookie string) (frame.Answer, error) {
	kept, err := q.OpenKept(sealed)
	switch {
	case err != nil:
		return frame.Answer{}, err
	case kept == nil:
		return frame.Go("/"), nil
	case kept.Writer != account:
		page := s.askAgain(q, q.T("words.other"), sealed)
		return frame.ShowAs(http.StatusConflict, page), nil
	}
	return kept.Send(q, cookie), nil
}
