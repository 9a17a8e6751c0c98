package iam

import (
	"context"
	"regexp"
	"slices"

	"cloud.google.com/go/iam/admin/apiv1/adminpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/clock"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/crud"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table"
)

// Google's limits.
const (
	maxRoleTitle   = 100
	maxPermissions = 3000
)

var (
	roleID     = regexp.MustCompile(`^[a-zA-Z0-9_.]{3,64}$`)
	permission = regexp.MustCompile(`^[a-z][a-zA-Z0-9]*(\.[a-zA-Z0-9]+){2,}$`)
)

// rolesIn are the custom roles of projects.
func rolesIn(store table.Store, clock clock.Clock) *crud.Kind[adminpb.Role, *adminpb.Role] {
	return crud.New[adminpb.Role](store, clock, crud.Spec[*adminpb.Role]{
		Noun: "Role", Table: "iam/role/", Parent: crud.Project, Collection: "roles", ID: `[a-zA-Z0-9_.]{3,64}`,
		Output: []string{"deleted"}, Settle: settleRole,
	})
}

func settleRole(c crud.Change[*adminpb.Role]) error {
	if c.Next == nil {
		return nil
	}
	if len(c.Next.GetTitle()) > maxRoleTitle {
		return status.Errorf(codes.InvalidArgument, "title has more than %d bytes.", maxRoleTitle)
	}
	if len(c.Next.GetIncludedPermissions()) > maxPermissions {
		return status.Errorf(codes.InvalidArgument, "included_permissions has more than %d.", maxPermissions)
	}
	for _, p := range c.Next.GetIncludedPermissions() {
		if !permission.MatchString(p) {
			return status.Errorf(codes.InvalidArgument, "Permission %s is not valid.", p)
		}
	}
	slices.Sort(c.Next.IncludedPermissions)
	c.Next.IncludedPermissions = slices.Compact(c.Next.GetIncludedPermissions())
	return nil
}

// CreateRole makes a role of a project.
func (s *Server) CreateRole(_ context.Context, req *adminpb.CreateRoleRequest) (*adminpb.Role, error) {
	if !roleID.MatchString(req.GetRoleId()) {
		return nil, status.Errorf(codes.InvalidArgument, "role_id %q does not match %s.", req.GetRoleId(), roleID)
	}
	return s.roles.Create(req.GetParent(), req.GetRoleId(), req.GetRole(), false)
}

// GetRole returns a custom role of a project. Google's own roles are not stored here.
func (s *Server) GetRole(_ context.Context, req *adminpb.GetRoleRequest) (*adminpb.Role, error) {
	return s.roles.Get(req.GetName())
}

// UpdateRole changes a role of a project.
func (s *Server) UpdateRole(_ context.Context, req *adminpb.UpdateRoleRequest) (*adminpb.Role, error) {
	given := req.GetRole()
	if given == nil {
		return nil, status.Error(codes.InvalidArgument, "role is required.")
	}
	given.Name = req.GetName()
	return s.roles.Update(req.GetName(), given, req.GetUpdateMask(), false)
}
