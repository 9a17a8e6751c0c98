package rewrap

import (
	"context"
	"errors"
	"fmt"

	"cloud.google.com/go/kms/apiv1/kmspb"
	"google.golang.org/api/iterator"

	"github.com/tinyoperahouse/toh/internal/platform/seal"
)

// Status is the progress of wrapping keyrings again.
type Status struct {
	Key      string    `json:"key"` // the installation's
	Versions []Version `json:"versions"`
	// versions of keys that workspaces brought, or of a former key of the installation
	Own   []Version `json:"own"`
	Stale int64     `json:"stale"` // keyrings under an older version of the installation's key
}

// Version is a version of a key, with how many keyrings it wraps.
type Version struct {
	Name     string `json:"name"`
	State    string `json:"state,omitempty"` // as KMS names it; "" where the operator cannot read it
	Primary  bool   `json:"primary,omitempty"`
	Keyrings int64  `json:"keyrings"`
}

// Status counts the keyrings by the version that wraps them, together with what KMS says about the versions.
func (s *Service) Status(ctx context.Context) (Status, error) {
	out := Status{Key: s.keyrings.InstallationKey(), Own: []Version{}}
	wraps, err := s.keyrings.Wraps(ctx)
	if err != nil {
		return out, err
	}
	counts := map[string]int64{}
	for _, w := range wraps {
		if seal.KeyOf(w.Version) != out.Key {
			out.Own = append(out.Own, Version{Name: w.Version, Keyrings: w.Keyrings})
		}
		counts[w.Version] = w.Keyrings
	}
	if out.Versions, err = s.versions(ctx, out.Key, counts); err != nil {
		return out, err
	}
	for _, v := range out.Versions {
		if !v.Primary {
			out.Stale += v.Keyrings
		}
	}
	return out, nil
}

func (s *Service) versions(ctx context.Context, key string, counts map[string]int64) ([]Version, error) {
	k, err := s.kms.GetCryptoKey(ctx, &kmspb.GetCryptoKeyRequest{Name: key})
	if err != nil {
		return nil, fmt.Errorf("look at the key: %w", err)
	}
	var list []Version
	for it := s.kms.ListCryptoKeyVersions(ctx, &kmspb.ListCryptoKeyVersionsRequest{Parent: key}); ; {
		v, err := it.Next()
		if errors.Is(err, iterator.Done) {
			return list, nil
		}
		if err != nil {
			return nil, fmt.Errorf("list the versions of the key: %w", err)
		}
		list = append(list, Version{
			Name: v.GetName(), State: v.GetState().String(), Primary: v.GetName() == k.GetPrimary().GetName(),
			Keyrings: counts[v.GetName()],
		})
	}
}
