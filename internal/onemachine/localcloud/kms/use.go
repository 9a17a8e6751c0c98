package kms

import (
	"context"
	"regexp"
	"slices"
	"strings"

	"cloud.google.com/go/iam/apiv1/iampb"
	"cloud.google.com/go/kms/apiv1/kmspb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/policy"
)

// useRole lets an account encrypt and decrypt.
const useRole = "roles/cloudkms.cryptoKeyEncrypterDecrypter"

// resourcePattern is the beginning of the names of resources with a policy; keys and rings report themselves what is
// wrong with a name.
var resourcePattern = regexp.MustCompile(`^projects/[^/]+/locations/[^/]+/keyRings/.*$`)

// Handle gives the policies of key rings and keys to the service that reads and writes policies.
func (s *Server) Handle(m *policy.Mux) { m.Handle(resourcePattern, s.policies) }

// resource returns nil for an existing key ring or key.
func (s *Server) resource(name string) error {
	var err error
	if strings.Contains(name, "/cryptoKeys/") {
		_, err = s.key(name)
	} else {
		_, err = s.rings.Get(name)
	}
	return err
}

// Use returns nil when an account may encrypt and decrypt with a key, which must exist and have an enabled primary
// version. The other services call it before they accept a customer's key. Grants on the key and on its ring count;
// conditional ones do not.
func (s *Server) Use(ctx context.Context, name, account string) error {
	key, err := s.key(name)
	if err != nil {
		return inaccessible(err)
	}
	if err := forEncryption(key); err != nil {
		return inaccessible(err)
	}
	if key, err = s.withPrimary(key); err != nil {
		return inaccessible(err)
	}
	if key.GetPrimary().GetState() != kmspb.CryptoKeyVersion_ENABLED {
		return inaccessible(status.Errorf(codes.FailedPrecondition, "%s has no enabled primary version.", name))
	}
	ring, _, _ := strings.Cut(name, "/cryptoKeys/")
	for _, resource := range []string{name, ring} {
		granted, err := s.granted(ctx, resource, "serviceAccount:"+account)
		if granted || err != nil {
			return err
		}
	}
	return inaccessible(status.Errorf(codes.PermissionDenied, "%s lacks cloudkms.cryptoKeyVersions.useToEncrypt on %s.",
		account, name))
}

func inaccessible(err error) error {
	return status.Errorf(codes.FailedPrecondition,
		"The customer-managed encryption key required by the requested resource is not accessible. Error reason: %s",
		status.Convert(err).Message())
}

func (s *Server) granted(ctx context.Context, resource, member string) (bool, error) {
	p, err := s.policies.GetIamPolicy(ctx, &iampb.GetIamPolicyRequest{Resource: resource,
		Options: &iampb.GetPolicyOptions{RequestedPolicyVersion: 3}})
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(p.GetBindings(), func(b *iampb.Binding) bool {
		return b.GetCondition() == nil && b.GetRole() == useRole && slices.Contains(b.GetMembers(), member)
	}), nil
}
