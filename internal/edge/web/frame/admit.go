package frame

import (
	"context"
	"net/http"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/logging"
)

func (s *Site) serve(q *Request) (Answer, error) {
	if err := s.admit(q); err != nil {
		return Answer{}, err
	}
	if q.route.For == Open {
		return q.route.Handle(q)
	}
	var answer Answer
	err := s.opts.Identity.AsOne(q.Context(), q.lead(), func(ctx context.Context) (err error) {
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

// admit brings the visitor as far in as the route's class asks for.
func (s *Site) admit(q *Request) error {
	if q.route.For == Open {
		return nil
	}
	err := s.authenticate(q)
	switch {
	case err != nil:
		return err
	case q.route.For == Public:
		return nil
	case !q.Visit.Known():
		return model.ErrUnauthenticated
	case q.route.Action != "" && q.Visit.scope().Kind == actionScope(q.route) &&
		!access.Can(q.Visit.Caller, q.route.Action):
		return s.opts.Identity.Refuse(q.Context(), q.Visit.Caller, q.route.Action)
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

func (s *Site) authenticate(q *Request) error {
	k := Credentials{Session: s.session(q.Request), Client: q.Client(), Workspace: q.Var("ws"), Ahead: q.ahead()}
	if q.route.For != Member {
		k.Workspace = ""
	}
	if k.Session == "" {
		if k.Workspace != "" {
			s.opts.Identity.Unknown(k.Workspace)
		}
		return unlessPublic(q.route, model.ErrUnauthenticated)
	}
	visit, err := s.opts.Identity.Identify(q.Context(), k)
	q.Visit = visit
	if err != nil {
		return unlessPublic(q.route, err)
	}
	if visit.Place != nil {
		logging.LineOf(q.Context()).Workspace = visit.Place.ID
	}
	return nil
}

// unlessPublic lets strangers in where they are welcome. An outage stays an outage.
func unlessPublic(r *Route, err error) error {
	if r.For == Public && statusOf(err) == http.StatusUnauthorized {
		return nil
	}
	return err
}
