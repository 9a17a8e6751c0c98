package workspace

import (
	"context"
	"errors"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/account"
)

// Visit is who is asking, and where, as the store knows it at this request. It must not be kept for another one.
type Visit struct {
	Who         account.Who
	Memberships []Membership // of a session's person, for the switcher; not read for API tokens

	// The rest is set by Enter only.
	Caller    access.Caller
	ID        string // of the workspace
	Workspace Workspace
	Version   int64 // of the workspace's settings
	Member    Member
}

// Lobby finds out who is asking, outside any workspace.
func (s *Service) Lobby(ctx context.Context, cred account.Credential) (Visit, error) {
	q, err := s.accounts.Ask(cred)
	if err != nil {
		return Visit{}, err
	}
	list := mine.Want(model.Account(q.AccountID()), main)
	if _, err := s.gate.Identify(ctx, nil, append(q.Wants(), list)...); err != nil {
		return Visit{}, err
	}
	who, err := q.Answer()
	if err != nil {
		return Visit{}, err
	}
	return Visit{Who: who, Memberships: list.Record.Body.all()}, nil
}

// Enter finds out who is asking in a workspace, named by its id or a slug, in one batched read together with documents
// of that workspace that the request will ask for next, which the caller carries.
//
// Whoever is not known, or no longer, is ErrUnauthenticated. A workspace that is none of theirs is ErrNotFound, whether
// or not there is such a one; one of theirs whose key is away is ErrLocked. The Visit then still says who it is.
func (s *Service) Enter(ctx context.Context, cred account.Credential, place string, ahead ...Ahead) (Visit, error) {
	v, err := s.enter(ctx, cred, place, ahead)
	if errors.Is(err, model.ErrNotFound) || errors.Is(err, model.ErrUnauthenticated) {
		s.turnAway(place, v.Who.Caller)
	}
	return v, err
}

func (s *Service) enter(ctx context.Context, cred account.Credential, place string, ahead []Ahead) (Visit, error) {
	q, err := s.accounts.Ask(cred)
	if err != nil {
		return Visit{}, err
	}
	id, err := s.place(ctx, q.Client(), place)
	if err != nil {
		return Visit{}, err
	}
	d := s.door(q, cred, id)
	kept, err := s.gate.Identify(ctx, within(model.Workspace(id), ahead), d.wants()...)
	if errors.Is(err, model.ErrLocked) {
		return d.locked(ctx, s, err)
	}
	if err != nil {
		return Visit{}, err
	}
	v, err := d.open(s)
	if err == nil {
		v.Caller.Ahead = kept
	}
	return v, err
}

// place is the id of the workspace that is meant. For a slug that leads nowhere it is an id that is nobody's, so that
// what follows is the same.
func (s *Service) place(ctx context.Context, c account.Client, place string) (string, error) {
	if idForm.MatchString(place) {
		return place, nil
	}
	id, err := s.resolve(ctx, c, place)
	if err == nil && id == "" {
		id = model.NewID()
	}
	return id, err
}

// Ahead names a document of a workspace that the request will ask for: its kind's name, and its id.
type Ahead struct{ Kind, ID string }

func within(scope model.Scope, ahead []Ahead) []records.Ref {
	refs := make([]records.Ref, len(ahead))
	for i, a := range ahead {
		refs[i] = records.Ref{Scope: scope, Collection: a.Kind, ID: a.ID}
	}
	return refs
}

// door is what is read to find out whether somebody may enter.
type door struct {
	id        string
	question  *account.Question
	member    *records.Wanted[Member]
	workspace *records.Wanted[Workspace]
	list      *records.Wanted[memberships] // nil for API tokens
}

func (s *Service) door(q *account.Question, cred account.Credential, id string) *door {
	scope := model.Workspace(id)
	// Who is nobody any more learns nothing of a workspace, not even that it is locked.
	d := &door{id: id, question: q, member: Members.Want(scope, q.AccountID()).If(func() bool {
		_, err := q.Answer()
		return err == nil
	})}
	// A stranger's request never asks for the keys of a workspace: what there is takes as long as what there is not.
	d.workspace = Workspaces.Want(scope, main).If(func() bool { return d.member.Found })
	if !cred.IsToken() {
		d.list = mine.Want(model.Account(q.AccountID()), main)
	}
	return d
}

func (d *door) wants() []records.Want {
	wants := d.question.Wants()
	if d.list != nil {
		wants = append(wants, d.list)
	}
	return append(wants, d.member, d.workspace) // last: their keys may be away, and then the others count
}

// open decides.
func (d *door) open(s *Service) (Visit, error) {
	who, err := d.question.Answer()
	if err != nil {
		return Visit{}, err
	}
	v := Visit{Who: who}
	if d.list != nil {
		v.Memberships = d.list.Record.Body.all()
	}
	if !d.member.Found || !d.workspace.Found || d.workspace.Record.Body.State != Active {
		return v, model.ErrNotFound
	}
	if t := who.Token; t != nil && t.Workspace != "" && t.Workspace != d.id {
		return v, model.ErrNotFound
	}
	w := d.workspace.Record
	if err := v.Who.Within(w.Body.Session, s.now()); err != nil {
		return Visit{}, err
	}
	v.ID, v.Workspace, v.Version, v.Member = d.id, w.Body, w.Version, d.member.Record.Body
	v.Caller = who.Caller
	v.Caller.Scope, v.Caller.Role, v.Caller.Name = model.Workspace(d.id), v.Member.Role, v.Member.Name
	v.Caller.Standing = d.standing(v.Member.Role)
	return v, nil
}

var errOtherRole = model.Denied("Your role in this workspace was changed a moment ago. Load the page again to see " +
	"what you may do now.")

// standing is what lets somebody act in the workspace with a role.
func (d *door) standing(role access.Role) records.Standing {
	return func() ([]records.Want, func() error) {
		q := d.question.Again()
		member := Members.Want(model.Workspace(d.id), q.AccountID())
		return append(q.Wants(), member), func() error {
			_, err := q.Answer()
			switch {
			case err != nil:
				return err
			case !member.Found:
				return model.ErrNotFound
			case member.Record.Body.Role != role:
				return errOtherRole
			}
			return nil
		}
	}
}

// Touch notes that a session or token was used, and brings an old name on the person's list up to date. It is called
// after the answer was made; its failure harms nobody.
func (s *Service) Touch(ctx context.Context, v Visit) error {
	if err := s.accounts.Touch(ctx, v.Who); err != nil || v.ID == "" {
		return err
	}
	for _, m := range v.Memberships {
		if m.Workspace == v.ID && (m.Name != v.Workspace.Name || m.Slug != v.Workspace.Slug) {
			return s.amend(ctx, s.gate, v.Who.Caller.Account, v.Who.Person().Client, v.ID, func(m *Membership) {
				m.Name, m.Slug = v.Workspace.Name, v.Workspace.Slug
			})
		}
	}
	return nil
}
