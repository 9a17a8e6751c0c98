package web

import (
	"context"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/account"
	"github.com/tinyoperahouse/toh/internal/model"
)

// Doorman finds out who asks. The frame calls it once per request; nothing of its answer is kept for the next.
type Doorman interface {
	// Enter resolves a session, and a member if a workspace is named. No valid session is model.ErrUnauthenticated; no such
	// workspace, or none of this person's, is model.ErrNotFound, with the account in the Visit all the same. The returned context
	// carries what was read ahead.
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

// Visit is who asks, and where. The zero value is nobody.
type Visit struct {
	Who        account.Who           // the person, in their own account
	Caller     access.Caller         // in the workspace, or in one's own account
	Workspace  *Place                // nil outside workspaces
	Workspaces []PlaceLink           // for the switcher
	Leave      func(context.Context) // called when the answer has been written; nil for nothing
}

// Known reports whether somebody is signed in.
func (v Visit) Known() bool { return v.Who.Caller.Account != "" }

// Place is the workspace that a visit is in.
type Place struct {
	ID, Slug, Name string
	Zone           *time.Location
}

// Path is where the workspace is.
func (p *Place) Path() string { return "/w/" + p.Slug }

// PlaceLink is a workspace of the switcher.
type PlaceLink struct {
	Name, Path string
	Current    bool
}

// scope is where the visit acts.
func (v Visit) scope() model.Scope { return v.Caller.Scope }
