// Package artifactregistry is the local Artifact Registry: repositories for container images, with their settings and
// IAM policies. There are no images in it.
//
// It must never accept a repository of another format than the product's.
package artifactregistry

import (
	"context"
	"strings"

	"cloud.google.com/go/artifactregistry/apiv1/artifactregistrypb"
	"cloud.google.com/go/iam/apiv1/iampb"
	"cloud.google.com/go/longrunning/autogen/longrunningpb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/clock"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/cmek"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/crud"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/operation"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/policy"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/project"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table"
)

// agent is the domain of the accounts by which Artifact Registry uses keys.
const agent = "gcp-sa-artifactregistry"

// Server implements the part of Google's ArtifactRegistry for repositories.
type Server struct {
	artifactregistrypb.UnimplementedArtifactRegistryServer

	repositories *crud.Kind[artifactregistrypb.Repository, *artifactregistrypb.Repository]
	operations   *operation.Operations
	policies     *policy.Policies
	useKey       cmek.Use
}

// New returns a server that keeps its repositories in store.
func New(store table.Store, clock clock.Clock, operations *operation.Operations, useKey cmek.Use) *Server {
	s := &Server{operations: operations, useKey: useKey}
	s.policies = policy.New(store, "artifactregistry", func(name string) error {
		_, err := s.repositories.Get(name)
		return err
	})
	s.repositories = crud.New[artifactregistrypb.Repository](store, clock, crud.Spec[*artifactregistrypb.Repository]{
		Noun: "Repository", Table: "artifactregistry/repository/",
		Parent: crud.Location, Collection: "repositories", ID: `[a-z]([a-z0-9-]{0,61}[a-z0-9])?`,
		Fixed:  []string{"format", "mode", "kms_key_name"},
		Settle: s.settle,
	})
	return s
}

// Register adds the service to a server or connection.
func (s *Server) Register(r grpc.ServiceRegistrar) {
	artifactregistrypb.RegisterArtifactRegistryServer(r, s)
}

// FreshMessages promises that no part of an answer is kept here.
func (s *Server) FreshMessages() {}

func (s *Server) settle(c crud.Change[*artifactregistrypb.Repository]) error {
	if c.Next == nil {
		s.policies.Remove(c.With, c.Old.GetName())
		return nil
	}
	if err := checkRepository(c.Next); err != nil {
		return err
	}
	parts := strings.Split(c.Next.GetName(), "/")
	c.Next.RegistryUri = parts[3] + "-docker.pkg.dev/" + project.Of(c.Next.GetName()) + "/" + parts[5]
	c.Next.Mode = artifactregistrypb.Repository_STANDARD_REPOSITORY
	if c.Next.VulnerabilityScanningConfig == nil {
		c.Next.VulnerabilityScanningConfig = &artifactregistrypb.Repository_VulnerabilityScanningConfig{}
	}
	fillScanning(c.Next.GetVulnerabilityScanningConfig())
	return nil
}

func fillScanning(config *artifactregistrypb.Repository_VulnerabilityScanningConfig) {
	config.EnablementState = artifactregistrypb.Repository_VulnerabilityScanningConfig_SCANNING_ACTIVE
	if config.GetEnablementConfig() == artifactregistrypb.Repository_VulnerabilityScanningConfig_DISABLED {
		config.EnablementState = artifactregistrypb.Repository_VulnerabilityScanningConfig_SCANNING_DISABLED
		config.EnablementStateReason = "Scanning is disabled in the repository's settings."
	}
}

// CreateRepository makes a repository.
func (s *Server) CreateRepository(ctx context.Context, req *artifactregistrypb.CreateRepositoryRequest) (
	*longrunningpb.Operation, error) {
	made, err := s.repositories.Create(req.GetParent(), req.GetRepositoryId(), req.GetRepository(), true)
	if err != nil {
		return nil, err
	}
	_, location, _ := strings.Cut(req.GetParent(), "/locations/")
	if err := s.useKey.Check(ctx, made.GetKmsKeyName(), made.GetName(), location, agent); err != nil {
		return nil, err
	}
	if made, err = s.repositories.Create(req.GetParent(), req.GetRepositoryId(), req.GetRepository(),
		false); err != nil {
		return nil, err
	}
	return s.operations.Done(req.GetParent(), made, &artifactregistrypb.OperationMetadata{})
}

// GetRepository returns a repository.
func (s *Server) GetRepository(_ context.Context, req *artifactregistrypb.GetRepositoryRequest) (
	*artifactregistrypb.Repository, error) {
	return s.repositories.Get(req.GetName())
}

// ListRepositories lists the repositories of a location.
func (s *Server) ListRepositories(_ context.Context, req *artifactregistrypb.ListRepositoriesRequest) (
	*artifactregistrypb.ListRepositoriesResponse, error) {
	if req.GetFilter() != "" || req.GetOrderBy() != "" {
		return nil, status.Error(codes.Unimplemented, "Filters and orders of repositories are not served locally.")
	}
	items, next, _, err := s.repositories.List(req.GetParent(), req.GetPageSize(), req.GetPageToken())
	return &artifactregistrypb.ListRepositoriesResponse{Repositories: items, NextPageToken: next}, err
}

// UpdateRepository changes a repository.
func (s *Server) UpdateRepository(_ context.Context, req *artifactregistrypb.UpdateRepositoryRequest) (
	*artifactregistrypb.Repository, error) {
	return s.repositories.Update(req.GetRepository().GetName(), req.GetRepository(), req.GetUpdateMask(), false)
}

// DeleteRepository removes a repository.
func (s *Server) DeleteRepository(_ context.Context, req *artifactregistrypb.DeleteRepositoryRequest) (
	*longrunningpb.Operation, error) {
	if _, err := s.repositories.Delete(req.GetName(), "", false); err != nil {
		return nil, err
	}
	parent, _, _ := strings.Cut(req.GetName(), "/repositories/")
	return s.operations.Done(parent, &emptypb.Empty{}, &artifactregistrypb.OperationMetadata{})
}

// GetIamPolicy returns the policy of a repository.
func (s *Server) GetIamPolicy(ctx context.Context, req *iampb.GetIamPolicyRequest) (*iampb.Policy, error) {
	return s.policies.GetIamPolicy(ctx, req)
}

// SetIamPolicy replaces the policy of a repository.
func (s *Server) SetIamPolicy(ctx context.Context, req *iampb.SetIamPolicyRequest) (*iampb.Policy, error) {
	return s.policies.SetIamPolicy(ctx, req)
}

// TestIamPermissions tells which of the permissions the caller has on a repository.
func (s *Server) TestIamPermissions(ctx context.Context, req *iampb.TestIamPermissionsRequest) (
	*iampb.TestIamPermissionsResponse, error) {
	return s.policies.TestIamPermissions(ctx, req)
}
