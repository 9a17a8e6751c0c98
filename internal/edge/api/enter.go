package api

import (
	"context"
	"net/http"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/logging"
	"github.com/tinyoperahouse/toh/internal/product/workspace"
)

// identify finds out who asks, from the bearer token alone: in one batched read together with the member, the workspace
// and the record that the route reads ahead, which the caller carries.
func (a *API) identify(h *http.Request, r *route, v *visit, place string) error {
	ctx := h.Context()
	text := bearer(h)
	if text == "" {
		a.turnedAway(place)
		return model.ErrUnauthenticated
	}
	cred, err := a.o.Accounts.FromBearer(client(ctx, h), text)
	if err != nil {
		a.turnedAway(place)
		return err
	}
	if place == "" {
		who, err := a.o.Accounts.Whoami(ctx, cred)
		v.seen = workspace.Visit{Who: who}
		v.caller = who.Caller
		return err
	}
	seen, err := a.o.Workspaces.Enter(ctx, cred, place, r.reads(v.record)...)
	v.seen, v.caller, v.workspace = seen, seen.Caller, seen.ID
	return err
}

func (a *API) turnedAway(place string) {
	if place != "" {
		a.o.Workspaces.TurnedAway(place)
	}
}

// reads is what the route reads ahead.
func (r *route) reads(id string) []workspace.Ahead {
	if !r.ahead {
		return nil
	}
	return []workspace.Ahead{{Kind: r.kind, ID: id}}
}

// leave notes, now and then, that the token was used. The answer is made by then: a failure is only logged.
func (a *API) leave(ctx context.Context, v *visit) {
	if err := a.o.Workspaces.Touch(ctx, v.seen); err != nil {
		logging.From(ctx).WarnContext(ctx, "use of a credential not noted", "error", err)
	}
}
