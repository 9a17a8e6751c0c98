package task

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
)

const sweepPage = 100

// Sweep wakes due jobs that no message woke, and says how many. Without a Publisher it runs them.
func (q *Queue) Sweep(ctx context.Context) (int, error) {
	n := 0
	var errs []error
	w := waiting{measured: q.clock.Now()}
	for _, shard := range shardNames {
		swept, err := q.sweepShard(ctx, shard, &w)
		n += swept
		if err != nil {
			errs = append(errs, err)
		}
	}
	if len(errs) == 0 {
		q.swept.Store(&w)
	}
	return n, errors.Join(errs...)
}

// waiting is what the last sweep found.
type waiting struct{ measured, oldest time.Time }

// found records the time of the oldest due job. A page begins with its oldest.
func (w *waiting) found(page []records.Record[body]) {
	if len(page) == 0 {
		return
	}
	if due := page[0].Body.due(); w.oldest.IsZero() || due.Before(w.oldest) {
		w.oldest = due
	}
}

// OldestDue is how long the oldest due job had waited when this process last swept, and when that was. It makes no
// call.
func (q *Queue) OldestDue() (age time.Duration, measured time.Time) {
	w := q.swept.Load()
	switch {
	case w == nil:
		return 0, time.Time{}
	case w.oldest.IsZero():
		return 0, w.measured
	}
	return w.measured.Sub(w.oldest), w.measured
}

// sweepShard takes one page: what is left will still be there at the next sweep, and one shard cannot starve the
// others.
func (q *Queue) sweepShard(ctx context.Context, shard string, w *waiting) (int, error) {
	page, err := Jobs.Find(ctx, q.gate, records.By(system("task:sweep"), access.JobRead), records.Find{
		Query: "due", From: shard + "|", Until: timeKey(shard, q.clock.Now().Add(time.Microsecond)), Limit: sweepPage})
	if err != nil {
		return 0, fmt.Errorf("sweep jobs: %w", err)
	}
	w.found(page.Records)
	var errs []error
	for _, r := range page.Records {
		if q.publisher == nil {
			err = q.Run(ctx, r.ID)
		} else {
			err = q.wake(ctx, r.ID)
		}
		if err != nil && (q.publisher != nil || !errors.Is(err, model.ErrUnavailable)) {
			errs = append(errs, fmt.Errorf("wake job: %w", err))
		}
	}
	return len(page.Records) - len(errs), errors.Join(errs...)
}

// OldestDeadline is the earliest deadline of an open job; ok is false if there is none. A deadline in the past is a
// broken promise.
func (q *Queue) OldestDeadline(ctx context.Context) (oldest time.Time, ok bool, err error) {
	for _, shard := range shardNames {
		page, err := Jobs.Find(ctx, q.gate, records.By(system("task:deadlines"), access.JobRead),
			records.Find{Query: "deadline", From: shard + "|", Until: shard + "}", Limit: 1})
		if err != nil {
			return time.Time{}, false, fmt.Errorf("read deadlines: %w", err)
		}
		for _, r := range page.Records {
			if d := r.Body.Deadline; !ok || d.Before(oldest) {
				oldest, ok = d, true
			}
		}
	}
	return oldest, ok, nil
}

// Info is a job as it may be shown to those it concerns.
type Info struct {
	ID       string
	Kind     string
	Concerns string
	State    State
	Added    time.Time
	RunAt    time.Time
	Deadline time.Time
	Ended    time.Time
	Attempts int
	Progress Progress
	Reason   string
	Result   string
	CanStop  bool // Cancel would work
}

func info(r records.Record[body]) Info {
	b := &r.Body
	return Info{ID: r.ID, Kind: b.Kind, Concerns: b.Concerns, State: b.State, Added: b.Added, RunAt: b.RunAt,
		Deadline: b.Deadline,
		Ended:    b.Ended, Attempts: b.Attempts, Progress: b.Progress, Reason: b.Reason, Result: b.Result,
		CanStop: b.State.Open() && !b.Committed && !b.Cancel}
}

// Get returns one job, without its payload.
func (q *Queue) Get(ctx context.Context, id string) (Info, error) {
	r, err := Jobs.Get(ctx, q.gate, records.By(system("task:show"), access.JobRead).On(id))
	if err != nil {
		return Info{}, err
	}
	return info(r), nil
}

// Of lists the jobs that concern a scope, newest first.
func (q *Queue) Of(ctx context.Context, scope model.Scope, limit int, cursor string) ([]Info, string, error) {
	if !scope.Valid() {
		return nil, "", fmt.Errorf("jobs of no scope: %w", model.ErrInvalid)
	}
	return q.list(ctx, records.Find{Query: "owner", From: scope.String() + "|", Until: scope.String() + "}",
		Limit: limit, Cursor: cursor})
}

// Failures lists the jobs that failed, newest first.
func (q *Queue) Failures(ctx context.Context, limit int, cursor string) ([]Info, string, error) {
	return q.list(ctx, records.Find{Query: "failed", Limit: limit, Cursor: cursor})
}

func (q *Queue) list(ctx context.Context, f records.Find) ([]Info, string, error) {
	page, err := Jobs.Find(ctx, q.gate, records.By(system("task:list"), access.JobRead), f)
	if err != nil {
		return nil, "", fmt.Errorf("list jobs: %w", err)
	}
	infos := make([]Info, 0, len(page.Records))
	for _, r := range page.Records {
		infos = append(infos, info(r))
	}
	return infos, page.Next, nil
}

// Cancel stops a job that has not passed its point of no return. A running job stops at its next Report.
func (q *Queue) Cancel(ctx context.Context, id string) error {
	_, err := Jobs.Update(ctx, q.gate, records.By(system("task:cancel"), access.JobWrite).On(id), func(b *body) error {
		switch {
		case !b.State.Open() || b.Committed:
			return model.Conflict("This can no longer be cancelled.")
		case b.State == Queued:
			b.end(Cancelled, "", q.clock.Now())
		default:
			b.Cancel = true
		}
		return nil
	})
	return err
}

// Retry queues a failed job again, and counts its attempts from the start.
func (q *Queue) Retry(ctx context.Context, id string) error {
	_, err := Jobs.Update(ctx, q.gate, records.By(system("task:retry"), access.JobWrite).On(id), func(b *body) error {
		if b.State != Failed {
			return model.Conflict("Only a job that failed can be tried again.")
		}
		b.State, b.Attempts, b.RunAt, b.Ended, b.Reason = Queued, 0, q.clock.Now(), time.Time{}, ""
		return nil
	})
	return err
}
