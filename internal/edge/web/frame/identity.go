package frame

import (
	"context"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/product/account"
	"github.com/tinyoperahouse/toh/internal/product/workspace"
)

// Identity finds out who asks, once per request; nothing of its answer is kept for the next.
type Identity interface {
	// Identify resolves a session, and a member if a workspace is named. No valid session is model.ErrUnauthenticated;
	// no such workspace, or none of this person's, is model.ErrNotFound, with the person in the Visit all the same. The
	// caller carries what was read ahead.
	Identify(ctx context.Context, c Credentials) (Visit, error)
	// Refuse writes down that the caller may not do the action, and gives the error for them.
	Refuse(ctx context.Context, c access.Caller, a access.Action) error
	// Unknown notes that somebody without a session asked for a workspace.
	Unknown(workspace string)
	// Prove checks the password of whoever is signed in.
	Prove(ctx context.Context, who account.Who, password string) error
	// AsOne runs the handler of one page, and leaves one entry of the trail for all that it reads. lead is the action
	// that tells the whole, or "".
	AsOne(ctx context.Context, lead access.Action, handle func(context.Context) error) error
}

// Words seals what people write, so that it survives a sign-in, and marks forms with the account that they are of.
type Words interface {
	Mark(ctx context.Context, account string) (string, error)
	Marked(ctx context.Context, mark string) (account string, err error)
	SealWords(ctx context.Context, text string) (string, error)
	OpenWords(ctx context.Context, sealed string) (string, error)
}

// Credentials are what a request says about who sends it, and where it goes.
type Credentials struct {
	Session   string // value of the session cookie
	Client    account.Client
	Workspace string            // id or slug; "" for one's own account
	Ahead     []workspace.Ahead // documents of that workspace to read in the same batch
}

// Visit is who asks, and where. The zero value is nobody. Outside of workspaces the caller is in their own account.
type Visit struct {
	workspace.Visit
	Place *Place                // nil outside workspaces
	After func(context.Context) // called when the answer has been written; nil for nothing
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
func (p *Place) Path() string { return WorkspacePath(p.Slug) }

// WorkspacePath is where a workspace is.
func WorkspacePath(slug string) string { return "/w/" + slug }

// PlaceLink is a workspace of the switcher.
type PlaceLink struct {
	Name, Path string
	Current    bool
}

// links are the person's workspaces for the switcher.
func (v Visit) links() []PlaceLink {
	links := make([]PlaceLink, len(v.Memberships))
	for i, m := range v.Memberships {
		links[i] = PlaceLink{m.Name, WorkspacePath(m.Slug) + "/", v.Place != nil && m.Workspace == v.Place.ID}
	}
	return links
}
