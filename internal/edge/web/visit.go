package web

import (
	"context"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/product/account"
	"github.com/tinyoperahouse/toh/internal/product/workspace"
)

// Doorman finds out who asks. The frame calls it once per request; nothing of its answer is kept for the next.
type Doorman interface {
	// Enter resolves a session, and a member if a workspace is named. No valid session is model.ErrUnauthenticated; no
	// such workspace, or none of this person's, is model.ErrNotFound, with the person in the Visit all the same. The
	// returned context carries what was read ahead.
	Enter(ctx context.Context, k Knock) (Visit, context.Context, error)
	// Refuse writes down that the caller may not do the action, and gives the error for them.
	Refuse(ctx context.Context, c access.Caller, a access.Action) error
}

// Knock is somebody at the door.
type Knock struct {
	Session   string // value of the session cookie
	Client    account.Client
	Workspace string // id or slug; "" for one's own account
	Ahead     *Ahead // a document of that workspace to read in the same batch
}

// Ahead names a document that the handler will ask for.
type Ahead struct{ Kind, ID string }

// Visit is who asks, and where. The zero value is nobody. Outside of workspaces the caller is in their own account.
type Visit struct {
	workspace.Visit
	Place *Place                // nil outside workspaces
	Leave func(context.Context) // called when the answer has been written; nil for nothing
}

// Known reports whether somebody is signed in.
func (v Visit) Known() bool { return v.Who.Caller.Account != "" }

// scope is where the visit acts.
func (v Visit) scope() model.Scope { return v.Caller.Scope }

// Place is the workspace that a visit is in.
type Place struct {
	ID, Slug, Name string
	Zone           *time.Location
}

// Path is where the workspace is.
func (p *Place) Path() string { return placePath(p.Slug) }

func placePath(slug string) string { return "/w/" + slug }

// PlaceLink is a workspace of the switcher.
type PlaceLink struct {
	Name, Path string
	Current    bool
}

// links are the person's workspaces for the switcher.
func (v Visit) links() []PlaceLink {
	links := make([]PlaceLink, len(v.Memberships))
	for i, m := range v.Memberships {
		links[i] = PlaceLink{m.Name, placePath(m.Slug) + "/", v.Place != nil && m.Workspace == v.Place.ID}
	}
	return links
}
