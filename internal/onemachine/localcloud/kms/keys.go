package kms

import (
	"context"

	"cloud.google.com/go/kms/apiv1/kmspb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table"
)

// CreateCryptoKey makes a key and, unless told otherwise, its first version.
func (s *Server) CreateCryptoKey(_ context.Context, req *kmspb.CreateCryptoKeyRequest) (*kmspb.CryptoKey, error) {
	key, err := newKey(req, s.clock.Now())
	if err != nil {
		return nil, err
	}
	if !keyPattern.MatchString(key.GetName()) {
		return nil, badName("CryptoKey", key.GetName())
	}
	s.admin.Lock()
	defer s.admin.Unlock()
	if err := s.checkNewKey(req.GetParent(), key.GetName()); err != nil {
		return nil, err
	}
	return s.storeNewKey(key, !req.GetSkipInitialVersionCreation())
}

func (s *Server) checkNewKey(ring, name string) error {
	if _, err := s.rings.Get(ring); err != nil {
		return err
	}
	exists, err := s.keys.Has(name)
	if err != nil {
		return table.Status(err)
	}
	if exists {
		return status.Errorf(codes.AlreadyExists, "CryptoKey %s already exists.", name)
	}
	return nil
}

func (s *Server) storeNewKey(key *kmspb.CryptoKey, withVersion bool) (*kmspb.CryptoKey, error) {
	b := s.store.Batch()
	var first *kmspb.CryptoKeyVersion
	if withVersion {
		var err error
		if first, err = s.addVersion(b, key, 1); err != nil {
			return nil, err
		}
		makePrimary(key, first)
	}
	if err := s.keys.Set(b, key.GetName(), key); err != nil {
		return nil, table.Status(err)
	}
	if err := s.store.Apply(b); err != nil {
		return nil, table.Status(err)
	}
	return s.withPrimary(key)
}

// makePrimary records the primary version by name; signing keys have none.
func makePrimary(key *kmspb.CryptoKey, version *kmspb.CryptoKeyVersion) {
	if key.GetPurpose() == kmspb.CryptoKey_ENCRYPT_DECRYPT {
		key.Primary = &kmspb.CryptoKeyVersion{Name: version.GetName()}
	}
}

// withPrimary replaces the stored name of the primary version by the version as it is now.
func (s *Server) withPrimary(key *kmspb.CryptoKey) (*kmspb.CryptoKey, error) {
	if key.GetPrimary() == nil {
		return key, nil
	}
	primary, err := s.version(key.GetPrimary().GetName())
	if err != nil {
		return nil, err
	}
	key.Primary = primary
	return key, nil
}

// GetCryptoKey returns a key.
func (s *Server) GetCryptoKey(_ context.Context, req *kmspb.GetCryptoKeyRequest) (*kmspb.CryptoKey, error) {
	key, err := s.key(req.GetName())
	if err != nil {
		return nil, err
	}
	return s.withPrimary(key)
}

func (s *Server) key(name string) (*kmspb.CryptoKey, error) {
	if !keyPattern.MatchString(name) {
		return nil, badName("CryptoKey", name)
	}
	key, err := s.keys.Get(name)
	if err != nil {
		return nil, table.Missing(err, "CryptoKey %s not found.", name)
	}
	return key, nil
}

// ListCryptoKeys lists the keys of a ring.
func (s *Server) ListCryptoKeys(_ context.Context, req *kmspb.ListCryptoKeysRequest) (*kmspb.ListCryptoKeysResponse,
	error) {
	if err := plainList(req.GetFilter(), req.GetOrderBy()); err != nil {
		return nil, err
	}
	if _, err := s.rings.Get(req.GetParent()); err != nil {
		return nil, err
	}
	under := req.GetParent() + "/cryptoKeys/"
	keys, next, total, err := s.keys.List(under, req.GetPageSize(), req.GetPageToken())
	if err != nil {
		return nil, err
	}
	for i := range keys {
		if keys[i], err = s.withPrimary(keys[i]); err != nil {
			return nil, err
		}
	}
	return &kmspb.ListCryptoKeysResponse{CryptoKeys: keys, NextPageToken: next, TotalSize: total}, nil
}

// UpdateCryptoKeyPrimaryVersion chooses the version that encrypts from now on.
func (s *Server) UpdateCryptoKeyPrimaryVersion(_ context.Context, req *kmspb.UpdateCryptoKeyPrimaryVersionRequest) (
	*kmspb.CryptoKey, error) {
	s.admin.Lock()
	defer s.admin.Unlock()
	key, err := s.key(req.GetName())
	if err != nil {
		return nil, err
	}
	if key.GetPurpose() != kmspb.CryptoKey_ENCRYPT_DECRYPT {
		return nil, status.Error(codes.InvalidArgument, "Only keys with purpose ENCRYPT_DECRYPT have a "+
			"primary version.")
	}
	version, err := s.version(versionRows(key.GetName()) + req.GetCryptoKeyVersionId())
	if err != nil {
		return nil, err
	}
	if err := usable(version); err != nil {
		return nil, err
	}
	makePrimary(key, version)
	if err := s.keys.Put(key.GetName(), key); err != nil {
		return nil, table.Status(err)
	}
	return s.withPrimary(key)
}
