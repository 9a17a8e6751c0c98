package app

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/seal"
	"github.com/tinyoperahouse/toh/internal/platform/task"
	"github.com/tinyoperahouse/toh/internal/product/identity"
)

const trashJob = "trash"

// trashAttempts is unlimited: what people were told is removed must be removed, however long something was broken. A
// delay shows in the job's deadline.
const trashAttempts = math.MaxInt

// emptyAt adds the job that empties a workspace's trash in the night after an instant: one job for everything that is
// due that day.
func (a *App) emptyAt(ctx context.Context, workspace model.Scope, at time.Time) error {
	night := at.UTC().Truncate(24 * time.Hour).Add(24 * time.Hour)
	id := fmt.Sprintf("trash-%s-%s", workspace.ID, night.Format(time.DateOnly))
	_, err := a.Queue.Add(ctx, a.Gate, task.NewJob{
		ID: id, Kind: trashJob, Concerns: workspace, Payload: workspace.ID, RunAt: night,
		Deadline: night.Add(48 * time.Hour),
	})
	return err
}

// emptyTrash is the job.
func (a *App) emptyTrash(ctx context.Context, job task.Job) error {
	var id string
	if err := job.Decode(&id); err != nil {
		return err
	}
	n, err := a.Stage.EmptyTrash(ctx, identity.OfJob(model.Workspace(id), "task:trash", job.ID).Caller())
	switch {
	case errors.Is(err, seal.ErrDestroyed), errors.Is(err, model.ErrNotFound):
		return task.Permanent("the workspace is gone", err)
	case errors.Is(err, model.ErrLocked): // its own key is disabled, for an unknown time
		job.SetResult("the workspace is locked; the next night again")
		return a.emptyAt(ctx, model.Workspace(id), a.ground.clock.Now())
	}
	if err == nil {
		job.SetResult(fmt.Sprintf("%d removed", n))
	}
	return err
}
