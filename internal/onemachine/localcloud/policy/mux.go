package policy

import (
	"context"
	"regexp"

	"cloud.google.com/go/iam/apiv1/iampb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Mux serves google.iam.v1.IAMPolicy once for all services that have it on their endpoint: it finds the service by a
// resource's name. Services whose own interface has these calls do not need it.
type Mux struct {
	iampb.UnimplementedIAMPolicyServer

	routes []route
}

type route struct {
	pattern  *regexp.Regexp
	policies *Policies
}

// Handle assigns the resources whose whole names match the pattern to policies. All of them must be assigned before the
// first call.
func (m *Mux) Handle(pattern *regexp.Regexp, policies *Policies) {
	m.routes = append(m.routes, route{pattern, policies})
}

// Register adds the service to a server or connection.
func (m *Mux) Register(r grpc.ServiceRegistrar) { iampb.RegisterIAMPolicyServer(r, m) }

func (m *Mux) find(name string) (*Policies, error) {
	for _, r := range m.routes {
		if loc := r.pattern.FindStringIndex(name); loc != nil && loc[0] == 0 && loc[1] == len(name) {
			return r.policies, nil
		}
	}
	return nil, status.Errorf(codes.InvalidArgument, "Resource name %q is not one that has a policy here.", name)
}

// GetIamPolicy returns the policy of a resource.
func (m *Mux) GetIamPolicy(ctx context.Context, req *iampb.GetIamPolicyRequest) (*iampb.Policy, error) {
	p, err := m.find(req.GetResource())
	if err != nil {
		return nil, err
	}
	return p.GetIamPolicy(ctx, req)
}

// SetIamPolicy replaces the policy of a resource.
func (m *Mux) SetIamPolicy(ctx context.Context, req *iampb.SetIamPolicyRequest) (*iampb.Policy, error) {
	p, err := m.find(req.GetResource())
	if err != nil {
		return nil, err
	}
	return p.SetIamPolicy(ctx, req)
}

// TestIamPermissions tells which of the permissions the caller has.
func (m *Mux) TestIamPermissions(ctx context.Context, req *iampb.TestIamPermissionsRequest) (
	*iampb.TestIamPermissionsResponse, error) {
	p, err := m.find(req.GetResource())
	if err != nil {
		return nil, err
	}
	return p.TestIamPermissions(ctx, req)
}
