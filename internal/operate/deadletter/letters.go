package deadletter

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	pubsub "cloud.google.com/go/pubsub/v2/apiv1"
	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/platform/task"
)

// Options are what Letters need.
type Options struct {
	Subscriptions *pubsub.SubscriptionAdminClient
	Topics        *pubsub.TopicAdminClient
	Subscription  string // full name of the one that holds what could not be delivered
	Gate          *records.Gate
	Queue         *task.Queue
	Wait          time.Duration // for a further message; zero means 5 seconds
}

// Find is the full name of the subscription that holds a project's dead letters: the one that provision creates, or
// that of a one-machine installation.
func Find(ctx context.Context, subscriptions *pubsub.SubscriptionAdminClient, project string) (string, error) {
	for _, id := range []string{"toh-dead-letters-pull", "toh-tasks-dead"} {
		name := "projects/" + project + "/subscriptions/" + id
		_, err := subscriptions.GetSubscription(ctx, &pubsubpb.GetSubscriptionRequest{Subscription: name})
		if status.Code(err) != codes.NotFound {
			return name, err
		}
	}
	return "", fmt.Errorf("there is no subscription toh-dead-letters-pull: %w", model.ErrNotFound)
}

// Letters are the dead letters of an installation.
type Letters struct{ o Options }

// New makes Letters.
func New(o Options) *Letters {
	if o.Wait == 0 {
		o.Wait = 5 * time.Second
	}
	return &Letters{o}
}

// Letter is a message that could not be delivered.
type Letter struct {
	ID       string    `json:"id"`
	Topic    string    `json:"topic"` // where it was published; "" if that is unknown
	Attempts int       `json:"attempts"`
	Since    time.Time `json:"since"` // when it was first published
	Job      string    `json:"job,omitempty"`
	Kind     string    `json:"kind,omitempty"`
	Why      string    `json:"why"`

	failed bool // the job was given up
	ack    string
	text   *pubsubpb.PubsubMessage
}

const (
	most     = 1000 // letters at once
	pullSize = 100
	marks    = "CloudPubSubDeadLetterSource" // begins the attributes that Pub/Sub adds
)

func caller() access.Caller { return access.SystemCaller(model.Platform(), "dead letters", "") }

// List returns the dead letters, a thousand at most, and puts them back.
func (l *Letters) List(ctx context.Context) ([]Letter, error) {
	letters, err := l.take(ctx)
	if err := errors.Join(err, l.putBack(ctx, letters)); err != nil {
		return nil, err
	}
	count := records.Note{Key: "count", Value: strconv.Itoa(len(letters))}
	return letters, l.o.Gate.Note(ctx, l.o.Gate, records.By(caller(), access.DeadLetterList).With(count), "",
		audit.Done)
}

// take pulls what there is. What was pulled must be put back or acknowledged.
func (l *Letters) take(ctx context.Context) ([]Letter, error) {
	var letters []Letter
	topics := map[string]string{}
	for len(letters) < most {
		pulled, err := l.pull(ctx)
		if err != nil || len(pulled) == 0 {
			return letters, err
		}
		for _, m := range pulled {
			letter := Letter{ack: m.GetAckId(), text: m.GetMessage(), ID: m.GetMessage().GetMessageId()}
			letters = append(letters, letter)
			if err := l.describe(ctx, &letters[len(letters)-1], topics); err != nil {
				return letters, err
			}
		}
	}
	return letters, nil
}

// pull waits a little for messages. Getting none is not an error.
func (l *Letters) pull(ctx context.Context) ([]*pubsubpb.ReceivedMessage, error) {
	short, cancel := context.WithTimeout(ctx, l.o.Wait)
	defer cancel()
	resp, err := l.o.Subscriptions.Pull(short, &pubsubpb.PullRequest{Subscription: l.o.Subscription,
		MaxMessages: pullSize})
	if err != nil && short.Err() != nil && ctx.Err() == nil {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("pull dead letters: %w", err)
	}
	return resp.GetReceivedMessages(), nil
}

// describe determines where a letter comes from, and what happened to its job.
func (l *Letters) describe(ctx context.Context, letter *Letter, topics map[string]string) error {
	a := letter.text.GetAttributes()
	letter.Attempts, _ = strconv.Atoi(a[marks+"DeliveryCount"])
	letter.Since = letter.text.GetPublishTime().AsTime()
	if first, err := time.Parse(time.RFC3339Nano, a[marks+"TopicPublishTime"]); err == nil {
		letter.Since = first
	}
	var err error
	source := "projects/" + a[marks+"SubscriptionProject"] + "/subscriptions/" + a[marks+"Subscription"]
	if letter.Topic, err = l.topic(ctx, source, topics); err != nil {
		return err
	}
	return l.explain(ctx, letter)
}

// topic is the topic of a subscription; "" when the subscription no longer exists.
func (l *Letters) topic(ctx context.Context, subscription string, known map[string]string) (string, error) {
	if topic, ok := known[subscription]; ok {
		return topic, nil
	}
	s, err := l.o.Subscriptions.GetSubscription(ctx, &pubsubpb.GetSubscriptionRequest{Subscription: subscription})
	switch status.Code(err) {
	case codes.OK, codes.NotFound, codes.InvalidArgument:
	default:
		return "", fmt.Errorf("look at %s: %w", subscription, err)
	}
	known[subscription] = strings.TrimPrefix(s.GetTopic(), "_deleted-topic_")
	return known[subscription], nil
}

// explain says why, as far as the job says; Pub/Sub itself does not.
func (l *Letters) explain(ctx context.Context, letter *Letter) error {
	id, err := task.ParseMessage(letter.text.GetData())
	if err != nil {
		letter.Why = "it names no job"
		return nil
	}
	letter.Job = id
	info, err := l.o.Queue.Get(ctx, id)
	switch {
	case errors.Is(err, model.ErrNotFound):
		letter.Why = "its job is gone"
		return nil
	case err != nil:
		return err
	}
	letter.Kind, letter.failed = info.Kind, info.State == task.Failed
	letter.Why = why(info)
	return nil
}

func why(info task.Info) string {
	said := map[task.State]string{
		task.Failed: "the job gave up", task.Done: "the job is done meanwhile", task.Cancelled: "the job was cancelled",
		task.Queued: "the job waits", task.Running: "the job runs",
	}[info.State]
	if info.Reason != "" {
		said += ": " + info.Reason
	}
	return said
}

// putBack makes the letters available to others at once.
func (l *Letters) putBack(ctx context.Context, letters []Letter) error {
	if len(letters) == 0 {
		return nil
	}
	ids := make([]string, len(letters))
	for i, letter := range letters {
		ids[i] = letter.ack
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	err := l.o.Subscriptions.ModifyAckDeadline(ctx, &pubsubpb.ModifyAckDeadlineRequest{Subscription: l.o.Subscription,
		AckIds: ids})
	if err != nil {
		return fmt.Errorf("put dead letters back: %w", err)
	}
	return nil
}
