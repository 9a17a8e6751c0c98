package workspace

import (
	"context"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/account"
)

// Evidence is what is stored about a person in a workspace: their membership, and the workspace itself. Its Wants are
// read in one batch with what identifies the person.
type Evidence struct {
	id        string
	member    *records.Wanted[Member]
	workspace *records.Wanted[Workspace]
}

// Seat is the place of a member in a workspace, as the store knows it at this request.
type Seat struct {
	ID        string // of the workspace
	Workspace Workspace
	Version   int64 // of the workspace's settings
	Member    Member
}

// EvidenceOf prepares to read what is stored about a person in a workspace, by their ids. known is called after the
// documents before these were read, and reports whether the person is still signed in. If not, nothing of the workspace
// is read, so that the answer does not reveal even that it is locked.
func EvidenceOf(id, person string, known func() bool) *Evidence {
	scope := model.Workspace(id)
	e := &Evidence{id: id, member: members.Want(scope, person).If(known)}
	// The workspace is read, and its keys asked for, only for members. So the answer to others takes equally long
	// whether or not it exists.
	e.workspace = workspaces.Want(scope, main).If(func() bool { return e.member.Found })
	return e
}

// Wants are the documents that must be read. They come last in the batch: the others must be read even if the
// workspace's keys are unavailable.
func (e *Evidence) Wants() []records.Want { return []records.Want{e.member, e.workspace} }

// Membership is the document that says whether the person is still a member.
func (e *Evidence) Membership() records.Want { return e.member }

// Member is the person as a member, if they are one.
func (e *Evidence) Member() (Member, bool) { return e.member.Record.Body, e.member.Found }

// Seat is the place of the person in the workspace, if they are a member and the workspace is in use.
func (e *Evidence) Seat() (Seat, bool) {
	w := e.workspace.Record
	if !e.member.Found || !e.workspace.Found || w.Body.State != Active {
		return Seat{}, false
	}
	return Seat{ID: e.id, Workspace: w.Body, Version: w.Version, Member: e.member.Record.Body}, true
}

// Listed is the list of a person's workspaces, to be read in one batch with what identifies the person.
type Listed struct{ list *records.Wanted[memberships] }

// ListOf prepares to read a person's list.
func ListOf(person string) Listed { return Listed{mine.Want(model.Account(person), main)} }

// Want is the document that must be read.
func (l Listed) Want() records.Want { return l.list }

// Memberships are all on the list.
func (l Listed) Memberships() []Membership { return l.list.Record.Body.all() }

// Place resolves an id or a slug to the id of a workspace. For a slug that does not exist it returns a new id that no
// workspace has, so that what follows is the same in both cases.
func (s *Service) Place(ctx context.Context, c account.Client, place string) (string, error) {
	if idForm.MatchString(place) {
		return place, nil
	}
	id, err := s.resolve(ctx, c, place)
	if err == nil && id == "" {
		id = model.NewID()
	}
	return id, err
}

// Refresh updates a workspace's name on a person's list.
func (s *Service) Refresh(ctx context.Context, p account.Person, at Seat, list []Membership) error {
	for _, m := range list {
		if m.Workspace == at.ID && (m.Name != at.Workspace.Name || m.Slug != at.Workspace.Slug) {
			return s.amend(ctx, s.gate, p.ID, p.Client, at.ID, func(m *Membership) {
				m.Name, m.Slug = at.Workspace.Name, at.Workspace.Slug
			})
		}
	}
	return nil
}
