package rewrap

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/logging"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/platform/task"
)

const (
	rewrapJob = "rewrap"
	batch     = 100 // keyrings of one job
	abreast   = 8   // keyrings at the same time
	tries     = 3   // when somebody else changes the same keyring
)

// part is one job of a run. It finds its work by looking for keyrings that are not wrapped as they should be, so a part
// that is done twice, or only half, does no harm. Where the last part ended is only where the next one starts looking.
type part struct {
	Run    string `json:"run"`
	Number int    `json:"number"`
	Target string `json:"target"` // the version under which all keyrings are to be wrapped
	Cursor string `json:"cursor,omitempty"`
	Tally  Tally  `json:"tally"`
}

// Tally is what a run has done so far.
type Tally struct {
	Wrapped int `json:"wrapped"` // wrapped again
	Same    int `json:"same"`    // were as they should be: own keys without a new version
	Locked  int `json:"locked"`  // their key is disabled, withdrawn or destroyed
}

func (p part) id() string { return p.Run + "-" + strconv.Itoa(p.Number) }

// JobID is the job of a part of a run, from 1.
func JobID(run string, number int) string { return part{Run: run, Number: number}.id() }

// Rewrap starts a run that wraps every keyring under the current version of its key. The run's parts are jobs that
// follow each other.
func (s *Service) Rewrap(ctx context.Context) (run string, err error) {
	return s.begin(ctx, "rewrap-"+model.NewID())
}

func (s *Service) begin(ctx context.Context, run string) (string, error) {
	target, err := s.keyrings.Primary(ctx)
	if err != nil {
		return "", fmt.Errorf("the version that wraps now: %w", err)
	}
	return run, s.add(ctx, part{Run: run, Number: 1, Target: target})
}

// Daily starts a run once a day, because KMS may have made a new version by itself.
func (s *Service) Daily(ctx context.Context) error {
	run := "rewrap-" + s.gate.Clock().Now().Format(time.DateOnly)
	if _, err := s.queue.Get(ctx, JobID(run, 1)); !errors.Is(err, model.ErrNotFound) {
		return err
	}
	_, err := s.begin(ctx, run)
	return err
}

func (s *Service) add(ctx context.Context, p part) error {
	id, err := s.queue.Add(ctx, s.gate, task.NewJob{ID: p.id(), Kind: rewrapJob, Payload: p})
	if err == nil {
		s.queue.Wake(ctx, id)
	}
	return err
}

// rewrap is the job.
func (s *Service) rewrap(ctx context.Context, job task.Job) error {
	var p part
	if err := job.Decode(&p); err != nil {
		return err
	}
	scopes, next, err := s.stale(ctx, p)
	if err != nil {
		return err
	}
	if len(scopes) > 0 {
		err = s.effect(ctx, platform("task:rewrap"), access.KeysRewrap, notes(p, scopes),
			func() ([]records.Note, error) {
				done, err := s.all(ctx, scopes)
				p.Tally = p.Tally.plus(done)
				return []records.Note{{Key: "count", Value: strconv.Itoa(done.Wrapped)},
					{Key: "locked", Value: strconv.Itoa(done.Locked)}}, err
			})
	}
	if err != nil {
		return err
	}
	if next != "" {
		if err := s.add(ctx, part{Run: p.Run, Number: p.Number + 1, Target: p.Target, Cursor: next,
			Tally: p.Tally}); err != nil {
			return err
		}
	}
	job.SetResult(p.Tally.String())
	return nil
}

// stale starts where the part before ended. A cursor that was made with a former cursor key means the start.
func (s *Service) stale(ctx context.Context, p part) ([]model.Scope, string, error) {
	scopes, next, err := s.keyrings.Stale(ctx, p.Target, p.Cursor, batch)
	if errors.Is(err, model.ErrInvalid) && p.Cursor != "" {
		return s.keyrings.Stale(ctx, p.Target, "", batch)
	}
	return scopes, next, err
}

func notes(p part, scopes []model.Scope) []records.Note {
	ids := make([]string, len(scopes))
	for i, scope := range scopes {
		ids[i] = scope.String()
	}
	return []records.Note{{Key: "run", Value: p.Run}, {Key: "ids", Value: strings.Join(ids, " ")}}
}

// all wraps some keyrings again, several at once. A keyring whose key is unavailable does not stop the others.
func (s *Service) all(ctx context.Context, scopes []model.Scope) (Tally, error) {
	var mu sync.Mutex
	var sum Tally
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(abreast)
	for _, scope := range scopes {
		group.Go(func() error {
			t, err := s.one(ctx, scope)
			mu.Lock()
			defer mu.Unlock()
			sum = sum.plus(t)
			return err
		})
	}
	err := group.Wait()
	return sum, err
}

func (s *Service) one(ctx context.Context, scope model.Scope) (Tally, error) {
	var changed bool
	var err error
	for range tries {
		changed, err = s.keyrings.Rewrap(ctx, scope)
		if !errors.Is(err, model.ErrConflict) {
			break
		}
	}
	switch {
	case errors.Is(err, model.ErrLocked):
		logging.From(ctx).WarnContext(ctx, "keyring not wrapped again: its key is not available", "scope",
			scope.String(), "error", err)
		return Tally{Locked: 1}, nil
	case errors.Is(err, model.ErrNotFound):
		return Tally{}, nil
	case err != nil:
		return Tally{}, err
	case changed:
		return Tally{Wrapped: 1}, nil
	}
	return Tally{Same: 1}, nil
}

func (t Tally) plus(o Tally) Tally {
	return Tally{t.Wrapped + o.Wrapped, t.Same + o.Same, t.Locked + o.Locked}
}

// String is the tally in words.
func (t Tally) String() string {
	return fmt.Sprintf("%d wrapped again, %d as they should be, %d locked", t.Wrapped, t.Same, t.Locked)
}

// RunHere runs the jobs of a run in this process, one after another, and returns the tally of the last one in words. It
// is for a cloud on which no service is running.
func (s *Service) RunHere(ctx context.Context, run string) (string, error) {
	said := ""
	for n := 1; ; n++ {
		id := JobID(run, n)
		info, err := s.queue.Get(ctx, id)
		if errors.Is(err, model.ErrNotFound) && n > 1 {
			return said, nil
		}
		if err == nil && info.State.Open() {
			err = s.queue.Run(ctx, id)
		}
		if err == nil {
			info, err = s.queue.Get(ctx, id)
		}
		if err != nil {
			return said, err
		}
		if info.State != task.Done {
			return said, fmt.Errorf("part %d of %s is %s (%s)", n, run, info.State, info.Reason)
		}
		said = info.Result
	}
}
