package frame

import (
	"context"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/product/account"
	"github.com/tinyoperahouse/toh/internal/product/identity"
)

// Identity identifies the caller, once per request, as identity.Service does. Nothing is cached from one request to the
// next.
type Identity interface {
	// FromSession resolves a session, and a member if a workspace is named. No valid session is
	// model.ErrUnauthenticated; no such workspace, or none of this person's, is model.ErrNotFound, with the person in
	// the Identity all the same.
	FromSession(ctx context.Context, c identity.Client, cookie string, to identity.Where) (identity.Identity, error)
	// Refuse records that the caller may not do the action, and returns the error for them.
	Refuse(ctx context.Context, c access.Caller, a access.Action, record string) error
	// Prove checks what the signed-in person gives to prove who they are, and returns their identity with the proof.
	Prove(ctx context.Context, who identity.Identity, in account.Claim) (identity.Identity, error)
	// Used records the use of the session, after the answer.
	Used(ctx context.Context, who identity.Identity) error
	// AsOne runs the handler of one page, and leaves one entry in the trail for everything that it reads. lead is the
	// action that describes all of it, or "".
	AsOne(ctx context.Context, lead access.Action, handle func(context.Context) error) error
}

// Words seals what people wrote, so that it survives a sign-in, and marks forms with the account that they are made
// for.
type Words interface {
	Mark(ctx context.Context, account string) (string, error)
	Marked(ctx context.Context, mark string) (account string, err error)
	SealWords(ctx context.Context, text string) (string, error)
	OpenWords(ctx context.Context, sealed string) (string, error)
}

// Place is the workspace of a request.
type Place struct {
	ID, Slug, Name string
	Zone           *time.Location
	Ends           time.Time // when the workspace will be erased; zero if nobody asked for that
}

// Path is the path of the workspace.
func (p *Place) Path() string { return WorkspacePath(p.Slug) }

// WorkspacePath is the path of a workspace.
func WorkspacePath(slug string) string { return "/w/" + slug }

// PlaceLink is a workspace in the menu of workspaces.
type PlaceLink struct {
	Name, Path string
	Current    bool
}

// placeOf is the workspace of an identity; nil outside workspaces.
func placeOf(who identity.Identity) (*Place, error) {
	seat, ok := who.Seat()
	if !ok {
		return nil, nil
	}
	zone, err := LoadZone(seat.Workspace.TimeZone)
	place := &Place{ID: seat.ID, Slug: seat.Workspace.Slug, Name: seat.Workspace.Name, Zone: zone}
	if e := seat.Workspace.Ending; e != nil {
		place.Ends = e.Due
	}
	return place, err
}

// links are the person's workspaces, for the menu of workspaces.
func (q *Request) links() []PlaceLink {
	mine := q.Who.Memberships()
	links := make([]PlaceLink, len(mine))
	for i, m := range mine {
		links[i] = PlaceLink{m.Name, WorkspacePath(m.Slug) + "/", q.Place != nil && m.Workspace == q.Place.ID}
	}
	return links
}
