package erasure

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/receipt"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/platform/task"
	"github.com/tinyoperahouse/toh/internal/product/account"
	"github.com/tinyoperahouse/toh/internal/product/workspace"
)

// Workspaces is what the end of a workspace needs of the others' use cases.
type Workspaces interface {
	Attach(e workspace.Erasures)
	Close(ctx context.Context, sys access.Caller, id string) (*workspace.Leaving, error)
	Part(ctx context.Context, person, workspace string) error
}

// Tickets are the mailed links.
type Tickets interface {
	Drop(ctx context.Context, v records.Via, c account.Client, id string) error
}

// Objects are what files consist of.
type Objects interface {
	// Clear removes those of a workspace whose keys are destroyed, as records.Gate.Clear does with documents.
	Clear(ctx context.Context, scope model.Scope, more func() bool) (removed int64, all bool, err error)
}

// Signer signs receipts.
type Signer interface {
	Sign(ctx context.Context, r receipt.Receipt) ([]byte, error)
}

// Options are what a Service needs.
type Options struct {
	Gate       *records.Gate
	Queue      *task.Queue
	Workspaces Workspaces
	Tickets    Tickets
	Objects    Objects
	Post       account.Post
	Signer     Signer
	Kinds      []records.Declared // all kinds of documents that a workspace can have
	Origin     string             // address of the installation
	// Head is the last signed head of the public history, "" if there is none.
	Head func(ctx context.Context) (string, error)
	// Remains says what is left of a workspace that is erased at an instant, and until when.
	Remains func(at time.Time) []receipt.Remains
}

// Service carries out erasures. It is safe for concurrent use.
type Service struct{ o Options }

// New makes a Service, attaches it to the workspaces, and registers its jobs.
func New(o Options) *Service {
	s := &Service{o}
	o.Workspaces.Attach(s)
	o.Queue.Handle(kind, s.run, task.Attempts(attempts))
	return s
}

const (
	kind = "erase-workspace"
	// deadline is how long an erasure may take from the minute at which it is due.
	deadline = 48 * time.Hour
	// attempts is unlimited: what people were told is erased must be erased, however long something was broken.
	attempts = math.MaxInt
	// batches is how many times 500 documents, or 25 objects, one job removes, well within the time that a job has.
	batches = 20
)

// errand names an erasure. Round counts the jobs of one state.
type errand struct {
	ID    string
	Round int
}

// later adds the job that goes on from a state.
func (s *Service) later(ctx context.Context, v records.Via, id string, from State, round int, at time.Time) error {
	job, err := s.o.Queue.Add(ctx, v, task.NewJob{
		ID: fmt.Sprintf("erase-%s-%s-%d", id, from, round), Kind: kind, Payload: errand{id, round}, RunAt: at,
		Deadline: at.Add(deadline),
	})
	if err == nil && !s.now().Before(at) {
		s.o.Queue.Wake(ctx, job)
	}
	return err
}

// run goes on with an erasure from wherever it is. Each step can be repeated, and is recorded before the next.
func (s *Service) run(ctx context.Context, job task.Job) error {
	var e errand
	if err := job.Decode(&e); err != nil {
		return err
	}
	for {
		r, err := s.read(ctx, e.ID)
		if errors.Is(err, model.ErrNotFound) {
			return task.Permanent("the request is gone", err)
		}
		if err != nil {
			return err
		}
		again, err := s.step(ctx, job, e, r)
		if err != nil || !again {
			return err
		}
	}
}

// step does what follows a state, and reports whether the next step can follow at once.
func (s *Service) step(ctx context.Context, job task.Job, e errand, r request) (again bool, err error) {
	switch r.State {
	case Waiting:
		return s.close(ctx, job, e, r)
	case Closed:
		return true, s.shred(ctx, job, e.ID, r)
	case Shredded:
		if wait := r.Shredded.Add(s.o.Gate.Keyrings().Wait()); s.now().Before(wait) {
			return false, s.later(ctx, s.o.Gate, e.ID, Shredded, e.Round, wait)
		}
		return s.clear(ctx, job, e, r)
	case Cleared:
		return false, s.finish(ctx, e.ID, r)
	}
	return false, nil // stopped, or done
}

func (s *Service) read(ctx context.Context, id string) (request, error) {
	r, err := requests.Get(ctx, s.o.Gate, records.By(system(""), access.ErasureRead).On(id))
	return r.Body, err
}

// advance moves a request to the next state. If another run of the job did so before, nothing changes.
func (s *Service) advance(ctx context.Context, v records.Via, id string, from, to State, f func(*request)) error {
	_, err := requests.Update(ctx, v, records.By(system(""), access.ErasureKeep).On(id), func(r *request) error {
		if r.State == from {
			f(r)
			r.State = to
		}
		return nil
	})
	return err
}

func (s *Service) now() time.Time { return s.o.Gate.Clock().Now() }
