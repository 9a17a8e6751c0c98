package scheduler

import (
	"context"
	"errors"
	"time"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"cloud.google.com/go/scheduler/apiv1/schedulerpb"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// longest is the longest that Run sleeps, so that a clock that was set is noticed.
const longest = time.Minute

// Wake makes Run look at the jobs and the clock again. Code that sets a clock by hand calls it afterwards.
func (s *Server) Wake() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// Run runs the jobs that are due, until ctx ends. It calls onError with failures that no caller is told about.
func (s *Server) Run(ctx context.Context, onError func(error)) {
	for ctx.Err() == nil {
		wait, err := s.RunDue(ctx)
		if err != nil && ctx.Err() == nil {
			onError(err)
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-s.wake:
		case <-timer.C:
		}
		timer.Stop()
	}
}

// RunDue runs the jobs that are due now, each once however many times have passed, and returns for how long nothing
// else is due.
func (s *Server) RunDue(ctx context.Context) (wait time.Duration, err error) {
	wait = longest
	var due []*schedulerpb.Job
	failed := s.jobs.Each("", func(job *schedulerpb.Job) bool {
		if job.GetState() != schedulerpb.Job_ENABLED || job.GetScheduleTime() == nil {
			return true
		}
		if left := job.GetScheduleTime().AsTime().Sub(s.clock.Now()); left > 0 {
			wait = min(wait, left)
		} else {
			due = append(due, job)
		}
		return true
	})
	for _, job := range due {
		failed = errors.Join(failed, s.runDue(ctx, job))
	}
	if len(due) > 0 && failed == nil {
		wait = 0 // look once more at once; after a failure that would be a busy loop
	}
	return wait, failed
}

// errGone says that a job is no longer due: somebody else ran it or changed it.
var errGone = errors.New("not due any more")

// runDue sets the next time before it publishes: after a crash between the two a tick is missing, but none comes twice.
func (s *Server) runDue(ctx context.Context, job *schedulerpb.Job) error {
	_, err := s.attempt(ctx, job, func(now *schedulerpb.Job) error {
		if now.GetState() != schedulerpb.Job_ENABLED || !proto.Equal(now.GetScheduleTime(), job.GetScheduleTime()) {
			return errGone
		}
		next, err := nextRun(now, s.clock.Now())
		now.ScheduleTime = next
		return err
	})
	if errors.Is(err, errGone) {
		return nil
	}
	return err
}

// attempt publishes the message of a job and records the result. A failed publish becomes the job's status, not an
// error of the call; it is retried when the job is due again.
func (s *Server) attempt(ctx context.Context, job *schedulerpb.Job, claim func(*schedulerpb.Job) error) (
	*schedulerpb.Job, error) {
	job, err := s.jobs.Alter(job.GetName(), func(j *schedulerpb.Job) error {
		j.LastAttemptTime = timestamppb.New(s.clock.Now())
		return claim(j)
	})
	if err != nil {
		return nil, err
	}
	_, failed := s.publish.Publish(ctx, &pubsubpb.PublishRequest{
		Topic: job.GetPubsubTarget().GetTopicName(),
		Messages: []*pubsubpb.PubsubMessage{{Data: job.GetPubsubTarget().GetData(), Attributes: job.GetPubsubTarget().
			GetAttributes()}},
	})
	return s.jobs.Alter(job.GetName(), func(j *schedulerpb.Job) error {
		j.Status = status.Convert(failed).Proto()
		return nil
	})
}
