package frame

import (
	"context"
	"net/http"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/logging"
	"github.com/tinyoperahouse/toh/internal/product/identity"
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

// lead is the action that the trail records for a page that reads several things; "" means that of the last reading.
func (q *Request) lead() access.Action {
	if q.route.Action == access.WorkspaceRead {
		return access.WorkspaceRead
	}
	return ""
}

// admit identifies the visitor as far as the route's class requires.
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
	case !q.Who.Known():
		return model.ErrUnauthenticated
	case q.route.Action != "" && q.Caller().Scope.Kind == actionScope(q.route) &&
		!access.Can(q.Caller(), q.route.Action):
		return s.opts.Identity.Refuse(q.Context(), q.Caller(), q.route.Action, "")
	case q.route.Words:
		return s.sameWriter(q)
	case s.mustProve(q):
		return s.prove(q)
	}
	return nil
}

// mustProve reports whether a proof is needed before the form is handled. A form that asks for the password itself is
// one, unless the account has a second factor.
func (s *Site) mustProve(q *Request) bool {
	return !isSafe(q.Method) && (!q.route.Asks || q.Who.Factors().On) &&
		access.Proof(q.Caller(), q.route.Action) != nil
}

// actionScope is the kind of scope that the route acts in.
func actionScope(r *Route) model.ScopeKind {
	if r.For == Member {
		return model.WorkspaceScope
	}
	return model.AccountScope
}

func (s *Site) authenticate(q *Request) error {
	to := identity.Where{}
	if q.route.For == Member {
		to.Workspace, to.Ahead = q.Var("ws"), q.ahead()
	}
	who, err := s.opts.Identity.FromSession(q.Context(), q.Client(), s.session(q.Request), to)
	q.Who = who
	if err != nil {
		return unlessPublic(q.route, err)
	}
	if q.Place, err = placeOf(who); q.Place != nil {
		logging.LineOf(q.Context()).Workspace = q.Place.ID
	}
	return err
}

// unlessPublic ignores that nobody is signed in, on public routes. Other errors stay.
func unlessPublic(r *Route, err error) error {
	if r.For == Public && statusOf(err) == http.StatusUnauthorized {
		return nil
	}
	return err
}
