package identity

import (
	"context"
	"errors"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/logging"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/account"
	"github.com/tinyoperahouse/toh/internal/product/workspace"
)

// Service identifies callers. It is safe for concurrent use.
type Service struct {
	gate       *records.Gate
	accounts   *account.Service
	workspaces *workspace.Service
}

// New makes a Service.
func New(gate *records.Gate, accounts *account.Service, workspaces *workspace.Service) *Service {
	return &Service{gate, accounts, workspaces}
}

// Client is where a request comes from.
type Client = account.Client

// Ahead names a document of a workspace that the request will ask for: its kind's name, and its id.
type Ahead struct{ Kind, ID string }

// Where is what a request is for.
type Where struct {
	Workspace string // id or slug; "" for one's own account
	Ahead     *Ahead // a document of that workspace to read in the same batch; nil for none
}

// FromSession identifies a caller by the value of a session cookie: see Find.
func (s *Service) FromSession(ctx context.Context, c Client, cookie string, to Where) (Identity, error) {
	cred, err := s.accounts.FromCookie(ctx, c, cookie)
	if err != nil && !errors.Is(err, model.ErrUnauthenticated) {
		return Identity{}, err
	}
	if err != nil || !cred.Known() {
		return Identity{}, s.nobody(to, err)
	}
	return s.Find(ctx, cred, to)
}

// FromToken identifies a caller by an API token: see Find.
func (s *Service) FromToken(ctx context.Context, c Client, text string, to Where) (Identity, error) {
	if text == "" {
		return Identity{}, s.nobody(to, nil)
	}
	cred, err := s.accounts.FromBearer(c, text)
	if err != nil {
		return Identity{}, s.nobody(to, err)
	}
	return s.Find(ctx, cred, to)
}

// nobody is the answer to a request without a credential that can be looked up.
func (s *Service) nobody(to Where, err error) error {
	if to.Workspace != "" {
		s.workspaces.CountRefusal(to.Workspace, access.Caller{})
	}
	if err == nil {
		err = model.ErrUnauthenticated
	}
	return err
}

// Find identifies the holder of a credential in one batched read, together with the member and the workspace if one is
// named, and with a document that the request will ask for next, which the caller carries.
//
// A credential that is not, or no longer, valid is ErrUnauthenticated. A workspace that the person is not a member of
// is ErrNotFound, whether or not it exists. A workspace of theirs whose keys are unavailable is ErrLocked. In the last
// two cases the Identity still names the person.
func (s *Service) Find(ctx context.Context, cred account.Credential, to Where) (Identity, error) {
	if to.Workspace == "" {
		id, err := s.outside(ctx, cred)
		mark(ctx, id)
		return id, err
	}
	id, err := s.inside(ctx, cred, to)
	mark(ctx, id)
	if errors.Is(err, model.ErrNotFound) || errors.Is(err, model.ErrUnauthenticated) {
		s.workspaces.CountRefusal(to.Workspace, id.self)
	}
	return id, err
}

// mark has the log line of the request say that a control asks. Who asks decides it, and no header: anybody can send a
// header.
func mark(ctx context.Context, id Identity) {
	logging.LineOf(ctx).Control = account.IsCanary(id.person.Email)
}

func (s *Service) outside(ctx context.Context, cred account.Credential) (Identity, error) {
	a, err := s.ask(cred)
	if err != nil {
		return Identity{}, err
	}
	if _, err := s.gate.Identify(ctx, nil, a.wants()...); err != nil {
		if cred.IsToken() && errors.Is(err, model.ErrLocked) {
			err = model.ErrUnauthenticated // an account whose keys are gone looks to a program like one that never was
		}
		return Identity{}, err
	}
	return a.person()
}

func (s *Service) inside(ctx context.Context, cred account.Credential, to Where) (Identity, error) {
	a, err := s.ask(cred)
	if err != nil {
		return Identity{}, err
	}
	place, err := s.workspaces.Place(ctx, cred.Client(), to.Workspace)
	if err != nil {
		return Identity{}, err
	}
	a.within(place)
	kept, err := s.gate.Identify(ctx, to.refs(model.Workspace(place)), a.wants()...)
	if err != nil && !errors.Is(err, model.ErrLocked) {
		return Identity{}, err
	}
	id, nobody := a.person()
	if nobody != nil && err != nil {
		return Identity{}, err // the keys of their account are unavailable, which must not sign anybody out
	}
	if nobody != nil {
		return Identity{}, nobody
	}
	if t := id.token; t != nil && t.Workspace != "" && t.Workspace != place {
		return id, model.ErrNotFound
	}
	if err != nil {
		return id, s.workspaces.Locked(ctx, id.self, place, err)
	}
	return a.enter(id, kept)
}

func (w Where) refs(scope model.Scope) []records.Ref {
	if w.Ahead == nil {
		return nil
	}
	return []records.Ref{{Scope: scope, Collection: w.Ahead.Kind, ID: w.Ahead.ID}}
}

// Prove checks what a signed-in person gives to prove who they are, and returns their Identity with that proof.
func (s *Service) Prove(ctx context.Context, id Identity, in account.Claim) (Identity, error) {
	p, err := s.accounts.Prove(ctx, id, in)
	if err != nil {
		return id, err
	}
	return id.proved(p), nil
}

// Used records that a session or token was used, and updates an old workspace name in the person's list. It is called
// after the answer was prepared, and its failure does not affect the answer.
func (s *Service) Used(ctx context.Context, id Identity) error {
	var err error
	switch id.source {
	case BySession:
		err = s.accounts.SessionUsed(ctx, id, *id.session, id.idle)
	case ByToken:
		err = s.accounts.TokenUsed(ctx, id, *id.token)
	}
	if err != nil || id.seat == nil {
		return err
	}
	return s.workspaces.Refresh(ctx, id.person, *id.seat, id.listed)
}

// Refuse records in the trail that an action was denied, for the record that was asked for, or "", and returns the
// error for the person.
func (s *Service) Refuse(ctx context.Context, c access.Caller, a access.Action, record string) error {
	return s.gate.Refuse(ctx, records.By(c, a), record)
}

// AsOne runs the handler of one page, and leaves one entry in the trail for everything that it reads. lead is the
// action that describes all of it, or "".
func (s *Service) AsOne(ctx context.Context, lead access.Action, handle func(context.Context) error) error {
	return s.gate.AsOne(ctx, lead, handle)
}
