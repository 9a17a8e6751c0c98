// Package resourcemanager is the local Resource Manager: projects, which exist as soon as somebody looks at them, and
// their IAM policies.
//
// It must never give a project a different number from the other services.
package resourcemanager

import (
	"context"
	"errors"
	"strings"
	"sync"

	"cloud.google.com/go/iam/apiv1/iampb"
	"cloud.google.com/go/resourcemanager/apiv3/resourcemanagerpb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/clock"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/policy"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/project"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table"
)

// Server implements the part of Google's Projects service that provisioning uses.
type Server struct {
	resourcemanagerpb.UnimplementedProjectsServer

	clock    clock.Clock
	mu       sync.Mutex
	seen     table.Table[resourcemanagerpb.Project, *resourcemanagerpb.Project] // by number
	policies *policy.Policies
}

// New returns a server that keeps what it knows in store.
func New(store table.Store, clock clock.Clock) *Server {
	s := &Server{clock: clock, seen: table.New[resourcemanagerpb.Project](store, "resourcemanager/project/")}
	s.policies = policy.New(store, "project", func(string) error { return nil })
	return s
}

// Register adds the service to a server or connection.
func (s *Server) Register(r grpc.ServiceRegistrar) { resourcemanagerpb.RegisterProjectsServer(r, s) }

// FreshMessages promises that no part of an answer is kept here.
func (s *Server) FreshMessages() {}

// GetProject returns a project by its id, or by its number if it was looked up by its id before.
func (s *Server) GetProject(_ context.Context, req *resourcemanagerpb.GetProjectRequest) (*resourcemanagerpb.Project,
	error) {
	number, err := numberOf(req.GetName())
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	found, err := s.seen.Get(number)
	if !errors.Is(err, table.ErrNotFound) {
		return found, table.Status(err)
	}
	id := project.Of(req.GetName())
	if id == number {
		// Google does not reveal whether there is such a project.
		return nil, status.Errorf(codes.PermissionDenied, "The caller does not have permission on project %s, or it "+
			"does not exist.", number)
	}
	now := timestamppb.New(s.clock.Now())
	found = &resourcemanagerpb.Project{
		Name:        "projects/" + number,
		ProjectId:   id,
		DisplayName: id,
		State:       resourcemanagerpb.Project_ACTIVE,
		CreateTime:  now,
		UpdateTime:  now,
		Etag:        `"` + number + `"`,
	}
	return found, table.Status(s.seen.Put(number, found))
}

// numberOf is the number of the project that a name is for.
func numberOf(name string) (string, error) {
	id, ok := strings.CutPrefix(name, "projects/")
	switch {
	case ok && project.IsNumber(id):
		return id, nil
	case ok && project.WellFormed(id):
		return project.Number(id), nil
	}
	return "", status.Errorf(codes.InvalidArgument, "Project name %q is invalid.", name)
}

// GetIamPolicy returns the policy of a project.
func (s *Server) GetIamPolicy(ctx context.Context, req *iampb.GetIamPolicyRequest) (*iampb.Policy, error) {
	number, err := numberOf(req.GetResource())
	if err != nil {
		return nil, err
	}
	return s.policies.GetIamPolicy(ctx, &iampb.GetIamPolicyRequest{Resource: number, Options: req.GetOptions()})
}

// SetIamPolicy replaces the policy of a project.
func (s *Server) SetIamPolicy(ctx context.Context, req *iampb.SetIamPolicyRequest) (*iampb.Policy, error) {
	number, err := numberOf(req.GetResource())
	if err != nil {
		return nil, err
	}
	return s.policies.SetIamPolicy(ctx, &iampb.SetIamPolicyRequest{Resource: number, Policy: req.GetPolicy(),
		UpdateMask: req.GetUpdateMask()})
}

// TestIamPermissions tells which of the permissions the caller has on a project.
func (s *Server) TestIamPermissions(ctx context.Context, req *iampb.TestIamPermissionsRequest) (
	*iampb.TestIamPermissionsResponse, error) {
	number, err := numberOf(req.GetResource())
	if err != nil {
		return nil, err
	}
	return s.policies.TestIamPermissions(ctx, &iampb.TestIamPermissionsRequest{Resource: number,
		Permissions: req.GetPermissions()})
}
