package app

import (
	"context"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/history"
	"github.com/tinyoperahouse/toh/internal/platform/store"
	"github.com/tinyoperahouse/toh/internal/product/policy"
)

// AttestHourly is what a tick does about attestation. It returns the job of the hour.
func (a *App) AttestHourly(ctx context.Context) (string, error) {
	if err := a.attestHourly(ctx); err != nil {
		return "", err
	}
	return *a.attesting.added.Load(), nil
}

// CopyOften is what a tick does about the copy of the security page. It returns the job of the slot.
func (a *App) CopyOften(ctx context.Context) (string, error) {
	if err := a.copyOften(ctx); err != nil {
		return "", err
	}
	return *a.copied.Load(), nil
}

// LastFound is what telemetry reports about this instance's last attestation.
func (a *App) LastFound() (broken, undecided int) {
	broken, undecided, _ = a.attesting.last()
	return broken, undecided
}

// TickNames are the parts of a tick.
func (a *App) TickNames() []string {
	var list []string
	for _, t := range a.ticks(Options{}) {
		list = append(list, t.Name)
	}
	return list
}

// Trail is the trail that the operator's commands write into.
func (p *Operator) Trail() *audit.Trail { return p.ground.trail }

// Content is the database of documents.
func (a *App) Content() *store.Store { return a.ground.content }

// PlatformTrail are the latest entries of an action in the platform's trail.
func (a *App) PlatformTrail(ctx context.Context, action access.Action) ([]*audit.Entry, error) {
	page, err := a.ground.trail.List(ctx, model.Platform(), audit.Filter{Action: action}, 50, "")
	return page.Entries, err
}

// History is the history of this address.
func (a *App) History() *history.Log { return a.ground.history }

// MakeCanaries makes the workspaces of controls.
func (a *App) MakeCanaries(ctx context.Context) error { return a.canary.Make(ctx) }

// PublicAccess is what the public page of access asks for, on Google Cloud.
func (a *App) PublicAccess(ctx context.Context) (policy.Access, error) {
	return newPublicAccess(a, true).Access(ctx)
}
