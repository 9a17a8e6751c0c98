package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/checkpoint"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/platform/signing"
)

// roundPatience is how long one call may take when checkpoints are made: a round is one commit of up to some thousand
// documents.
const roundPatience = 15 * time.Second

// bindTrail creates the sweeper that makes checkpoints of the trail, and the verifier that checks it by them.
func (g *ground) bindTrail(o Options) {
	g.signs = &signing.Keys{Client: o.Clients.KMS, Name: o.Config.SigningKey(), Clock: o.Clock}
	g.sweeper = checkpoint.New(checkpoint.Options{
		Store: g.patient, Shipper: g.shipper, Keys: g.signs, Clock: o.Clock,
		Log: audit.CloudLog{Client: o.Clients.Logging, Project: o.Config.Project},
	})
	g.verifier = &checkpoint.Verifier{Store: g.content, Keys: g.signs, Seals: g.trail, Clock: o.Clock}
}

// CheckTrails checks the rounds and then the trails of all scopes, or what an address, a short name, an id or a scope
// names. It calls f with each report as it is made. That somebody checks is in the platform's trail before anything is
// read.
func (p *Operator) CheckTrails(ctx context.Context, what string, f func(checkpoint.Report) error) error {
	if what == "" {
		if err := p.noteCheck(ctx, "all", ""); err != nil {
			return err
		}
		return p.ground.verifier.All(ctx, f)
	}
	by, scopes, err := p.toCheck(ctx, what)
	if err != nil {
		return err
	}
	if len(scopes) == 0 {
		return model.Invalid("There is no account and no workspace %q.", what)
	}
	for _, scope := range scopes {
		if err := p.noteCheck(ctx, by, scope.String()); err != nil {
			return err
		}
		report, err := p.ground.verifier.Verify(ctx, scope)
		if err != nil {
			return err
		}
		if err := f(report); err != nil {
			return err
		}
	}
	return nil
}

// toCheck are the named scopes that have, or had, a keyring.
func (p *Operator) toCheck(ctx context.Context, what string) (by string, scopes []model.Scope, err error) {
	if what == model.Platform().String() {
		return "id", []model.Scope{model.Platform()}, nil
	}
	by, named, err := p.named(ctx, what)
	if err != nil {
		return "", nil, err
	}
	for _, s := range named {
		switch _, err := p.Keyrings.LockOf(ctx, s); {
		case err == nil:
			scopes = append(scopes, s)
		case !errors.Is(err, model.ErrNotFound):
			return "", nil, err
		}
	}
	return by, scopes, nil
}

func (p *Operator) noteCheck(ctx context.Context, by, scope string) error {
	caller := access.SystemCaller(model.Platform(), "check-trails", "")
	if err := p.Gate.Note(ctx, p.Gate, records.By(caller, access.TrailsCheck).Note("by", by),
		scope, audit.Done); err != nil {
		return fmt.Errorf("record in the trail that somebody checks it: %w", err)
	}
	return nil
}
