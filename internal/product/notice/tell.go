package notice

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/platform/task"
	"github.com/tinyoperahouse/toh/internal/product/account"
	"github.com/tinyoperahouse/toh/internal/product/identity"
	"github.com/tinyoperahouse/toh/internal/product/policy"
	"github.com/tinyoperahouse/toh/internal/product/workspace"
)

const (
	tellJob = "tell-changes"
	batch   = 50 // workspaces of one job
	abreast = 4  // workspaces at the same time
	// lockedFor is after how long a workspace that was locked is tried again.
	lockedFor = 24 * time.Hour
)

// part is one job of telling everybody of a change: some workspaces in the order of their ids, or, if Only is set, one
// that was locked before. A workspace that was told already is passed over, so a part that is done twice does no harm.
type part struct {
	Change policy.Change `json:"change"`
	Number int           `json:"number"`
	After  string        `json:"after,omitempty"` // the last workspace of the part before
	Only   string        `json:"only,omitempty"`
}

func (p part) job() task.NewJob {
	return task.NewJob{ID: fmt.Sprintf("tell-%s-%d", p.Change.ID, p.Number), Kind: tellJob, Payload: p}
}

// again is the job that tries a workspace once more that was locked.
func (p part) again(ws model.Scope, at time.Time) task.NewJob {
	sum := sha256.Sum256([]byte(p.Change.ID + " " + ws.ID + " " + at.UTC().Format(time.DateOnly)))
	return task.NewJob{ID: fmt.Sprintf("tell-%x", sum[:16]), Kind: tellJob, RunAt: at, Concerns: ws,
		Payload: part{Change: p.Change, Only: ws.ID}}
}

// Title is a change in a few words.
func Title(c policy.Change) string {
	day := c.Holds.UTC().Format("2 January 2006")
	if c.What == policy.OfAgreement {
		return "The data processing agreement, from " + day
	}
	return "Who processes data for the service, from " + day
}

var letters = map[policy.What]account.LetterKind{
	policy.OfAgreement: account.AgreementChanged, policy.OfSubprocessors: account.SubprocessorsChanged,
}

func newsOf(c policy.Change) workspace.News {
	return workspace.News{ID: c.ID, Title: Title(c), Text: c.Says, Path: c.Path,
		Letter: account.Letter{Kind: letters[c.What], At: c.Holds, What: c.Says, Path: c.Path}}
}

// tell is the job. The next part is added before anything else can fail for good, so that it does not depend on this.
func (s *Service) tell(ctx context.Context, job task.Job) error {
	var p part
	if err := job.Decode(&p); err != nil {
		return err
	}
	list := []model.Scope{model.Workspace(p.Only)}
	if p.Only == "" {
		found, err := s.workspaces.All(ctx, platform("task:"+tellJob), p.After, batch)
		if err != nil {
			return err
		}
		list = scopesOf(found)
	}
	if len(list) == batch {
		next := part{Change: p.Change, Number: p.Number + 1, After: list[batch-1].ID}
		id, err := s.queue.Add(ctx, s.gate, next.job())
		if err != nil {
			return err
		}
		s.queue.Wake(ctx, id)
	}
	told, err := s.tellAll(ctx, p, job.ID, list)
	job.SetResult(fmt.Sprintf("%d workspaces, %d people told", len(list), told))
	return err
}

func scopesOf(places []workspace.Place) []model.Scope {
	list := make([]model.Scope, len(places))
	for i, p := range places {
		list[i] = p.Scope
	}
	return list
}

// tellAll tells some workspaces. One that fails does not stop the others.
func (s *Service) tellAll(ctx context.Context, p part, job string, list []model.Scope) (told int, err error) {
	var mu sync.Mutex
	var errs []error
	var group errgroup.Group
	group.SetLimit(abreast)
	for _, ws := range list {
		group.Go(func() error {
			n, err := s.tellOne(ctx, p, job, ws)
			mu.Lock()
			defer mu.Unlock()
			told += n
			if err != nil {
				errs = append(errs, err)
			}
			return nil
		})
	}
	_ = group.Wait() // the errors are collected above
	return told, errors.Join(errs...)
}

func (s *Service) tellOne(ctx context.Context, p part, job string, ws model.Scope) (int, error) {
	n, err := s.workspaces.Tell(ctx, identity.OfJob(ws, "task:"+tellJob, job).Caller(), newsOf(p.Change))
	switch {
	case errors.Is(err, records.ErrDestroyed), errors.Is(err, model.ErrNotFound): // it is gone
		return 0, nil
	case errors.Is(err, model.ErrLocked): // its own key is disabled, for an unknown time
		_, err = s.queue.Add(ctx, s.gate, p.again(ws, s.now().Add(lockedFor)))
	}
	return n, err
}
