package app

import (
	"context"
	"fmt"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/operate/canary"
	"github.com/tinyoperahouse/toh/internal/operate/outside"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/history"
	"github.com/tinyoperahouse/toh/internal/platform/logging"
	"github.com/tinyoperahouse/toh/internal/platform/task"
	"github.com/tinyoperahouse/toh/internal/product/promise"
)

const (
	promiseJob = "promises"
	// promiseEvery is how often due controls run by themselves.
	promiseEvery = 5 * time.Minute
	// againEvery is the time in which a control runs at most once on request, for everybody together.
	againEvery = 5 * time.Minute
	leastCost  = 12 // of a password's hash, as promised
)

// promises makes the registry with its controls, and lets the tasks service run them.
func (a *App) promises(o Options) error {
	client, err := outside.NewClient(o.Config.BaseURL, o.Public)
	if err != nil {
		return err
	}
	a.canary = canary.New(canary.Options{Gate: a.Gate, Accounts: a.Accounts, Workspaces: a.Workspaces, Stage: a.Stage,
		Client: client, Log: audit.LogReader{Client: o.Clients.Logging, View: o.Config.TrailView}, Kinds: kinds(),
		LeastCost: costOf(o)})
	controls, err := a.controls(o)
	if err != nil {
		return err
	}
	a.Promises, err = promise.New(promise.Options{Gate: a.Gate, Controls: controls, Release: o.Release,
		History: results{a.ground.history}})
	if err != nil {
		return err
	}
	a.Queue.Handle(promiseJob, a.runControls, task.Attempts(1))
	return nil
}

// results is the history of results.
type results struct{ log *history.Log }

// Append records an entry.
func (r results) Append(ctx context.Context, kind string, data any) error {
	_, _, err := r.log.Append(ctx, kind, data)
	return err
}

// costOf is the least cost of a password's hash: what was promised, except in tests.
func costOf(o Options) int {
	if o.CheapPasswords {
		return 4
	}
	return leastCost
}

// publicPromises are what the public page asks for.
type publicPromises struct{ app *App }

// Overview says what is known now.
func (p publicPromises) Overview(ctx context.Context) (*promise.Overview, error) {
	return p.app.Promises.Overview(ctx)
}

// RunAgain asks that a control run now.
func (p publicPromises) RunAgain(ctx context.Context, control string) error {
	return p.app.RunAgain(ctx, control)
}

// ask is what a job of controls is to do: run one of them, or those that are due.
type ask struct {
	Control string `json:"control,omitempty"`
}

// runControls is the job. It takes longer than the end of the service may, so it is given up when that begins: nothing
// was recorded then, and the next instance finds the same controls due.
func (a *App) runControls(ctx context.Context, job task.Job) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	defer context.AfterFunc(a.closing, stop)()
	var what ask
	if err := job.Decode(&what); err != nil {
		return err
	}
	var named []string
	if what.Control != "" {
		named = []string{what.Control}
	}
	err := a.runNamed(ctx, named)
	if a.closing.Err() != nil {
		return nil
	}
	return err
}

func (a *App) runNamed(ctx context.Context, named []string) error {
	// If they cannot be made, their controls say that they could not be tried.
	if err := a.canary.Make(ctx); err != nil && ctx.Err() == nil {
		logging.From(ctx).ErrorContext(ctx, "the workspaces for controls could not be made", "error", err)
	}
	if err := a.Promises.Run(ctx, named...); err != nil {
		return err
	}
	return a.countBroken(ctx)
}

// broken is how many promises were broken after a run of this instance, and when that was.
type broken struct {
	count int
	at    time.Time
}

// countBroken measures how many promises are broken, for the alert.
func (a *App) countBroken(ctx context.Context) error {
	o, err := a.Promises.Overview(ctx)
	if err != nil {
		return err
	}
	a.broken.Store(&broken{o.Broken, o.At})
	return nil
}

// brokenPromises is what this instance found last: by an attestation of the cloud, or by any control.
func (a *App) brokenPromises() (count, undecided int, at time.Time) {
	count, undecided, at = a.attesting.last()
	if b := a.broken.Load(); b != nil && a.ground.clock.Now().Sub(b.at) < attestEvery {
		count = max(count, b.count)
		if b.at.After(at) {
			at = b.at
		}
	}
	return count, undecided, at
}

// controlPromises adds the job of this slot of time, once for all instances.
func (a *App) controlPromises(ctx context.Context) error {
	if due, err := a.Promises.Due(ctx); err != nil || !due {
		return err
	}
	slot := a.ground.clock.Now().UTC().Truncate(promiseEvery)
	id := promiseJob + "-" + slot.Format("2006-01-02-15-04")
	if last := a.controlled.Load(); last != nil && *last == id {
		return nil
	}
	if _, err := a.Queue.Add(ctx, a.Gate, task.NewJob{ID: id, Kind: promiseJob, Payload: ask{}}); err != nil {
		return err
	}
	a.controlled.Store(&id)
	a.Queue.Wake(ctx, id)
	return nil
}

// RunAgain asks that a control run now. Whoever asks while it was asked for already joins that run.
func (a *App) RunAgain(ctx context.Context, control string) error {
	c, there := a.Promises.Control(control)
	switch {
	case !there:
		return &model.Error{Kind: model.ErrNotFound}
	case c.Costly:
		return model.Invalid("This control runs by itself only.")
	}
	slot := a.ground.clock.Now().UTC().Truncate(againEvery)
	id := fmt.Sprintf("again-%s-%s", control, slot.Format("2006-01-02-15-04"))
	if _, err := a.Queue.Add(ctx, a.Gate, task.NewJob{ID: id, Kind: promiseJob, Payload: ask{control}}); err != nil {
		return err
	}
	a.Queue.Wake(ctx, id)
	return nil
}
