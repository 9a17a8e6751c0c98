package web

import (
	"context"
	"errors"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/logging"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/account"
	"github.com/tinyoperahouse/toh/internal/product/workspace"
)

// identity is the Identity of the product: sessions and members as they are stored.
type identity struct {
	services Services
	gate     *records.Gate
}

// Identify reads session, account, member and workspace in one batch.
func (i *identity) Identify(ctx context.Context, c frame.Credentials) (frame.Visit, error) {
	cred, err := i.services.Account.FromCookie(ctx, c.Client, c.Session)
	if err != nil {
		if c.Workspace != "" && errors.Is(err, model.ErrUnauthenticated) {
			i.services.Workspace.TurnedAway(c.Workspace)
		}
		return frame.Visit{}, err
	}
	if c.Workspace == "" {
		v, err := i.services.Workspace.Lobby(ctx, cred)
		v.Caller = v.Who.Caller
		return i.visit(v, nil), err
	}
	v, err := i.services.Workspace.Enter(ctx, cred, c.Workspace, c.Ahead...)
	if err != nil {
		v.Caller = v.Who.Caller
		return i.visit(v, nil), err
	}
	zone, err := frame.LoadZone(v.Workspace.TimeZone)
	return i.visit(v, &frame.Place{ID: v.ID, Slug: v.Workspace.Slug, Name: v.Workspace.Name, Zone: zone}), err
}

// visit completes what the use case says. That somebody was here is noted after the answer; if that fails, nothing is
// lost.
func (i *identity) visit(v workspace.Visit, place *frame.Place) frame.Visit {
	if v.Who.Caller.Account == "" {
		return frame.Visit{}
	}
	return frame.Visit{Visit: v, Place: place, After: func(ctx context.Context) {
		if err := i.services.Workspace.Touch(ctx, v); err != nil {
			logging.From(ctx).WarnContext(ctx, "last use not noted", "error", err)
		}
	}}
}

// Refuse leaves the denial in the trail.
func (i *identity) Refuse(ctx context.Context, c access.Caller, a access.Action) error {
	return i.gate.Refuse(ctx, records.By(c, a), "")
}

// Unknown tells the operator that somebody without a session asked for a workspace.
func (i *identity) Unknown(workspace string) { i.services.Workspace.TurnedAway(workspace) }

// Prove checks the password.
func (i *identity) Prove(ctx context.Context, who account.Who, password string) error {
	return i.services.Account.Prove(ctx, who, password)
}

// AsOne leaves one entry for all that a page reads.
func (i *identity) AsOne(ctx context.Context, lead access.Action, handle func(context.Context) error) error {
	return i.gate.AsOne(ctx, lead, handle)
}
