package deadletter

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/platform/task"
)

// GivenUp are the jobs that were given up, the latest first, a thousand at most.
func (l *Letters) GivenUp(ctx context.Context) ([]task.Info, error) {
	var all []task.Info
	for cursor := ""; len(all) < most; {
		list, next, err := l.o.Queue.Failures(ctx, pullSize, cursor)
		if err != nil {
			return all, err
		}
		all = append(all, list...)
		if cursor = next; cursor == "" {
			break
		}
	}
	return all, nil
}

// Replay sends dead letters again, to the topics they came from: those with the given ids (of the message or of its
// job), or all. A job that was given up is first queued again, with all of its attempts. A letter is removed only when
// its topic has it; if the connection fails in between it is sent twice, which does no harm. A job's id without a
// letter is queued and woken. It returns the letters sent, and the ids that match nothing, or a letter that can be sent
// nowhere.
func (l *Letters) Replay(ctx context.Context, ids ...string) (sent []Letter, unknown []string, err error) {
	letters, err := l.take(ctx)
	chosen, others, unknown := split(letters, ids)
	err = errors.Join(err, l.putBack(ctx, others))
	for i, letter := range chosen {
		if err == nil {
			err = l.send(ctx, letter)
		}
		if err != nil {
			return sent, unknown, errors.Join(err, l.putBack(ctx, chosen[i:]))
		}
		sent = append(sent, letter)
	}
	if err != nil {
		return sent, unknown, err
	}
	for _, id := range ids {
		if slices.Contains(unknown, id) || slices.ContainsFunc(sent, func(s Letter) bool { return s.is(id) }) {
			continue
		}
		switch err := l.sendJob(ctx, id); {
		case errors.Is(err, model.ErrNotFound):
			unknown = append(unknown, id)
		case err != nil:
			return sent, unknown, err
		default:
			sent = append(sent, Letter{Job: id, Why: "queued again"})
		}
	}
	return sent, unknown, nil
}

func (l Letter) is(id string) bool { return id == l.ID || id == l.Job }

// split chooses letters. Those whose subscription no longer exists can be sent nowhere: they stay, and their ids are
// returned.
func split(letters []Letter, ids []string) (chosen, others []Letter, nowhere []string) {
	for _, letter := range letters {
		wanted := len(ids) == 0 || slices.ContainsFunc(ids, letter.is)
		switch {
		case wanted && letter.Topic == "":
			nowhere = append(nowhere, letter.ID)
			fallthrough
		case !wanted:
			others = append(others, letter)
		default:
			chosen = append(chosen, letter)
		}
	}
	return chosen, others, nowhere
}

// send publishes a letter, and then removes it.
func (l *Letters) send(ctx context.Context, letter Letter) error {
	if err := l.note(ctx, letter.ID, letter.Job, audit.Begun); err != nil {
		return err
	}
	if letter.failed {
		if err := l.o.Queue.Retry(ctx, letter.Job); err != nil && !errors.Is(err, model.ErrConflict) {
			return fmt.Errorf("queue %s again: %w", letter.Job, err)
		}
	}
	message := &pubsubpb.PubsubMessage{Data: letter.text.GetData(), OrderingKey: letter.text.GetOrderingKey(),
		Attributes: map[string]string{}}
	for key, value := range letter.text.GetAttributes() {
		if !strings.HasPrefix(key, marks) {
			message.Attributes[key] = value
		}
	}
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	if _, err := l.o.Topics.Publish(ctx, &pubsubpb.PublishRequest{Topic: letter.Topic,
		Messages: []*pubsubpb.PubsubMessage{message}}); err != nil {
		return fmt.Errorf("send letter %s again: %w", letter.ID, err)
	}
	err := l.o.Subscriptions.Acknowledge(ctx, &pubsubpb.AcknowledgeRequest{Subscription: l.o.Subscription,
		AckIds: []string{letter.ack}})
	if err != nil {
		return fmt.Errorf("letter %s was sent, but not removed: %w", letter.ID, err)
	}
	return l.note(ctx, letter.ID, letter.Job, audit.Done)
}

// sendJob queues a job that was given up and has no letter.
func (l *Letters) sendJob(ctx context.Context, id string) error {
	info, err := l.o.Queue.Get(ctx, id)
	if err != nil {
		return err
	}
	if info.State != task.Failed {
		return fmt.Errorf("job %s is %s: only one that was given up can be queued again: %w", id, info.State,
			model.ErrConflict)
	}
	if err := l.note(ctx, "", id, audit.Begun); err != nil {
		return err
	}
	if err := l.o.Queue.Retry(ctx, id); err != nil {
		return err
	}
	l.o.Queue.Wake(ctx, id)
	return l.note(ctx, "", id, audit.Done)
}

func (l *Letters) note(ctx context.Context, letter, job string, outcome audit.Outcome) error {
	record := ""
	if job != "" {
		record = "jobs/" + job
	}
	return l.o.Gate.Note(ctx, l.o.Gate, records.By(caller(), access.DeadLetterSend).Note("message", letter), record,
		outcome)
}
