// Package policy stores the IAM policies of the local cloud's resources: they are read, written and tested as by
// Google's services, with etags and conditions.
//
// It must never stand between a caller and a resource: nothing is authenticated here. A policy is stored so that what
// an operator sets can be read back and checked, not to be enforced.
package policy

import (
	"context"
	"crypto/sha256"
	"errors"
	"slices"
	"sync"

	"cloud.google.com/go/iam/apiv1/iampb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table"
)

// noEtag is what Google gives a resource whose policy nobody has set.
var noEtag = []byte{0x00, 0x20, 0x01}

// Policies keeps the policies of one service's resources, by their names.
type Policies struct {
	table  table.Table[iampb.Policy, *iampb.Policy]
	exists func(name string) error

	mu sync.Mutex // one change after the other
}

// New returns the policies that store keeps for a service. The service is a short name such as "kms". exists returns
// nil for an existing resource and otherwise the status that its caller gets.
func New(store table.Store, service string, exists func(name string) error) *Policies {
	return &Policies{table: table.New[iampb.Policy](store, "policy/"+service+"/"), exists: exists}
}

// GetIamPolicy returns the policy of a resource. Its conditions are returned only to callers that ask for version 3.
func (p *Policies) GetIamPolicy(_ context.Context, req *iampb.GetIamPolicyRequest) (*iampb.Policy, error) {
	version := req.GetOptions().GetRequestedPolicyVersion()
	if err := checkVersion(version); err != nil {
		return nil, err
	}
	if err := p.exists(req.GetResource()); err != nil {
		return nil, err
	}
	stored, err := p.get(req.GetResource())
	if err != nil {
		return nil, err
	}
	if version < withConditions {
		hideConditions(stored)
	}
	return stored, nil
}

func (p *Policies) get(name string) (*iampb.Policy, error) {
	stored, err := p.table.Get(name)
	if errors.Is(err, table.ErrNotFound) {
		return &iampb.Policy{Etag: slices.Clone(noEtag)}, nil
	}
	return stored, table.Status(err)
}

// SetIamPolicy replaces the policy of a resource: the bindings or, by the mask, also the audit configuration.
func (p *Policies) SetIamPolicy(_ context.Context, req *iampb.SetIamPolicyRequest) (*iampb.Policy, error) {
	if err := checkPolicy(req); err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.exists(req.GetResource()); err != nil {
		return nil, err
	}
	stored, err := p.get(req.GetResource())
	if err != nil {
		return nil, err
	}
	if err := checkChange(stored, req.GetPolicy()); err != nil {
		return nil, err
	}
	next := merge(stored, req)
	return next, table.Status(p.table.Put(req.GetResource(), next))
}

// merge is the policy after the request, with an etag that no earlier one had.
func merge(stored *iampb.Policy, req *iampb.SetIamPolicyRequest) *iampb.Policy {
	next := proto.CloneOf(stored)
	if names(req, "bindings") {
		next.Bindings = normal(req.GetPolicy().GetBindings())
	}
	if names(req, "audit_configs") {
		next.AuditConfigs = proto.CloneOf(req.GetPolicy()).GetAuditConfigs()
	}
	next.Version = 1
	if conditional(next.GetBindings()) {
		next.Version = withConditions
	}
	next.Etag = nil
	raw, err := proto.MarshalOptions{Deterministic: true}.Marshal(next)
	if err != nil {
		raw = nil // the table will report it
	}
	sum := sha256.Sum256(append(slices.Clone(stored.GetEtag()), raw...))
	next.Etag = sum[:8]
	return next
}

// names tells whether the mask of a request, or the one that stands for none, names a part of the policy.
func names(req *iampb.SetIamPolicyRequest, part string) bool {
	paths := req.GetUpdateMask().GetPaths()
	if len(paths) == 0 {
		return part == "bindings"
	}
	return slices.Contains(paths, part)
}

// checkChange refuses a policy made from one that has changed in the meantime, and one that would lose conditions
// unseen.
func checkChange(stored, given *iampb.Policy) error {
	if len(given.GetEtag()) == 0 {
		return nil
	}
	if !slices.Equal(given.GetEtag(), stored.GetEtag()) {
		return status.Error(codes.Aborted, "There were concurrent policy changes. Please retry the whole "+
			"read-modify-write with exponential backoff.")
	}
	if conditional(stored.GetBindings()) && given.GetVersion() != withConditions {
		return invalid("The policy has conditional bindings; a change of it must specify version 3.")
	}
	return nil
}

// TestIamPermissions answers with every permission that was asked for: on one machine the caller owns everything.
func (p *Policies) TestIamPermissions(_ context.Context, req *iampb.TestIamPermissionsRequest) (
	*iampb.TestIamPermissionsResponse, error) {
	for _, name := range req.GetPermissions() {
		if !permissionPattern.MatchString(name) {
			return nil, invalid("Permission %s is not valid.", name)
		}
	}
	if err := p.exists(req.GetResource()); err != nil {
		return nil, err
	}
	return &iampb.TestIamPermissionsResponse{Permissions: slices.Clone(req.GetPermissions())}, nil
}

// Remove adds the removal of a resource's policy to the batch. Whoever deletes a resource calls it, so that a new
// resource of the same name starts without one.
func (p *Policies) Remove(b *table.Batch, name string) { p.table.Remove(b, name) }
