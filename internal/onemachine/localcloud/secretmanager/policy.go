package secretmanager

import (
	"context"

	"cloud.google.com/go/iam/apiv1/iampb"
)

// GetIamPolicy returns the policy of a secret.
func (s *Server) GetIamPolicy(ctx context.Context, req *iampb.GetIamPolicyRequest) (*iampb.Policy, error) {
	return s.policies.GetIamPolicy(ctx, req)
}

// SetIamPolicy replaces the policy of a secret.
func (s *Server) SetIamPolicy(ctx context.Context, req *iampb.SetIamPolicyRequest) (*iampb.Policy, error) {
	return s.policies.SetIamPolicy(ctx, req)
}

// TestIamPermissions tells which permissions the caller has on a secret.
func (s *Server) TestIamPermissions(ctx context.Context, req *iampb.TestIamPermissionsRequest) (
	*iampb.TestIamPermissionsResponse, error) {
	return s.policies.TestIamPermissions(ctx, req)
}
