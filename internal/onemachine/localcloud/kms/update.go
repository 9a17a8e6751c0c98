package kms

import (
	"context"
	"slices"

	"cloud.google.com/go/kms/apiv1/kmspb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/crud"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/label"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table"
)

// UpdateCryptoKey changes labels, rotation and the template of new versions of a key.
func (s *Server) UpdateCryptoKey(_ context.Context, req *kmspb.UpdateCryptoKeyRequest) (*kmspb.CryptoKey, error) {
	s.admin.Lock()
	defer s.admin.Unlock()
	key, err := s.key(req.GetCryptoKey().GetName())
	if err != nil {
		return nil, err
	}
	paths, level := req.GetUpdateMask().GetPaths(), key.GetVersionTemplate().GetProtectionLevel()
	if err := crud.Merge(key, req.GetCryptoKey(), paths, "labels", "next_rotation_time", "rotation_period",
		"version_template.algorithm", "version_template.protection_level"); err != nil {
		return nil, err
	}
	if key.GetVersionTemplate().GetProtectionLevel() != level {
		return nil, status.Error(codes.InvalidArgument, "The protection level of a CryptoKey cannot be changed.")
	}
	if err := s.checkChanged(key, paths); err != nil {
		return nil, err
	}
	if err := s.keys.Put(key.GetName(), key); err != nil {
		return nil, table.Status(err)
	}
	return s.withPrimary(key)
}

// checkChanged leaves alone what the mask does not name: a rotation that is due now was in the future once.
func (s *Server) checkChanged(key *kmspb.CryptoKey, paths []string) error {
	if err := label.Check(key.GetLabels()); err != nil {
		return err
	}
	if slices.Contains(paths, "version_template.algorithm") {
		if err := checkAlgorithm(key.GetPurpose(), key.GetVersionTemplate().GetAlgorithm()); err != nil {
			return err
		}
	}
	if slices.Contains(paths, "rotation_period") || slices.Contains(paths, "next_rotation_time") {
		return checkRotation(key, s.clock.Now())
	}
	return nil
}
