// Package cmek checks, for the services of the local cloud that encrypt with a customer's key, whether a key may be
// used: it must be in the location of the data, it must exist, and the service's own account must be allowed to use it.
//
// It must never look at key material.
package cmek

import (
	"context"
	"regexp"
	"strings"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/project"
)

var keyPattern = regexp.MustCompile(`^projects/[^/]+/locations/([^/]+)/keyRings/[^/]+/cryptoKeys/[^/]+$`)

// Use returns nil when the account may encrypt and decrypt with the key, which must exist. A nil Use allows every key.
type Use func(ctx context.Context, key, account string) error

// Check returns nil if a resource may be encrypted with the key. agent is the domain of the service's own accounts.
func (u Use) Check(ctx context.Context, key, resource, location, agent string) error {
	return u.Allowed(ctx, key, location, project.Agent(project.Of(resource), agent))
}

// Allowed is Check for an account whose address is known.
func (u Use) Allowed(ctx context.Context, key, location, account string) error {
	if key == "" {
		return nil
	}
	parts := keyPattern.FindStringSubmatch(key)
	if parts == nil {
		return status.Errorf(codes.InvalidArgument, "KMS key name %q is invalid.", key)
	}
	if !strings.EqualFold(parts[1], location) {
		return status.Errorf(codes.InvalidArgument, "KMS key %q is in location %s, but the resource is in %s.", key,
			parts[1], location)
	}
	if u == nil {
		return nil
	}
	return u(ctx, key, account)
}
