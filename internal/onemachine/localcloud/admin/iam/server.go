// Package iam is the local IAM admin service: service accounts, their policies and keys, and custom roles of projects.
//
// It must never make a private key: it answers like an organization that forbids keys of service accounts. A public key
// can be uploaded, so that a check that looks for keys has one to find.
package iam

import (
	"context"
	"regexp"
	"strings"

	"cloud.google.com/go/iam/admin/apiv1/adminpb"
	"cloud.google.com/go/iam/apiv1/iampb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/clock"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/crud"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/policy"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/project"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table"
)

const domain = ".iam.gserviceaccount.com"

var accountPattern = regexp.MustCompile(`^projects/(-|` + project.ID + `)/serviceAccounts/([^/]+)$`)

// Server implements the part of Google's IAM service that provisioning uses.
type Server struct {
	adminpb.UnimplementedIAMServer

	accounts *crud.Kind[adminpb.ServiceAccount, *adminpb.ServiceAccount]
	keys     *crud.Kind[adminpb.ServiceAccountKey, *adminpb.ServiceAccountKey]
	roles    *crud.Kind[adminpb.Role, *adminpb.Role]
	policies *policy.Policies
}

// New returns a server that keeps its accounts in store.
func New(store table.Store, clock clock.Clock) *Server {
	s := &Server{roles: rolesIn(store, clock)}
	s.policies = policy.New(store, "iam", func(name string) error { _, err := s.accounts.Get(name); return err })
	s.accounts = crud.New[adminpb.ServiceAccount](store, clock, crud.Spec[*adminpb.ServiceAccount]{
		Noun: "Service account", Table: "iam/account/",
		Parent: crud.Project, Collection: "serviceAccounts", ID: `[a-z][a-z0-9-]{4,28}[a-z0-9]@` + project.ID +
			regexp.QuoteMeta(domain),
		Settle: s.settle,
	})
	s.keys = crud.New[adminpb.ServiceAccountKey](store, clock, crud.Spec[*adminpb.ServiceAccountKey]{
		Noun: "Service account key", Table: "iam/key/",
		Parent: crud.Project + `/serviceAccounts/[^/]+`, Collection: "keys", ID: `[0-9a-f]{40}`,
	})
	return s
}

// FreshMessages promises that no part of an answer is kept here.
func (s *Server) FreshMessages() {}

// resolve finds the full name of an account that is named by its address or unique id, in a project or in "-".
func (s *Server) resolve(name string) (string, error) {
	parts := accountPattern.FindStringSubmatch(name)
	if parts == nil {
		return "", status.Errorf(codes.InvalidArgument, "Service account name %q is invalid.", name)
	}
	in, account := parts[1], parts[2]
	if _, host, isAddress := strings.Cut(account, "@"); isAddress {
		if in == "-" {
			in = strings.TrimSuffix(host, domain)
		}
		return "projects/" + in + "/serviceAccounts/" + account, nil
	}
	found := ""
	err := s.accounts.Each("", func(a *adminpb.ServiceAccount) bool {
		if a.GetUniqueId() == account && (in == "-" || in == a.GetProjectId()) {
			found = a.GetName()
		}
		return found == ""
	})
	if err == nil && found == "" {
		err = status.Errorf(codes.NotFound, "Service account %q not found.", name)
	}
	return found, err
}

// GetIamPolicy returns who may act as a service account.
func (s *Server) GetIamPolicy(ctx context.Context, req *iampb.GetIamPolicyRequest) (*iampb.Policy, error) {
	name, err := s.resolve(req.GetResource())
	if err != nil {
		return nil, err
	}
	return s.policies.GetIamPolicy(ctx, &iampb.GetIamPolicyRequest{Resource: name, Options: req.GetOptions()})
}

// SetIamPolicy says who may act as a service account.
func (s *Server) SetIamPolicy(ctx context.Context, req *iampb.SetIamPolicyRequest) (*iampb.Policy, error) {
	name, err := s.resolve(req.GetResource())
	if err != nil {
		return nil, err
	}
	return s.policies.SetIamPolicy(ctx, &iampb.SetIamPolicyRequest{Resource: name, Policy: req.GetPolicy(),
		UpdateMask: req.GetUpdateMask()})
}

// TestIamPermissions tells which of the permissions the caller has on a service account.
func (s *Server) TestIamPermissions(ctx context.Context, req *iampb.TestIamPermissionsRequest) (
	*iampb.TestIamPermissionsResponse, error) {
	name, err := s.resolve(req.GetResource())
	if err != nil {
		return nil, err
	}
	return s.policies.TestIamPermissions(ctx, &iampb.TestIamPermissionsRequest{Resource: name,
		Permissions: req.GetPermissions()})
}
