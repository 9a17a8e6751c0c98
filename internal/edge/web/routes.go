package web

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gorilla/mux"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/edge/slashes"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/logging"
)

// Class says who has to be known before a route's handler runs.
type Class string

// The classes of routes.
const (
	Open    Class = "open"    // nobody is looked up
	Public  Class = "public"  // whoever has a session is known; others may come too
	Account Class = "account" // signed in
	Member  Class = "member"  // signed in, and a member of {ws}
)

// Handler answers one request.
type Handler func(q *Request) (Answer, error)

// Route is one row of the table.
type Route struct {
	Name    string
	Method  string // GET (which answers HEAD too) or POST
	Path    string
	For     Class
	Action  access.Action // what the gate will be asked for; refused beforehand if the role does not have it
	Ahead   string        // "kind:variable": a document to read together with the session
	Ticket  bool          // the address holds a secret: it is sent nowhere as a referrer
	MaxBody int64         // 0 means 64 KB
	Words   bool          // what somebody wrote: it survives the end of the session
	Asks    bool          // its own form asks for the password, each time
	Timeout time.Duration // 0 means the site's
	Handle  Handler
}

const defaultBody = 64 << 10

// Routes are all routes of the site: what is not here does not exist.
func (s *Site) Routes() []Route { return slices.Clone(s.routes) }

// table joins the routes of all subjects.
func (s *Site) table() []Route {
	return slices.Concat(s.frameRoutes(), s.serviceRoutes())
}

func (s *Site) frameRoutes() []Route {
	return []Route{
		{Name: "live", Method: http.MethodGet, Path: "/livez", For: Open, Handle: s.live},
		{Name: "ready", Method: http.MethodGet, Path: "/readyz", For: Open, Handle: s.ready},
		{Name: "live-outside", Method: http.MethodGet, Path: "/live", For: Open, Handle: s.live},
		{Name: "ready-outside", Method: http.MethodGet, Path: "/ready", For: Open, Handle: s.ready},
		{Name: "robots", Method: http.MethodGet, Path: "/robots.txt", For: Open, Handle: s.robots},
		{Name: "theme", Method: http.MethodPost, Path: "/theme", For: Open, Handle: s.setTheme},
		{Name: "shortcuts", Method: http.MethodGet, Path: "/help/shortcuts", For: Public, Handle: s.shortcuts},
	}
}

// router composes each route's stack once.
func (s *Site) router() http.Handler {
	m := mux.NewRouter()
	for _, r := range s.routes {
		m.Path(r.Path).Methods(methods(r.Method)...).Handler(s.adapt(&r)).Name(r.Name)
	}
	m.Path("/static/{file:.+}").Methods(http.MethodGet, http.MethodHead).Handler(s.assets)
	m.Path("/favicon.ico").Methods(http.MethodGet, http.MethodHead).Handler(s.assets.only("img/favicon.svg"))
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

// wrongMethod says which methods an address answers.
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

// adapt makes a net/http handler of a route: it finds out who asks, runs the handler, and writes its answer or its
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
		s.leave(q)
	})
}

// leave does what may wait until the answer has been written, even if nobody waits for it any more.
func (s *Site) leave(q *Request) {
	if q.Visit.Leave == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(q.Context()), s.opts.Timeout)
	defer cancel()
	q.Visit.Leave(ctx)
}

func (s *Site) serve(q *Request) (Answer, error) {
	if err := s.enter(q); err != nil {
		return Answer{}, err
	}
	if q.route.For == Open || s.opts.Services.Gate == nil {
		return q.route.Handle(q)
	}
	var answer Answer
	err := s.opts.Services.Gate.AsOne(q.Context(), q.lead(), func(ctx context.Context) (err error) {
		outside := q.Request
		defer func() { q.Request = outside }()
		q.Request = q.WithContext(ctx)
		answer, err = q.route.Handle(q)
		return err
	})
	if err != nil {
		return Answer{}, err
	}
	return answer, nil
}

// lead is the action that tells of a page that shows many things; "" is that of its last reading.
func (q *Request) lead() access.Action {
	if q.route.Action == access.WorkspaceRead {
		return access.WorkspaceRead
	}
	return ""
}

// enter brings the visitor as far in as the route's class asks for.
func (s *Site) enter(q *Request) error {
	if q.route.For == Open {
		return nil
	}
	err := s.knock(q)
	switch {
	case err != nil:
		return err
	case q.route.For == Public:
		return nil
	case !q.Visit.Known():
		return model.ErrUnauthenticated
	case q.route.Action != "" && q.Visit.scope().Kind == actionScope(q.route) &&
		!access.Can(q.Visit.Caller, q.route.Action):
		return s.opts.Doorman.Refuse(q.Context(), q.Visit.Caller, q.route.Action)
	case q.route.Words:
		return s.sameWriter(q)
	case !q.route.Asks && !isSafe(q.Method) && access.Proof(q.Visit.Caller, q.route.Action) != nil:
		return s.prove(q)
	}
	return nil
}

// actionScope is the kind of scope that the route acts in.
func actionScope(r *Route) model.ScopeKind {
	if r.For == Member {
		return model.WorkspaceScope
	}
	return model.AccountScope
}

func (s *Site) knock(q *Request) error {
	k := Knock{Session: s.session(q.Request), Client: q.client(), Workspace: q.Var("ws"), Ahead: q.ahead()}
	if q.route.For != Member {
		k.Workspace = ""
	}
	if k.Session == "" {
		if all := s.opts.Services.Workspace; all != nil && k.Workspace != "" {
			all.TurnedAway(k.Workspace)
		}
		return unlessPublic(q.route, model.ErrUnauthenticated)
	}
	visit, ctx, err := s.opts.Doorman.Enter(q.Context(), k)
	q.Visit = visit
	if err != nil {
		return unlessPublic(q.route, err)
	}
	if visit.Place != nil {
		logging.LineOf(ctx).Workspace = visit.Place.ID
	}
	q.Request = q.WithContext(ctx)
	return nil
}

// unlessPublic lets strangers in where they are welcome. An outage stays an outage.
func unlessPublic(r *Route, err error) error {
	if r.For == Public && statusOf(err) == http.StatusUnauthorized {
		return nil
	}
	return err
}
