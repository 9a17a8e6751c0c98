package frame

import (
	"context"
	"net/http"
	"strings"

	"github.com/gorilla/mux"

	"github.com/tinyoperahouse/toh/internal/edge/slashes"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/logging"
)

// router makes the router, with the handlers of all routes.
func (s *Site) router() http.Handler {
	m := mux.NewRouter()
	for _, r := range s.routes {
		m.Path(r.Path).Methods(methods(r.Method)...).Handler(s.adapt(&r)).Name(r.Name)
	}
	m.Path("/static/{file:.+}").Methods(http.MethodGet, http.MethodHead).Handler(s.assets)
	m.Path("/favicon.ico").Methods(http.MethodGet, http.MethodHead).Handler(s.assets.Only("img/favicon.svg"))
	m.NotFoundHandler = slashes.Else(m, s.adapt(&Route{Name: "nothing", For: Public, Handle: nothing}))
	m.MethodNotAllowedHandler = s.wrongMethod(m)
	return m
}

func methods(method string) []string {
	if method == http.MethodGet {
		return []string{http.MethodGet, http.MethodHead}
	}
	return []string{method}
}

func nothing(*Request) (Answer, error) { return Answer{}, model.ErrNotFound }

// wrongMethod answers with the methods that an address supports.
func (s *Site) wrongMethod(m *mux.Router) http.Handler {
	page := s.adapt(&Route{Name: "wrong-method", For: Open, Handle: func(*Request) (Answer, error) {
		return Answer{}, errMethod
	}})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Allow", strings.Join(allowed(m, r), ", "))
		page.ServeHTTP(w, r)
	})
}

func allowed(m *mux.Router, r *http.Request) []string {
	var methods []string
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost} {
		try := r.Clone(r.Context())
		try.Method = method
		var match mux.RouteMatch
		if m.Match(try, &match) && match.MatchErr == nil {
			methods = append(methods, method)
		}
	}
	return methods
}

// adapt makes a net/http handler from a route: it identifies the caller, runs the handler, and writes the answer or the
// error.
func (s *Site) adapt(r *Route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, h *http.Request) {
		q := s.newRequest(w, h, r)
		defer q.end()
		answer, err := s.serve(q)
		if err != nil {
			answer = s.failed(q, err)
		}
		s.write(w, q, answer)
		s.afterwards(q)
	})
}

// afterwards does what can be done after the answer, even if the client has closed the connection.
func (s *Site) afterwards(q *Request) {
	if !q.Who.Known() {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(q.Context()), s.opts.Timeout)
	defer cancel()
	if err := s.opts.Identity.Used(ctx, q.Who); err != nil { // nothing is lost
		logging.From(ctx).WarnContext(ctx, "last use not noted", "error", err)
	}
}
