package frame

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/tinyoperahouse/toh/internal/model"
)

// Words that are sent when the session has ended are not lost: the page that asks to sign in carries them, and they are
// sent again for the account that wrote them. They are sealed, since the computer may be shared, and are kept nowhere
// else.
const (
	MarkField = "as"    // says whose a form is
	KeptField = "words" // what was written, sealed
	MaxKept   = 2 << 20 // of the sealed words
)

var errWriter = errors.New("another account's form")

// Written is a page with a form in which people write. Its template puts the mark of the writer's account into the
// form, as MarkField.
type Written interface{ SetWriter(mark string) }

// mark puts into the form of a page whose it is.
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

// sameWriter refuses a form that was made for another account than the one that is signed in now.
func (s *Site) sameWriter(q *Request) error {
	if err := q.Parse(); err != nil {
		return err
	}
	if q.PostForm.Get(MarkField) == "" || s.opts.Words == nil {
		return nil // an earlier release's page
	}
	writer, err := s.opts.Words.Marked(q.Context(), q.PostForm.Get(MarkField))
	if err != nil || writer == q.Caller().Account {
		return err
	}
	return &model.Error{Kind: model.ErrConflict, Public: q.T("words.other"), Cause: errWriter}
}

// keepWords asks to sign in, with what was written in a hidden field. It is false if the form does not say whose it is.
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

// OpenKept opens what a page carried in its KeptField; nil if that is nothing of ours.
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

// Send answers as if what was written came now, with this session.
func (k *Kept) Send(q *Request, session string) Answer {
	return Answer{again: q.site.sentAgain(q, session, k.path, k.form)}
}

// sentAgain is the request that came without a session, with one.
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
