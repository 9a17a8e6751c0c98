package frame

import (
	"errors"
	"net/http"
	"net/url"
	"strconv"

	"github.com/tinyoperahouse/toh/internal/edge/httperr"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/logging"
)

// Refusals that only the frame makes.
var (
	errHost   = errors.New("unknown host")
	errCross  = errors.New("cross-site request")
	errMethod = errors.New("method not allowed")
)

// own are their statuses. All other errors are in the table that pages and API share.
var own = []struct {
	kind   error
	status int
}{
	{errHost, http.StatusMisdirectedRequest},
	{errCross, http.StatusForbidden},
	{errMethod, http.StatusMethodNotAllowed},
}

func statusOf(err error) int {
	for _, row := range own {
		if errors.Is(err, row.kind) {
			return row.status
		}
	}
	return httperr.Status(err)
}

// ErrorPage says what went wrong and where to go.
type ErrorPage struct {
	Base
	Status int
	Title  string
	Text   string
	// Request is the id of the request, where it helps to find the entry in the log. It is never set on a 404, because
	// all 404 pages must be the same.
	Request string
	Home    string
}

// Template names the page.
func (*ErrorPage) Template() string { return "frame/error" }

// failed makes the answer to an error. The private text goes to the log only.
func (s *Site) failed(q *Request, err error) Answer {
	if errors.Is(err, errProved) {
		return Go(q.URL.RequestURI())
	}
	status := statusOf(err)
	if status != http.StatusUnauthorized && status != http.StatusNotFound {
		logging.LineOf(q.Context()).Detail = err.Error()
	}
	switch {
	case q.forScript():
		return s.failedScript(q, status, err)
	case q.route.Words && errors.Is(err, errWriter):
		if answer, ok := s.keepWords(q, "words.other"); ok {
			return answer
		}
	case status == http.StatusUnauthorized:
		return s.toSignIn(q)
	}
	if q.proof != nil && errors.Is(err, model.ErrUnproven) {
		return s.proofPage(q)
	}
	return ShowAs(status, s.errorPage(q, status, err))
}

// forScript reports whether the request was made by a script of our pages, which needs JSON.
func (q *Request) forScript() bool { return q.Header.Get("Accept") == "application/json" }

// failedScript gives the text of the error page as JSON.
func (s *Site) failedScript(q *Request, status int, err error) Answer {
	if status == http.StatusUnauthorized {
		s.dropSession(q)
	}
	answer, jsonErr := JSON(status, map[string]string{"error": s.errorPage(q, status, err).Text})
	if jsonErr != nil {
		return Text(status, "")
	}
	return answer
}

func (s *Site) errorPage(q *Request, status int, err error) *ErrorPage {
	key := "error." + strconv.Itoa(status)
	page := &ErrorPage{Base: Base{Absent: true}, Status: status, Title: q.T(key + ".title"), Text: q.T(key + ".text"),
		Home: "/"}
	if errors.Is(err, errCross) {
		page.Text = q.T("error.403.cross")
	}
	if status == http.StatusLocked && q.route.For != Member {
		page.Title, page.Text = q.T("error.423.elsewhere.title"), q.T("error.423.elsewhere.text")
	}
	if public := model.PublicText(err); public != "" && status < http.StatusInternalServerError &&
		status != http.StatusNotFound {
		page.Text = public
	}
	if status >= http.StatusInternalServerError {
		page.Request = q.ID
	}
	switch {
	case status == http.StatusLocked && q.Who.Known():
		page.Home = "/workspaces" // the way to the others
	case q.Place != nil:
		page.Home = q.WS("/")
	}
	return page
}

// toSignIn sends somebody who is not signed in to the sign-in page, and back afterwards. If a form in which people
// write was posted, the sign-in page carries it.
func (s *Site) toSignIn(q *Request) Answer {
	if q.route.Words {
		if answer, ok := s.keepWords(q, "words.lead"); ok {
			return answer
		}
	}
	next := s.cameFrom(q)
	s.dropSession(q)
	if next == "/" {
		return Go("/signin")
	}
	return Go("/signin?next=" + url.QueryEscape(next))
}

// cameFrom is our page that was asked for, or from which a form was posted if the browser says so.
func (s *Site) cameFrom(q *Request) string {
	next := "/"
	if q.Method == http.MethodGet || q.Method == http.MethodHead {
		next = q.URL.RequestURI()
	} else if ref, err := url.Parse(q.Referer()); err == nil && s.hosts[ref.Host] {
		next = ref.RequestURI()
	}
	return OwnPath(next, "/")
}
