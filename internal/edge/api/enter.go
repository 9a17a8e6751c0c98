package api

import (
	"context"
	"net/http"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/logging"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/platform/store"
	"github.com/tinyoperahouse/toh/internal/product/workspace"
)

// identify finds out who asks, from the bearer token alone: in one batched read together with the member, the workspace
// and the record that the route reads ahead. The returned context carries that record.
func (a *API) identify(h *http.Request, r *route, v *visit, place string) (context.Context, error) {
	ctx := h.Context()
	text := bearer(h)
	if text == "" {
		a.turnedAway(place)
		return ctx, model.ErrUnauthenticated
	}
	cred, err := a.o.Accounts.FromBearer(client(ctx, h), text)
	if err != nil {
		a.turnedAway(place)
		return ctx, err
	}
	if place == "" {
		who, err := a.o.Accounts.Whoami(ctx, cred)
		v.seen = workspace.Visit{Who: who}
		v.caller = who.Caller
		return ctx, err
	}
	seen, ctx, err := a.o.Workspaces.Enter(ctx, cred, place, r.reads(v.record))
	v.seen, v.caller, v.workspace = seen, seen.Caller, seen.ID
	return ctx, err
}

func (a *API) turnedAway(place string) {
	if place != "" {
		a.o.Workspaces.TurnedAway(place)
	}
}

// reads is what the route reads ahead.
func (r *route) reads(id string) []store.Ref {
	if !r.ahead {
		return nil
	}
	return []store.Ref{{Collection: r.kind, ID: id}}
}

// refuse writes a denial into the trail, and gives the error for the caller.
func (a *API) refuse(ctx context.Context, c access.Caller, action access.Action, record string) error {
	if err := a.o.Gate.Note(ctx, a.o.Gate, records.By(c, action), record, audit.Denied); err != nil {
		return err
	}
	return model.Denied("Your role, or what this token is for, does not allow this.")
}

// leave notes, now and then, that the token was used. The answer is made by then: a failure is only logged.
func (a *API) leave(ctx context.Context, v *visit) {
	if err := a.o.Workspaces.Touch(ctx, v.seen); err != nil {
		logging.From(ctx).WarnContext(ctx, "use of a credential not noted", "error", err)
	}
}
