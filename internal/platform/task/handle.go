package task

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/logging"
	"github.com/tinyoperahouse/toh/internal/platform/records"
)

const (
	defaultWithin   = 50 * time.Second
	defaultAttempts = 12
	leaseMargin     = 10 * time.Second
	firstBackoff    = 5 * time.Second
	maxBackoff      = 15 * time.Minute
)

// handler runs the jobs of one kind.
type handler struct {
	run      func(context.Context, Job) error
	within   time.Duration
	attempts int
}

// Option changes how the jobs of a kind are run.
type Option func(*handler)

// Within limits the time of one attempt. It must be shorter than a push may take.
func Within(d time.Duration) Option { return func(h *handler) { h.within = d } }

// Attempts limits how often a job is tried before it counts as failed.
func Attempts(n int) Option { return func(h *handler) { h.attempts = n } }

// Handle registers the function that runs the jobs of a kind. It panics if the kind already has one.
func (q *Queue) Handle(kind string, run func(context.Context, Job) error, options ...Option) {
	h := handler{run: run, within: defaultWithin, attempts: defaultAttempts}
	for _, o := range options {
		o(&h)
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if _, taken := q.handlers[kind]; taken || !kindForm.MatchString(kind) {
		panic("task: kind " + kind + " is not a kind or has a handler")
	}
	q.handlers[kind] = h
}

func (q *Queue) handler(kind string) (handler, bool) {
	q.mu.RLock()
	defer q.mu.RUnlock()
	h, ok := q.handlers[kind]
	return h, ok
}

// Failure is an error with a reason that may be shown and stored.
type Failure struct {
	Reason    string
	permanent bool
	cause     error
}

// Error returns the private text.
func (f *Failure) Error() string {
	if f.cause == nil {
		return f.Reason
	}
	return f.Reason + ": " + f.cause.Error()
}

// Unwrap returns the cause.
func (f *Failure) Unwrap() error { return f.cause }

// Permanent is a failure for which another attempt would not help.
func Permanent(reason string, cause error) error { return &Failure{reason, true, cause} }

// Because is a failure that is worth another attempt, with a reason that may be shown.
func Because(reason string, cause error) error { return &Failure{reason, false, cause} }

// ErrCancelled is what Report returns when somebody cancelled the job: the handler must return it.
var ErrCancelled = errors.New("cancelled")

// ErrLost says that the lease expired and another run may have started: the handler must stop.
var ErrLost = errors.New("the job is no longer ours")

// Job is one run of a job, as passed to its handler.
type Job struct {
	ID       string
	Kind     string
	Payload  json.RawMessage
	Concerns string // scope path, or ""
	RunAt    time.Time
	Deadline time.Time
	Attempts int // this one included
	State    State
	Progress Progress

	origin logging.Request // the request that caused the job
	run    *run
}

// run is the state of a running job.
type run struct {
	queue  *Queue
	lease  string
	within time.Duration
	result string
}

// Decode reads the payload. If the payload cannot be read, that is a permanent failure.
func (j Job) Decode(into any) error {
	if err := json.Unmarshal(j.Payload, into); err != nil {
		return Permanent("its description cannot be read", fmt.Errorf("%T", err)) // the text could quote the payload
	}
	return nil
}

// SetResult keeps a short outcome with the job if this run succeeds. It must hold no personal data.
func (j Job) SetResult(result string) { j.run.result = result }

// Report stores the job's progress and extends its lease. It returns ErrCancelled when the job was cancelled.
func (j Job) Report(ctx context.Context, p Progress) error {
	return j.update(ctx, func(b *body) error {
		if b.Cancel && !b.Committed {
			return ErrCancelled
		}
		b.Progress = p
		b.ClaimedUntil = j.run.queue.clock.Now().Add(j.run.within + leaseMargin)
		return nil
	})
}

// Commit marks the point after which the job cannot be cancelled. It returns ErrCancelled when the job was cancelled
// before.
func (j Job) Commit(ctx context.Context) error {
	return j.update(ctx, func(b *body) error {
		if b.Cancel && !b.Committed {
			return ErrCancelled
		}
		b.Committed = true
		return nil
	})
}

func (j Job) update(ctx context.Context, change func(*body) error) error {
	q := j.run.queue
	_, err := Jobs.Update(ctx, q.gate, records.By(system("task:"+j.Kind), access.JobWrite).On(j.ID),
		func(b *body) error {
			if b.State != Running || b.Lease != j.run.lease {
				return ErrLost
			}
			return change(b)
		})
	return err
}

// backoff is how long to wait after the n-th attempt: doubling, limited, and spread so that jobs do not come back all
// at once.
func backoff(n int) time.Duration {
	d := min(firstBackoff<<min(n-1, 20), maxBackoff)
	return d - d/4 + time.Duration(rand.Int64N(int64(d)/2)) // #nosec G404 -- jitter, not a secret
}

// reasonOf is the text that is stored: never the error's own text, which may contain anything.
func reasonOf(err error) string {
	var f *Failure
	switch {
	case errors.As(err, &f):
		return f.Reason
	case errors.Is(err, context.DeadlineExceeded):
		return "it took too long"
	case errors.Is(err, model.ErrUnavailable):
		return "something it depends on did not answer"
	case errors.Is(err, model.ErrLocked):
		return "the keys of what it concerns are not to be had"
	}
	return "an unexpected error; see the log"
}

func isPermanent(err error) bool {
	var f *Failure
	return errors.As(err, &f) && f.permanent
}
