// Package scheduler is the local Cloud Scheduler: jobs that publish to a topic when they are due by the cloud's clock.
//
// It must never run a job by itself before Start, and never run one twice for the same minute.
package scheduler

import (
	"context"

	"cloud.google.com/go/pubsub/v2/apiv1/pubsubpb"
	"cloud.google.com/go/scheduler/apiv1/schedulerpb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/clock"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/crud"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table"
)

// Publisher is where the jobs publish.
type Publisher interface {
	Publish(ctx context.Context, req *pubsubpb.PublishRequest) (*pubsubpb.PublishResponse, error)
}

// Server implements Google's CloudScheduler.
type Server struct {
	schedulerpb.UnimplementedCloudSchedulerServer

	clock   clock.Clock
	jobs    *crud.Kind[schedulerpb.Job, *schedulerpb.Job]
	publish Publisher
	wake    chan struct{} // says that a job or the clock was changed
}

// New returns a server that keeps its jobs in store and publishes to publish.
func New(store table.Store, clock clock.Clock, publish Publisher) *Server {
	s := &Server{clock: clock, publish: publish, wake: make(chan struct{}, 1)}
	s.jobs = crud.New[schedulerpb.Job](store, clock, crud.Spec[*schedulerpb.Job]{
		Noun: "Job", Table: "scheduler/job/",
		Parent: crud.Location, Collection: "jobs", ID: `[a-zA-Z0-9_-]{1,500}`,
		Settle: s.settle,
	})
	return s
}

// Register adds the service to a server or connection.
func (s *Server) Register(r grpc.ServiceRegistrar) { schedulerpb.RegisterCloudSchedulerServer(r, s) }

// FreshMessages promises that no part of an answer is kept here.
func (s *Server) FreshMessages() {}

// settle fills what the service sets. A job keeps its state, and is due next by its schedule from now.
func (s *Server) settle(c crud.Change[*schedulerpb.Job]) error {
	s.Wake()
	if c.Next == nil {
		return nil
	}
	if err := checkJob(c.Next); err != nil {
		return err
	}
	now := s.clock.Now()
	next, err := nextRun(c.Next, now)
	if err != nil {
		return err
	}
	if c.Old == nil {
		c.Next.State = schedulerpb.Job_ENABLED
	}
	c.Next.UserUpdateTime = timestamppb.New(now)
	c.Next.ScheduleTime = nil
	if c.Next.GetState() == schedulerpb.Job_ENABLED {
		c.Next.ScheduleTime = next
	}
	return nil
}

// CreateJob makes a job. One without a name gets one.
func (s *Server) CreateJob(_ context.Context, req *schedulerpb.CreateJobRequest) (*schedulerpb.Job, error) {
	id, err := jobID(req.GetParent(), req.GetJob().GetName())
	if err != nil {
		return nil, err
	}
	return s.jobs.Create(req.GetParent(), id, req.GetJob(), false)
}

// GetJob returns a job.
func (s *Server) GetJob(_ context.Context, req *schedulerpb.GetJobRequest) (*schedulerpb.Job, error) {
	return s.jobs.Get(req.GetName())
}

// ListJobs lists the jobs of a location.
func (s *Server) ListJobs(_ context.Context, req *schedulerpb.ListJobsRequest) (*schedulerpb.ListJobsResponse, error) {
	items, next, _, err := s.jobs.List(req.GetParent(), req.GetPageSize(), req.GetPageToken())
	return &schedulerpb.ListJobsResponse{Jobs: items, NextPageToken: next}, err
}

// UpdateJob changes a job.
func (s *Server) UpdateJob(_ context.Context, req *schedulerpb.UpdateJobRequest) (*schedulerpb.Job, error) {
	return s.jobs.Update(req.GetJob().GetName(), req.GetJob(), req.GetUpdateMask(), false)
}

// DeleteJob removes a job.
func (s *Server) DeleteJob(_ context.Context, req *schedulerpb.DeleteJobRequest) (*emptypb.Empty, error) {
	_, err := s.jobs.Delete(req.GetName(), "", false)
	return &emptypb.Empty{}, err
}

// PauseJob keeps a job from running by its schedule.
func (s *Server) PauseJob(_ context.Context, req *schedulerpb.PauseJobRequest) (*schedulerpb.Job, error) {
	return s.setState(req.GetName(), schedulerpb.Job_ENABLED, schedulerpb.Job_PAUSED)
}

// ResumeJob lets a paused job run again.
func (s *Server) ResumeJob(_ context.Context, req *schedulerpb.ResumeJobRequest) (*schedulerpb.Job, error) {
	return s.setState(req.GetName(), schedulerpb.Job_PAUSED, schedulerpb.Job_ENABLED)
}

func (s *Server) setState(name string, from, to schedulerpb.Job_State) (*schedulerpb.Job, error) {
	defer s.Wake()
	return s.jobs.Alter(name, func(j *schedulerpb.Job) error {
		if j.GetState() != from {
			return status.Errorf(codes.FailedPrecondition, "Job %q is %s.", name, j.GetState())
		}
		j.State, j.ScheduleTime = to, nil
		if to == schedulerpb.Job_PAUSED {
			return nil
		}
		next, err := nextRun(j, s.clock.Now())
		j.ScheduleTime = next
		return err
	})
}

// RunJob runs a job now, paused or not. Its schedule stays as it is.
func (s *Server) RunJob(ctx context.Context, req *schedulerpb.RunJobRequest) (*schedulerpb.Job, error) {
	job, err := s.jobs.Get(req.GetName())
	if err != nil {
		return nil, err
	}
	return s.attempt(ctx, job, func(*schedulerpb.Job) error { return nil })
}
