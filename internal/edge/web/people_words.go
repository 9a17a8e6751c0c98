package web

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/product/account"
)

// Words that are sent when the session has ended are not lost: the page that asks to sign in carries them, and they are
// sent again for the account that wrote them. They are sealed, since the computer may be shared, and are kept nowhere
// else.
const (
	markField = "as"    // says whose a form is
	keptField = "words" // what was written, sealed
	maxKept   = 2 << 20 // of the sealed words
	keptBody  = maxKept + defaultBody
)

var errWriter = errors.New("another account's form")

var wordsForm = FormSpec{fieldUser, fieldPassword, {Name: keptField, Kind: kindHidden, Max: maxKept, Optional: true}}

// mark puts into the form of a page whose it is.
func (s *Site) mark(q *Request, p Page) error {
	form, ok := p.(interface{ marked(string) })
	if !ok || q.Visit.Place == nil || s.opts.Services.Account == nil {
		return nil
	}
	mark, err := s.opts.Services.Account.Mark(q.Context(), q.Caller().Account)
	if err == nil {
		form.marked(mark)
	}
	return err
}

func (p *DraftPage) marked(as string) { p.As = as }
func (p *FormPage) marked(as string)  { p.As = as }

// sameWriter refuses a form that was made for another account than the one that is signed in now.
func (s *Site) sameWriter(q *Request) error {
	if err := q.parse(); err != nil {
		return err
	}
	if q.PostForm.Get(markField) == "" {
		return nil // an earlier release's page
	}
	writer, err := s.opts.Services.Account.Marked(q.Context(), q.PostForm.Get(markField))
	if err != nil || writer == q.Caller().Account {
		return err
	}
	return &model.Error{Kind: model.ErrConflict, Public: q.T("words.other"), Cause: errWriter}
}

// keepWords asks to sign in, with what was written in a hidden field. It is false if the form does not say whose it is.
func (s *Site) keepWords(q *Request, lead string) (Answer, bool) {
	if q.parse() != nil {
		return Answer{}, false
	}
	writer, err := s.opts.Services.Account.Marked(q.Context(), q.PostForm.Get(markField))
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
	sealed, err := s.opts.Services.Account.SealWords(q.Context(), text)
	if err != nil || len(sealed) > maxKept {
		return Answer{}, false
	}
	if !q.Visit.Known() {
		s.dropSession(q)
	}
	f := wordsForm.Blank(q, map[string]string{keptField: sealed})
	return ShowAs(http.StatusForbidden, &SignInPage{Form: f, Again: true, Lead: q.T(lead)}), true
}

// signInAgain signs in and sends what the page carried, once, if the account is the one that wrote it.
func (s *Site) signInAgain(q *Request) (Answer, error) {
	f, err := wordsForm.Read(q, nil)
	if err != nil {
		return Answer{}, err
	}
	page := &SignInPage{Form: f, Again: true, Lead: q.T("words.lead")}
	if f.Failed() {
		return f.Again(page), nil
	}
	in, err := s.opts.Services.Account.SignIn(q.Context(), q.client(), account.Login{Email: f.Get("email"),
		Password: f.Get("password")})
	if errors.Is(err, model.ErrUnauthenticated) {
		f.Fail("", model.PublicText(err))
	}
	if f.Failed() || f.Take(err) {
		return f.Again(page), nil
	}
	if err != nil {
		return Answer{}, err
	}
	q.admit(in)
	text, err := s.opts.Services.Account.OpenWords(q.Context(), f.Get(keptField))
	if err != nil {
		return Answer{}, err
	}
	parts := strings.SplitN(text, "\n", 3)
	switch {
	case len(parts) < 3:
		return Go("/"), nil
	case parts[0] != in.Account:
		page.Lead = q.T("words.other")
		return ShowAs(http.StatusConflict, page), nil
	}
	return Answer{again: s.sentAgain(q, in.Cookie, parts[1], parts[2])}, nil
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
