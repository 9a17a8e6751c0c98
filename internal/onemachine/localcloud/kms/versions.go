package kms

import (
	"context"
	"errors"

	"cloud.google.com/go/kms/apiv1/kmspb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table"
)

// CreateCryptoKeyVersion adds a version to a key. It does not become primary by itself.
func (s *Server) CreateCryptoKeyVersion(_ context.Context, req *kmspb.CreateCryptoKeyVersionRequest) (
	*kmspb.CryptoKeyVersion, error) {
	s.admin.Lock()
	defer s.admin.Unlock()
	key, err := s.key(req.GetParent())
	if err != nil {
		return nil, err
	}
	b := s.store.Batch()
	version, err := s.nextVersion(b, key)
	if err != nil {
		return nil, err
	}
	return version, table.Status(s.store.Apply(b))
}

func (s *Server) nextVersion(b *table.Batch, key *kmspb.CryptoKey) (*kmspb.CryptoKeyVersion, error) {
	last, err := s.versions.Last(versionRows(key.GetName()))
	if errors.Is(err, table.ErrNotFound) {
		return s.addVersion(b, key, 1)
	}
	if err != nil {
		return nil, table.Status(err)
	}
	ref, err := parseVersion(last.GetName())
	if err != nil {
		return nil, err
	}
	return s.addVersion(b, key, ref.number+1)
}

// addVersion makes key material and adds it, encrypted, to the batch.
func (s *Server) addVersion(b *table.Batch, key *kmspb.CryptoKey, number uint32) (*kmspb.CryptoKeyVersion, error) {
	ref := versionRef{key: key.GetName(), number: number}
	algorithm := key.GetVersionTemplate().GetAlgorithm()
	material, err := newMaterial(algorithm)
	if err != nil {
		return nil, table.Status(err)
	}
	sealed, err := s.vault.Seal(material, string(ref.materialKey()))
	if err != nil {
		return nil, table.Status(err)
	}
	b.Set(ref.materialKey(), sealed)
	version := &kmspb.CryptoKeyVersion{
		Name:            ref.name(),
		State:           kmspb.CryptoKeyVersion_ENABLED,
		ProtectionLevel: key.GetVersionTemplate().GetProtectionLevel(),
		Algorithm:       algorithm,
		CreateTime:      s.now(),
		GenerateTime:    s.now(),
	}
	return version, table.Status(s.versions.Set(b, ref.row(), version))
}

// GetCryptoKeyVersion returns a version.
func (s *Server) GetCryptoKeyVersion(_ context.Context, req *kmspb.GetCryptoKeyVersionRequest) (*kmspb.CryptoKeyVersion,
	error) {
	return s.version(req.GetName())
}

func (s *Server) version(name string) (*kmspb.CryptoKeyVersion, error) {
	ref, err := parseVersion(name)
	if err != nil {
		return nil, err
	}
	version, err := s.versions.Get(ref.row())
	if err != nil {
		return nil, table.Missing(err, "CryptoKeyVersion %s not found.", name)
	}
	return version, nil
}

// ListCryptoKeyVersions lists the versions of a key, oldest first.
func (s *Server) ListCryptoKeyVersions(_ context.Context, req *kmspb.ListCryptoKeyVersionsRequest) (
	*kmspb.ListCryptoKeyVersionsResponse, error) {
	if err := plainList(req.GetFilter(), req.GetOrderBy()); err != nil {
		return nil, err
	}
	if _, err := s.key(req.GetParent()); err != nil {
		return nil, err
	}
	under := versionRows(req.GetParent())
	versions, next, total, err := s.versions.List(under, req.GetPageSize(), req.GetPageToken())
	return &kmspb.ListCryptoKeyVersionsResponse{CryptoKeyVersions: versions, NextPageToken: next, TotalSize: total}, err
}

// UpdateCryptoKeyVersion enables or disables a version.
func (s *Server) UpdateCryptoKeyVersion(_ context.Context, req *kmspb.UpdateCryptoKeyVersionRequest) (
	*kmspb.CryptoKeyVersion, error) {
	if paths := req.GetUpdateMask().GetPaths(); len(paths) != 1 || paths[0] != "state" {
		return nil, status.Error(codes.InvalidArgument, "update_mask must be exactly \"state\".")
	}
	want := req.GetCryptoKeyVersion().GetState()
	if !switchable(want) {
		return nil, status.Error(codes.InvalidArgument, "CryptoKeyVersion.state can only be set to ENABLED "+
			"or DISABLED.")
	}
	return s.change(req.GetCryptoKeyVersion().GetName(), func(v *kmspb.CryptoKeyVersion) error {
		if !switchable(v.GetState()) {
			return wrongState(v, "ENABLED or DISABLED")
		}
		v.State = want
		return nil
	})
}

func switchable(state kmspb.CryptoKeyVersion_CryptoKeyVersionState) bool {
	return state == kmspb.CryptoKeyVersion_ENABLED || state == kmspb.CryptoKeyVersion_DISABLED
}

// change applies edit to a stored version while no other change runs.
func (s *Server) change(name string, edit func(*kmspb.CryptoKeyVersion) error) (*kmspb.CryptoKeyVersion, error) {
	s.admin.Lock()
	defer s.admin.Unlock()
	version, err := s.version(name)
	if err != nil {
		return nil, err
	}
	if err := edit(version); err != nil {
		return nil, err
	}
	ref, err := parseVersion(name)
	if err != nil {
		return nil, err
	}
	return version, table.Status(s.versions.Put(ref.row(), version))
}

func usable(v *kmspb.CryptoKeyVersion) error {
	if v.GetState() != kmspb.CryptoKeyVersion_ENABLED {
		return status.Errorf(codes.FailedPrecondition, "%s is not enabled, current state is: %s.", v.GetName(),
			v.GetState())
	}
	return nil
}

func wrongState(v *kmspb.CryptoKeyVersion, want string) error {
	return status.Errorf(codes.FailedPrecondition, "%s is in state %s; it must be %s.", v.GetName(), v.GetState(), want)
}
