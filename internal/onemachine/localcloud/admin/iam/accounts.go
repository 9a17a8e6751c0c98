package iam

import (
	"context"
	"crypto/rand"
	"math/big"
	"regexp"
	"strings"

	"cloud.google.com/go/iam/admin/apiv1/adminpb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/fieldmaskpb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/crud"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/project"
)

// Google's limits, in bytes.
const (
	maxDisplayName = 100
	maxDescription = 256
)

var accountID = regexp.MustCompile(`^[a-z][a-z0-9-]{4,28}[a-z0-9]$`)

// settle fills in what callers cannot set, and removes the keys and the policy together with an account.
func (s *Server) settle(c crud.Change[*adminpb.ServiceAccount]) error {
	if c.Next == nil {
		s.policies.Remove(c.With, c.Old.GetName())
		return s.keys.RemoveAll(c.With, c.Old.GetName())
	}
	if len(c.Next.GetDisplayName()) > maxDisplayName {
		return status.Errorf(codes.InvalidArgument, "display_name has more than %d bytes.", maxDisplayName)
	}
	if len(c.Next.GetDescription()) > maxDescription {
		return status.Errorf(codes.InvalidArgument, "description has more than %d bytes.", maxDescription)
	}
	if c.Old != nil {
		return nil
	}
	c.Next.ProjectId = project.Of(c.Next.GetName())
	c.Next.Email = c.Next.GetName()[strings.LastIndexByte(c.Next.GetName(), '/')+1:]
	c.Next.UniqueId = newUniqueID()
	c.Next.Oauth2ClientId = c.Next.GetUniqueId()
	return nil
}

// newUniqueID is a number of 21 digits, as Google's are.
func newUniqueID() string {
	n, err := rand.Int(rand.Reader, new(big.Int).Exp(big.NewInt(10), big.NewInt(20), nil))
	if err != nil {
		panic("iam: no random numbers: " + err.Error()) // documented never to happen
	}
	digits := n.String()
	return "1" + strings.Repeat("0", 20-len(digits)) + digits
}

// CreateServiceAccount makes an account. Its address is account_id@project.
func (s *Server) CreateServiceAccount(_ context.Context, req *adminpb.CreateServiceAccountRequest) (
	*adminpb.ServiceAccount, error) {
	if !accountID.MatchString(req.GetAccountId()) {
		return nil, status.Errorf(codes.InvalidArgument, "account_id %q does not match %s.", req.GetAccountId(),
			accountID)
	}
	given := &adminpb.ServiceAccount{DisplayName: req.GetServiceAccount().GetDisplayName(),
		Description: req.GetServiceAccount().GetDescription()}
	return s.accounts.Create(req.GetName(), req.GetAccountId()+"@"+project.Of(req.GetName())+domain, given, false)
}

// GetServiceAccount returns an account.
func (s *Server) GetServiceAccount(_ context.Context, req *adminpb.GetServiceAccountRequest) (*adminpb.ServiceAccount,
	error) {
	name, err := s.resolve(req.GetName())
	if err != nil {
		return nil, err
	}
	return s.accounts.Get(name)
}

// ListServiceAccounts lists the accounts of a project.
func (s *Server) ListServiceAccounts(_ context.Context, req *adminpb.ListServiceAccountsRequest) (
	*adminpb.ListServiceAccountsResponse, error) {
	items, next, _, err := s.accounts.List(req.GetName(), req.GetPageSize(), req.GetPageToken())
	return &adminpb.ListServiceAccountsResponse{Accounts: items, NextPageToken: next}, err
}

// PatchServiceAccount changes the display name and the description.
func (s *Server) PatchServiceAccount(_ context.Context, req *adminpb.PatchServiceAccountRequest) (
	*adminpb.ServiceAccount, error) {
	if len(req.GetUpdateMask().GetPaths()) == 0 {
		return nil, status.Error(codes.InvalidArgument, "update_mask is required.")
	}
	for _, path := range req.GetUpdateMask().GetPaths() {
		if path != "display_name" && path != "description" {
			return nil, status.Errorf(codes.InvalidArgument, "update_mask: %q cannot be changed.", path)
		}
	}
	return s.update(req.GetServiceAccount(), req.GetUpdateMask())
}

// UpdateServiceAccount replaces the display name and the description.
func (s *Server) UpdateServiceAccount(_ context.Context, req *adminpb.ServiceAccount) (*adminpb.ServiceAccount, error) {
	return s.update(req, &fieldmaskpb.FieldMask{Paths: []string{"display_name", "description"}})
}

func (s *Server) update(given *adminpb.ServiceAccount, mask *fieldmaskpb.FieldMask) (*adminpb.ServiceAccount, error) {
	name, err := s.resolve(given.GetName())
	if err != nil {
		return nil, err
	}
	return s.accounts.Update(name, given, mask, false)
}

// EnableServiceAccount lets a disabled account act again.
func (s *Server) EnableServiceAccount(_ context.Context, req *adminpb.EnableServiceAccountRequest) (*emptypb.Empty,
	error) {
	return s.setDisabled(req.GetName(), false)
}

// DisableServiceAccount keeps an account from acting.
func (s *Server) DisableServiceAccount(_ context.Context, req *adminpb.DisableServiceAccountRequest) (*emptypb.Empty,
	error) {
	return s.setDisabled(req.GetName(), true)
}

func (s *Server) setDisabled(name string, disabled bool) (*emptypb.Empty, error) {
	name, err := s.resolve(name)
	if err != nil {
		return nil, err
	}
	_, err = s.accounts.Alter(name, func(a *adminpb.ServiceAccount) error { a.Disabled = disabled; return nil })
	return &emptypb.Empty{}, err
}

// DeleteServiceAccount removes an account with its keys and its policy. A new one of the same name has another unique
// id.
func (s *Server) DeleteServiceAccount(_ context.Context, req *adminpb.DeleteServiceAccountRequest) (*emptypb.Empty,
	error) {
	name, err := s.resolve(req.GetName())
	if err != nil {
		return nil, err
	}
	_, err = s.accounts.Delete(name, "", false)
	return &emptypb.Empty{}, err
}
