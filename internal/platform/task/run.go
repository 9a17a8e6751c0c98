package task

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/logging"
	"github.com/tinyoperahouse/toh/internal/platform/records"
)

// errNothing ends a claim when there is nothing to do.
var errNothing = errors.New("nothing to do")

const finishTimeout = 3 * time.Second

// Run runs a job if it is due and nobody else is running it. It is not an error if the job is done, failed, claimed,
// not due or gone. An error of kind ErrUnavailable says that the job waits for another attempt, or that its state could
// not be stored; a new message helps.
func (q *Queue) Run(ctx context.Context, id string) error {
	job, h, err := q.claim(ctx, id)
	switch {
	case errors.Is(err, errNothing), errors.Is(err, model.ErrNotFound):
		return nil
	case err != nil:
		return fmt.Errorf("claim job: %w", err)
	}
	ctx, end := job.begin(ctx)
	err = q.attempt(ctx, h, job)
	defer end(err)
	if err != nil {
		logging.From(ctx).WarnContext(ctx, "job attempt failed", "job", id, "kind", job.Kind, "attempt", job.Attempts,
			"error", err)
	}
	return q.finish(ctx, h, job, err)
}

// claim claims the job for one run.
func (q *Queue) claim(ctx context.Context, id string) (Job, handler, error) {
	var h handler
	lease := model.NewID()
	var refused error
	r, err := Jobs.Update(ctx, q.gate, records.By(system("task:run"), access.JobWrite).On(id), func(b *body) error {
		h, refused = q.take(b, lease)
		return refusedButKept(refused)
	})
	if err != nil {
		return Job{}, h, err
	}
	if refused != nil {
		q.ended(ctx, id, &r.Body, false)
		return Job{}, h, errNothing
	}
	return q.job(id, &r.Body, &run{queue: q, lease: lease, within: h.within}), h, nil
}

// errGaveUp says that claiming ended the job, and that this must be stored.
var errGaveUp = errors.New("gave up")

func refusedButKept(err error) error {
	if errors.Is(err, errGaveUp) {
		return nil
	}
	return err
}

// take sets the job to running, or to failed if its attempts are used up.
func (q *Queue) take(b *body, lease string) (handler, error) {
	now := q.clock.Now()
	if !b.State.Open() || b.due().After(now) {
		return handler{}, errNothing
	}
	h, known := q.handler(b.Kind)
	if !known {
		return h, errNothing // this process is older than the one that added it; the sweep comes again
	}
	if b.Attempts >= h.attempts {
		b.end(Failed, "it did not finish in any of its attempts", now)
		return h, errGaveUp
	}
	if b.Cancel && !b.Committed {
		b.end(Cancelled, "", now)
		return h, errGaveUp
	}
	b.State, b.Lease, b.ClaimedUntil = Running, lease, now.Add(h.within+leaseMargin)
	b.Attempts++
	return h, nil
}

func (b *body) end(s State, reason string, now time.Time) {
	b.State, b.Reason, b.Ended = s, reason, now
	b.Lease, b.ClaimedUntil = "", time.Time{}
	if s != Failed {
		b.Payload = nil // a failed job may be tried again by hand
	}
}

func (q *Queue) job(id string, b *body, r *run) Job {
	origin, _ := logging.Incoming(b.Origin)
	return Job{origin: origin, ID: id, Kind: b.Kind, Payload: b.Payload, Concerns: b.Concerns, RunAt: b.RunAt,
		Deadline: b.Deadline,
		Attempts: b.Attempts, State: b.State, Progress: b.Progress, run: r}
}

// begin makes ctx that of the request which caused the job, if it is not that already: the sweep wakes jobs, too.
func (j Job) begin(ctx context.Context) (context.Context, func(error)) {
	here, _ := logging.RequestFrom(ctx)
	if j.origin.ID == "" || j.origin.ID == here.ID {
		return logging.Start(ctx, "job "+j.Kind)
	}
	return logging.Join(ctx, "job "+j.Kind, j.origin)
}

// attempt runs the handler with its time limit, and turns a panic into an error.
func (q *Queue) attempt(ctx context.Context, h handler, job Job) (err error) {
	ctx, cancel := context.WithTimeout(ctx, h.within)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			logging.Panic(ctx, p, debug.Stack())
			err = Because("an unexpected error; see the log", errors.New("panic"))
		}
	}()
	return h.run(ctx, job)
}

// finish stores the outcome, even if the connection of the push has ended in the meantime.
func (q *Queue) finish(ctx context.Context, h handler, job Job, outcome error) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), finishTimeout)
	defer cancel()
	again, kept := false, body{}
	err := job.update(ctx, func(b *body) error {
		again = q.settle(b, h, job, outcome)
		kept = *b
		return nil
	})
	switch {
	case errors.Is(err, ErrLost):
		return nil
	case err != nil:
		return fmt.Errorf("keep the outcome of a job: %w", model.Unavailable(err))
	}
	q.ended(ctx, job.ID, &kept, again)
	if again {
		return fmt.Errorf("job waits for another attempt: %w", model.ErrUnavailable)
	}
	return nil
}

// ended reports how an attempt ended. A job that was given up needs somebody's attention.
func (q *Queue) ended(ctx context.Context, id string, b *body, again bool) {
	if again {
		q.ran(b.Kind, "again")
		return
	}
	q.ran(b.Kind, string(b.State))
	if b.State == Failed {
		logging.From(ctx).ErrorContext(ctx, "job failed", "job", id, "kind", b.Kind, "reason", b.Reason)
	}
}

// settle writes the outcome into the job and reports whether it will be tried again.
func (q *Queue) settle(b *body, h handler, job Job, outcome error) bool {
	now := q.clock.Now()
	switch {
	case outcome == nil:
		b.end(Done, "", now)
		b.Result = job.run.result
	case errors.Is(outcome, ErrCancelled):
		b.end(Cancelled, "", now)
	case isPermanent(outcome) || b.Attempts >= h.attempts:
		b.end(Failed, reasonOf(outcome), now)
	default:
		b.State, b.Lease, b.ClaimedUntil = Queued, "", time.Time{}
		b.Reason, b.RunAt = reasonOf(outcome), now.Add(backoff(b.Attempts))
		return true
	}
	return false
}
