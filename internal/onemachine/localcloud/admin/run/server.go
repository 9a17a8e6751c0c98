// Package run is the local Cloud Run: jobs, and services with their settings, revisions, traffic and IAM policies, as
// they are after a successful deployment. Nothing runs in it.
//
// It must never accept a service that Cloud Run would not deploy for a reason that can be known here.
package run

import (
	"context"
	"strings"

	"cloud.google.com/go/iam/apiv1/iampb"
	"cloud.google.com/go/longrunning/autogen/longrunningpb"
	"cloud.google.com/go/run/apiv2/runpb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/clock"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/cmek"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/crud"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/operation"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/policy"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table"
)

const (
	// agent is the domain of the accounts by which Cloud Run uses keys.
	agent     = "serverless-robot-prod"
	serviceID = `[a-z]([a-z0-9-]{0,47}[a-z0-9])?`
)

// Neighbours are the parts of the cloud without which a revision cannot start. Those that are nil are not asked.
type Neighbours struct {
	// UseKey returns nil when the account may use the key that encrypts the image.
	UseKey cmek.Use
	// Account returns nil when there is a service account with this address.
	Account func(ctx context.Context, address string) error
	// SecretVersion returns nil when a secret version exists, by its full name.
	SecretVersion func(ctx context.Context, name string) error
}

// Server implements Google's Services of Cloud Run.
type Server struct {
	runpb.UnimplementedServicesServer

	services   *crud.Kind[runpb.Service, *runpb.Service]
	revisions  *crud.Kind[runpb.Revision, *runpb.Revision]
	jobs       *crud.Kind[runpb.Job, *runpb.Job]
	operations *operation.Operations
	policies   *policy.Policies
	neighbours Neighbours
}

// New returns a server that keeps its services in store.
func New(store table.Store, clock clock.Clock, operations *operation.Operations, n Neighbours) *Server {
	s := &Server{operations: operations, neighbours: n}
	s.policies = policy.New(store, "run", func(name string) error { _, err := s.services.Get(name); return err })
	s.services = crud.New[runpb.Service](store, clock, crud.Spec[*runpb.Service]{
		Noun: "Service", Table: "run/service/",
		Parent: crud.Location, Collection: "services", ID: serviceID,
		Settle: s.settle,
	})
	s.revisions = crud.New[runpb.Revision](store, clock, crud.Spec[*runpb.Revision]{
		Noun: "Revision", Table: "run/revision/",
		Parent: crud.Location + `/services/` + serviceID, Collection: "revisions", ID: revisionID,
	})
	s.jobs = crud.New[runpb.Job](store, clock, crud.Spec[*runpb.Job]{
		Noun: "Job", Table: "run/job/",
		Parent: crud.Location, Collection: "jobs", ID: jobID,
		Settle: settleJob,
	})
	return s
}

// Register adds the services to a server or connection.
func (s *Server) Register(r grpc.ServiceRegistrar) {
	runpb.RegisterServicesServer(r, s)
	runpb.RegisterRevisionsServer(r, revisions{Server: s})
	runpb.RegisterJobsServer(r, jobs{on: s})
}

// FreshMessages promises that no part of an answer is kept here.
func (s *Server) FreshMessages() {}

// CreateService makes a service and its first revision.
func (s *Server) CreateService(ctx context.Context, req *runpb.CreateServiceRequest) (*longrunningpb.Operation, error) {
	create := func(dry bool) (*runpb.Service, error) {
		return s.services.Create(req.GetParent(), req.GetServiceId(), req.GetService(), dry)
	}
	return s.deploy(ctx, create, req.GetValidateOnly())
}

// UpdateService changes a service. A changed template makes a revision.
func (s *Server) UpdateService(ctx context.Context, req *runpb.UpdateServiceRequest) (*longrunningpb.Operation, error) {
	name := req.GetService().GetName()
	update := func(dry bool) (*runpb.Service, error) {
		updated, err := s.services.Update(name, req.GetService(), req.GetUpdateMask(), dry)
		if status.Code(err) != codes.NotFound || !req.GetAllowMissing() {
			return updated, err
		}
		parent, id, _ := strings.Cut(name, "/services/")
		return s.services.Create(parent, id, req.GetService(), dry)
	}
	return s.deploy(ctx, update, req.GetValidateOnly())
}

// deploy computes the result of a change, asks the neighbours, and then makes it.
func (s *Server) deploy(ctx context.Context, change func(dry bool) (*runpb.Service, error),
	validateOnly bool) (*longrunningpb.Operation, error) {
	service, err := change(true)
	if err != nil {
		return nil, err
	}
	if err := s.neighbours.check(ctx, service); err != nil {
		return nil, err
	}
	if !validateOnly {
		if service, err = change(false); err != nil {
			return nil, err
		}
	}
	return s.done(service)
}

func (s *Server) done(service *runpb.Service) (*longrunningpb.Operation, error) {
	parent, _, _ := strings.Cut(service.GetName(), "/services/")
	return s.operations.Done(parent, service, service)
}

// GetService returns a service.
func (s *Server) GetService(_ context.Context, req *runpb.GetServiceRequest) (*runpb.Service, error) {
	return s.services.Get(req.GetName())
}

// ListServices lists the services of a location.
func (s *Server) ListServices(_ context.Context, req *runpb.ListServicesRequest) (*runpb.ListServicesResponse, error) {
	items, next, _, err := s.services.List(req.GetParent(), req.GetPageSize(), req.GetPageToken())
	return &runpb.ListServicesResponse{Services: items, NextPageToken: next}, err
}

// DeleteService removes a service with its revisions and its policy.
func (s *Server) DeleteService(_ context.Context, req *runpb.DeleteServiceRequest) (*longrunningpb.Operation, error) {
	gone, err := s.services.Delete(req.GetName(), req.GetEtag(), req.GetValidateOnly())
	if err != nil {
		return nil, err
	}
	return s.done(gone)
}

// GetIamPolicy returns the policy of a service.
func (s *Server) GetIamPolicy(ctx context.Context, req *iampb.GetIamPolicyRequest) (*iampb.Policy, error) {
	return s.policies.GetIamPolicy(ctx, req)
}

// SetIamPolicy replaces the policy of a service.
func (s *Server) SetIamPolicy(ctx context.Context, req *iampb.SetIamPolicyRequest) (*iampb.Policy, error) {
	return s.policies.SetIamPolicy(ctx, req)
}

// TestIamPermissions tells which of the permissions the caller has on a service.
func (s *Server) TestIamPermissions(ctx context.Context, req *iampb.TestIamPermissionsRequest) (
	*iampb.TestIamPermissionsResponse, error) {
	return s.policies.TestIamPermissions(ctx, req)
}
