package app

import (
	"context"

	"github.com/tinyoperahouse/toh/internal/platform/audit"
)

// AttestHourly is what a tick does about promises. It gives the job of the hour.
func (a *App) AttestHourly(ctx context.Context) (string, error) {
	if err := a.attestHourly(ctx); err != nil {
		return "", err
	}
	return *a.attesting.added.Load(), nil
}

// LastFound is what telemetry tells of the last attestation of this instance.
func (a *App) LastFound() (broken, undecided int) {
	broken, undecided, _ = a.attesting.last()
	return broken, undecided
}

// TickNames are what a tick looks after.
func (a *App) TickNames() []string {
	var list []string
	for _, t := range a.ticks() {
		list = append(list, t.Name)
	}
	return list
}

// Trail is the trail that the operator's commands write into.
func (p *Operator) Trail() *audit.Trail { return p.ground.trail }
