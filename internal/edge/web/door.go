package web

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/logging"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/platform/store"
	"github.com/tinyoperahouse/toh/internal/product/workspace"
)

// door is the Doorman of the product: sessions and members as they are stored.
type door struct {
	services Services
	gate     *records.Gate
}

// Enter reads session, account, member and workspace in one batch.
func (d *door) Enter(ctx context.Context, k Knock) (Visit, context.Context, error) {
	cred, err := d.services.Account.FromCookie(ctx, k.Client, k.Session)
	if err != nil {
		if k.Workspace != "" && errors.Is(err, model.ErrUnauthenticated) {
			d.services.Workspace.TurnedAway(k.Workspace)
		}
		return Visit{}, ctx, err
	}
	if k.Workspace == "" {
		v, err := d.services.Workspace.Lobby(ctx, cred)
		v.Caller = v.Who.Caller
		return d.visit(v, nil), ctx, err
	}
	v, inside, err := d.services.Workspace.Enter(ctx, cred, k.Workspace, refs(k.Ahead))
	if err != nil {
		v.Caller = v.Who.Caller
		return d.visit(v, nil), ctx, err
	}
	zone, err := loadZone(v.Workspace.TimeZone)
	return d.visit(v, &Place{ID: v.ID, Slug: v.Workspace.Slug, Name: v.Workspace.Name, Zone: zone}), inside, err
}

func refs(a *Ahead) []store.Ref {
	if a == nil {
		return nil
	}
	return []store.Ref{{Collection: a.Kind, ID: a.ID}}
}

// visit completes what the use case says. That somebody was here is noted after the answer; if that fails, nothing is
// lost.
func (d *door) visit(v workspace.Visit, place *Place) Visit {
	if v.Who.Caller.Account == "" {
		return Visit{}
	}
	return Visit{Visit: v, Place: place, Leave: func(ctx context.Context) {
		if err := d.services.Workspace.Touch(ctx, v); err != nil {
			logging.From(ctx).WarnContext(ctx, "last use not noted", "error", err)
		}
	}}
}

// Refuse leaves the denial in the trail.
func (d *door) Refuse(ctx context.Context, c access.Caller, a access.Action) error {
	if err := d.gate.Note(ctx, d.gate, records.By(c, a), "", audit.Denied); err != nil {
		return err
	}
	return model.Denied("Your role does not allow this. Ask the management of your workspace.")
}

// zones keeps time zones that were read; there are some hundred names that can be.
var zones sync.Map

func loadZone(name string) (*time.Location, error) {
	if zone, ok := zones.Load(name); ok {
		return zone.(*time.Location), nil
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, err
	}
	zones.Store(name, zone)
	return zone, nil
}
