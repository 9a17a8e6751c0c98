package run

import (
	"context"
	"strings"

	"cloud.google.com/go/longrunning/autogen/longrunningpb"
	"cloud.google.com/go/run/apiv2/runpb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/crud"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/project"
)

const jobID = `[a-z]([a-z0-9-]{0,61}[a-z0-9])?`

// jobs serves google.cloud.run.v2.Jobs for creating, reading and removing jobs. None of them runs.
type jobs struct {
	runpb.UnimplementedJobsServer
	on *Server
}

// FreshMessages promises that no part of an answer is kept here.
func (jobs) FreshMessages() {}

// CreateJob makes a job.
func (j jobs) CreateJob(ctx context.Context, req *runpb.CreateJobRequest) (*longrunningpb.Operation, error) {
	job, err := j.on.jobs.Create(req.GetParent(), req.GetJobId(), req.GetJob(), true)
	if err != nil {
		return nil, err
	}
	account := job.GetTemplate().GetTemplate().GetServiceAccount()
	if j.on.neighbours.Account != nil && !strings.HasSuffix(account, computeAccount) {
		if err := j.on.neighbours.Account(ctx, account); err != nil {
			return nil, err
		}
	}
	if !req.GetValidateOnly() {
		if job, err = j.on.jobs.Create(req.GetParent(), req.GetJobId(), req.GetJob(), false); err != nil {
			return nil, err
		}
	}
	return j.on.operations.Done(req.GetParent(), job, job)
}

// GetJob returns a job.
func (j jobs) GetJob(_ context.Context, req *runpb.GetJobRequest) (*runpb.Job, error) {
	return j.on.jobs.Get(req.GetName())
}

// ListJobs lists the jobs of a location.
func (j jobs) ListJobs(_ context.Context, req *runpb.ListJobsRequest) (*runpb.ListJobsResponse, error) {
	items, next, _, err := j.on.jobs.List(req.GetParent(), req.GetPageSize(), req.GetPageToken())
	return &runpb.ListJobsResponse{Jobs: items, NextPageToken: next}, err
}

// DeleteJob removes a job.
func (j jobs) DeleteJob(_ context.Context, req *runpb.DeleteJobRequest) (*longrunningpb.Operation, error) {
	gone, err := j.on.jobs.Delete(req.GetName(), req.GetEtag(), req.GetValidateOnly())
	if err != nil {
		return nil, err
	}
	parent, _, _ := strings.Cut(gone.GetName(), "/jobs/")
	return j.on.operations.Done(parent, gone, gone)
}

// settleJob checks a job and fills in Cloud Run's defaults.
func settleJob(c crud.Change[*runpb.Job]) error {
	if c.Next == nil {
		return nil
	}
	t := c.Next.GetTemplate().GetTemplate()
	if t == nil || len(t.GetContainers()) == 0 {
		return invalid("template.template.containers must have a container.")
	}
	for _, container := range t.GetContainers() {
		if err := checkContainer(container); err != nil {
			return err
		}
	}
	if t.GetServiceAccount() != "" && !addressPattern.MatchString(t.GetServiceAccount()) {
		return invalid("template.template.service_account %q is not the address of a service account.",
			t.GetServiceAccount())
	}
	orElse(&t.ServiceAccount, project.Number(project.Of(c.Next.GetName()))+computeAccount)
	c.Next.Generation = c.Old.GetGeneration() + 1
	c.Next.ObservedGeneration = c.Next.GetGeneration()
	return nil
}
