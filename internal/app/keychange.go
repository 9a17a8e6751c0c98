package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/platform/seal"
	"github.com/tinyoperahouse/toh/internal/platform/task"
	"github.com/tinyoperahouse/toh/internal/product/identity"
)

const keyJob = "key-change"

// keyChange names a change of a workspace's key.
type keyChange struct{ Workspace, Change string }

// keyAt adds the job that changes the key of a workspace when that is due.
func (a *App) keyAt(ctx context.Context, v records.Via, workspace model.Scope, change string, at time.Time) error {
	_, err := a.Queue.Add(ctx, v, task.NewJob{
		ID: fmt.Sprintf("key-%s-%s", change, at.UTC().Format("20060102")), Kind: keyJob, Concerns: workspace,
		Payload: keyChange{workspace.ID, change}, RunAt: at, Deadline: at.Add(24 * time.Hour),
	})
	return err
}

// changeKey is the job.
func (a *App) changeKey(ctx context.Context, job task.Job) error {
	var k keyChange
	if err := job.Decode(&k); err != nil {
		return err
	}
	scope := model.Workspace(k.Workspace)
	err := a.Workspaces.ChangeKey(ctx, identity.OfJob(scope, "task:key", job.ID).Caller(), k.Change)
	switch {
	case errors.Is(err, seal.ErrDestroyed), errors.Is(err, model.ErrNotFound):
		return task.Permanent("the workspace is gone", err)
	case errors.Is(err, model.ErrLocked): // its current key is disabled, for an unknown time
		job.SetResult("the workspace is locked; in a day again")
		return a.keyAt(ctx, a.Gate, scope, k.Change, a.ground.clock.Now().Add(24*time.Hour))
	}
	return err
}
