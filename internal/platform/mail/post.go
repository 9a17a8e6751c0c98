package mail

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/platform/task"
)

// JobKind is the kind of job that sends a mail.
const JobKind = "mail"

// The attempts end well within the 24 hours for which a vendor remembers a key.
const (
	mailAttempts = 14
	mailWithin   = 25 * time.Second
)

// Post is the outbox: a mail is a job, stored with the change that causes it and sent afterwards.
type Post struct {
	queue  *task.Queue
	sender Sender
}

// NewPost makes the outbox and registers it with the queue.
func NewPost(queue *task.Queue, sender Sender) *Post {
	p := &Post{queue: queue, sender: sender}
	queue.Handle(JobKind, p.send, task.Attempts(mailAttempts), task.Within(mailWithin))
	return p
}

// Queue stores a mail to be sent, in the transaction of v if v is one. The caller calls Wake after the commit. The
// job's id is the mail's key.
func (p *Post) Queue(ctx context.Context, v records.Via, m Message) (string, error) {
	if m.Key == "" {
		m.Key = model.NewID()
	}
	if err := m.Check(); err != nil {
		return "", err
	}
	id, err := p.queue.Add(ctx, v, task.NewJob{ID: m.Key, Kind: JobKind, Payload: m})
	if err != nil {
		return "", fmt.Errorf("queue mail: %w", err)
	}
	return id, nil
}

// Wake asks that the mail be sent soon.
func (p *Post) Wake(ctx context.Context, id string) { p.queue.Wake(ctx, id) }

// State is the state of a queued mail's delivery; its Result is the vendor's id.
func (p *Post) State(ctx context.Context, id string) (task.Info, error) { return p.queue.Get(ctx, id) }

func (p *Post) send(ctx context.Context, job task.Job) error {
	var m Message
	if err := job.Decode(&m); err != nil {
		return err
	}
	id, err := p.sender.Send(ctx, m)
	switch {
	case err == nil:
		job.SetResult(id)
		return nil
	case errors.Is(err, ErrRefused):
		return task.Permanent("the mail vendor refused it", err)
	case errors.Is(err, errKey):
		return task.Because("the mail vendor did not accept the key", err)
	}
	return task.Because("the mail vendor did not take it", err)
}
