package frame

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/tinyoperahouse/toh/internal/model"
)

// What somebody wrote is not lost if their session has ended when they send it. The page that asks to sign in carries
// it in a hidden field, and it is sent again when the account that wrote it signs in. It is sealed, because the
// computer may be shared, and it is stored nowhere else.
const (
	MarkField = "as"    // says which account a form was made for
	KeptField = "words" // what was written, sealed
	MaxKept   = 2 << 20 // bytes of the sealed words
)

var errWriter = errors.New("another account's form")

// Written is a page with a form in which people write. Its template must put the mark into the form, as MarkField.
type Written interface{ SetWriter(mark string) }

// mark gives a page the mark of the account that its form is made for.
func (s *Site) mark(q *Request, p Page) error {
	form, ok := p.(Written)
	if !ok || q.Place == nil || s.opts.Words == nil {
		return nil
	}
	mark, err := s.opts.Words.Mark(q.Context(), q.Caller().Account)
	if err == nil {
		form.SetWriter(mark)
	}
	return err
}

// sameWriter refuses a form that was made for an account other than the one that is signed in now.
func (s *Site) sameWriter(q *Request) error {
	if err := q.Parse(); err != nil {
		return err
	}
	if q.PostForm.Get(MarkField) == "" || s.opts.Words == nil {
		return nil // a page of an earlier release
	}
	writer, err := s.opts.Words.Marked(q.Context(), q.PostForm.Get(MarkField))
	if err != nil || writer == q.Caller().Account {
		return err
	}
	return &model.Error{Kind: model.ErrConflict, Public: q.T("words.other"), Cause: errWriter}
}

// keepWords answers with a page that asks to sign in and carries what was written. It returns false if the form has no
// valid mark.
func (s *Site) keepWords(q *Request, lead string) (Answer, bool) {
	if s.opts.Words == nil || s.askSignIn == nil || q.Parse() != nil {
		return Answer{}, false
	}
	writer, err := s.opts.Words.Marked(q.Context(), q.PostForm.Get(MarkField))
	if err != nil || writer == "" {
		return Answer{}, false
	}
	form := url.Values{}
	for name, values := range q.PostForm {
		if !secretFields[name] {
			form[name] = values
		}
	}
	text := strings.Join([]string{writer, q.URL.Path, form.Encode()}, "\n")
	sealed, err := s.opts.Words.SealWords(q.Context(), text)
	if err != nil || len(sealed) > MaxKept {
		return Answer{}, false
	}
	if !q.Who.Known() {
		s.dropSession(q)
	}
	return ShowAs(http.StatusForbidden, s.askSignIn(q, q.T(lead), sealed)), true
}

// Kept is what somebody wrote before they were asked to sign in.
type Kept struct {
	Writer     string // their account
	path, form string
}

// OpenKept opens what a page carried in its KeptField. It returns nil if that is not valid.
func (q *Request) OpenKept(sealed string) (*Kept, error) {
	text, err := q.site.opts.Words.OpenWords(q.Context(), sealed)
	if err != nil {
		return nil, err
	}
	parts := strings.SplitN(text, "\n", 3)
	if len(parts) < 3 {
		return nil, nil
	}
	return &Kept{parts[0], parts[1], parts[2]}, nil
}

// Send answers as if the form were sent now, with this session.
func (k *Kept) Send(q *Request, session string) Answer {
	return Answer{again: q.site.sentAgain(q, session, k.path, k.form)}
}

// sentAgain makes the original request again, with a session.
func (s *Site) sentAgain(q *Request, session, path, form string) *http.Request {
	r := q.Clone(q.Context())
	r.Method, r.URL, r.RequestURI = http.MethodPost, &url.URL{Path: path}, path
	r.Body, r.ContentLength, r.Form, r.PostForm = io.NopCloser(strings.NewReader(form)), int64(len(form)), nil, nil
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Del("Cookie")
	for _, c := range q.Cookies() {
		if c.Name != s.cookieName(sessionCookie) {
			r.AddCookie(c)
		}
	}
	r.AddCookie(&http.Cookie{Name: s.cookieName(sessionCookie), Value: session}) // #nosec G124 -- a request's cookie has no attributes
	return r
}
