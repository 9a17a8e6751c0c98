package notice

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/platform/task"
	"github.com/tinyoperahouse/toh/internal/product/policy"
	"github.com/tinyoperahouse/toh/internal/product/workspace"
)

// ListPath is the page with all changes of the list of subprocessors.
const ListPath = "/subprocessors/changes"

// Workspaces are the use cases of workspaces that a Service calls.
type Workspaces interface {
	All(ctx context.Context, sys access.Caller, after string, limit int) ([]workspace.Place, error)
	Tell(ctx context.Context, sys access.Caller, n workspace.News) (int, error)
	WereTold(ctx context.Context, sys access.Caller, news string, in []model.Scope) ([]bool, error)
}

// Options are what a Service needs.
type Options struct {
	Gate          *records.Gate
	Queue         *task.Queue
	Workspaces    Workspaces
	Agreement     *policy.Document
	Subprocessors []policy.Subprocessor // those of this installation, as it is configured
}

// Service tells of changes. It is safe for concurrent use.
type Service struct {
	gate          *records.Gate
	queue         *task.Queue
	workspaces    Workspaces
	agreement     *policy.Document
	subprocessors []policy.Subprocessor
	resting       atomic.Pointer[time.Time] // until then nothing is to be found
}

// New makes a Service, which handles the queue's jobs of telling.
func New(o Options) *Service {
	s := &Service{gate: o.Gate, queue: o.Queue, workspaces: o.Workspaces, agreement: o.Agreement,
		subprocessors: o.Subprocessors}
	s.queue.Handle(tellJob, s.tell)
	return s
}

func (s *Service) now() time.Time { return s.gate.Clock().Now() }

func platform(job string) access.Caller { return access.SystemCaller(model.Platform(), job, "") }

// rest is how long an instance that found nothing does not look again: what it compares is part of the program, and
// what it compares with changes when another instance has found something.
const rest = 10 * time.Minute

// Look finds out what has changed since somebody last looked, keeps it, and begins to tell of it, in one commit. The
// first look on an installation keeps what there is, and tells nobody.
func (s *Service) Look(ctx context.Context) error {
	if until := s.resting.Load(); until != nil && s.now().Before(*until) {
		return nil
	}
	r, err := knowns.Get(ctx, s.gate, records.By(platform("changes"), access.ChangeRead).On(main))
	if errors.Is(err, model.ErrNotFound) {
		_, err = knowns.Create(ctx, s.gate, records.By(platform("changes"), access.ChangeKeep).On(main),
			s.first(s.now()))
		if errors.Is(err, model.ErrConflict) { // another instance was faster
			return nil
		}
		return err
	}
	if err != nil {
		return err
	}
	if _, _, keep := s.look(r.Body, s.now()); !keep {
		if r.Body.Seen == nil {
			until := s.now().Add(rest)
			s.resting.Store(&until)
		}
		return nil
	}
	return s.keep(ctx)
}

// keep looks again, in a transaction, and stores what was found together with the jobs that tell of it.
func (s *Service) keep(ctx context.Context) error {
	by := records.By(platform("changes"), access.ChangeKeep)
	var jobs []string
	err := s.gate.Change(ctx, func(ctx context.Context, tx *records.Tx) error {
		jobs = nil
		r, err := knowns.Get(ctx, tx, by.On(main))
		if err != nil {
			return err
		}
		next, changes, keep := s.look(r.Body, s.now())
		if !keep {
			return nil
		}
		for _, c := range changes {
			job, err := s.queue.Add(ctx, tx, part{Change: c, Number: 1}.job())
			if err != nil {
				return err
			}
			jobs = append(jobs, job)
			if err := s.gate.Note(ctx, tx, by.Note("title", Title(c)), "", audit.Begun); err != nil {
				return err
			}
		}
		_, err = knowns.Update(ctx, tx, by.On(main), func(k *known) error {
			*k = next
			return nil
		})
		return err
	})
	if err != nil {
		return fmt.Errorf("what changed: %w", err)
	}
	for _, job := range jobs {
		s.queue.Wake(ctx, job)
	}
	return nil
}

// Changes are what was told, the latest first.
func (s *Service) Changes(ctx context.Context) ([]policy.Change, error) {
	k, err := s.known(ctx)
	return k.Changes, err
}

// known is what this installation has shown so far: nothing before the first look.
func (s *Service) known(ctx context.Context) (known, error) {
	r, err := knowns.Get(ctx, s.gate, records.By(platform("changes"), access.ChangeRead).On(main))
	if errors.Is(err, model.ErrNotFound) {
		return known{}, nil
	}
	return r.Body, err
}
