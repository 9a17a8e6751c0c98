package task

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/logging"
	"github.com/tinyoperahouse/toh/internal/platform/records"
)

// Publisher sends a message that wakes a job.
type Publisher interface {
	Publish(ctx context.Context, data []byte) error
}

// Options are what a Queue needs. Without a Publisher, only the sweep wakes jobs.
type Options struct {
	Gate      *records.Gate
	Publisher Publisher
	Clock     model.Clock // nil means the gate's
	// Ran is called with the outcome of each attempt: done, again, failed or cancelled. It may be nil.
	Ran func(kind, outcome string)
}

// Queue adds and runs jobs. Handlers must be registered before the first job runs.
type Queue struct {
	gate      *records.Gate
	publisher Publisher
	clock     model.Clock
	ran       func(kind, outcome string)
	swept     atomic.Pointer[waiting]

	mu       sync.RWMutex
	handlers map[string]handler
}

// New makes a queue.
func New(o Options) *Queue {
	if o.Clock == nil {
		o.Clock = o.Gate.Clock()
	}
	if o.Ran == nil {
		o.Ran = func(string, string) {}
	}
	return &Queue{gate: o.Gate, publisher: o.Publisher, clock: o.Clock, ran: o.Ran, handlers: map[string]handler{}}
}

// NewJob describes work to be done.
type NewJob struct {
	ID       string      // the same id is the same job, however often it is added; "" makes one
	Kind     string      // who handles it
	Concerns model.Scope // whom it concerns; may be zero
	Payload  any         // JSON, sealed when stored
	RunAt    time.Time   // zero means now
	Deadline time.Time   // by when it must be done; zero if nothing was promised
}

// Add stores a job, in the transaction of v if v is one. The caller wakes it after the commit.
func (q *Queue) Add(ctx context.Context, v records.Via, n NewJob) (string, error) {
	b, err := q.draft(ctx, n)
	if err != nil {
		return "", err
	}
	caller := system("task:add")
	if n.ID == "" {
		id := model.NewID()
		_, err := Jobs.Create(ctx, v, records.By(caller, access.JobWrite).On(id), b)
		return id, err
	}
	_, err = Jobs.Get(ctx, v, records.By(caller, access.JobRead).On(n.ID))
	if err == nil {
		return n.ID, nil
	}
	if !errors.Is(err, model.ErrNotFound) {
		return "", err
	}
	_, err = Jobs.Create(ctx, v, records.By(caller, access.JobWrite).On(n.ID), b)
	if _, alone := v.(*records.Gate); alone && errors.Is(err, model.ErrConflict) {
		return n.ID, nil // somebody else added it in the meantime
	}
	return n.ID, err
}

func (q *Queue) draft(ctx context.Context, n NewJob) (body, error) {
	payload, err := json.Marshal(n.Payload)
	if err != nil {
		return body{}, fmt.Errorf("payload of %s: %w", n.Kind, err)
	}
	now := q.clock.Now()
	b := body{Kind: n.Kind, Payload: payload, State: Queued, Added: now, RunAt: n.RunAt.UTC(), Deadline: n.Deadline,
		Origin: logging.Outgoing(ctx)}
	if n.RunAt.IsZero() {
		b.RunAt = now
	}
	if n.Concerns.Valid() {
		b.Concerns = n.Concerns.String()
	}
	return b, nil
}

// message is all that is sent, besides the ids of the request that it is sent for: nobody gains anything by reading or
// forging it.
type message struct {
	Job string `json:"job"`
}

// ParseMessage reads the data of a message that Wake sent.
func ParseMessage(data []byte) (id string, err error) {
	var m message
	if err := json.Unmarshal(data, &m); err != nil || !model.ValidID(m.Job) {
		return "", fmt.Errorf("message names no job: %w", model.ErrInvalid)
	}
	return m.Job, nil
}

const wakeTimeout = time.Second

// Wake asks that a job run soon. If the message cannot be sent, the sweep finds the job.
func (q *Queue) Wake(ctx context.Context, id string) {
	if err := q.wake(ctx, id); err != nil {
		logging.From(ctx).WarnContext(ctx, "job not woken; the sweep will find it", "job", id, "error", err)
	}
}

func (q *Queue) wake(ctx context.Context, id string) error {
	if q.publisher == nil {
		return nil
	}
	data, err := json.Marshal(message{id})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), wakeTimeout)
	defer cancel()
	return q.publisher.Publish(ctx, data)
}

func system(job string) access.Caller { return access.SystemCaller(model.Platform(), job, "") }
