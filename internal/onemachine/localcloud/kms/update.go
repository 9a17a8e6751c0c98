package kms

import (
	"context"
	"slices"

	"cloud.google.com/go/kms/apiv1/kmspb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/label"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table"
)

// UpdateCryptoKey changes labels, rotation and the template of new versions of a key.
func (s *Server) UpdateCryptoKey(_ context.Context, req *kmspb.UpdateCryptoKeyRequest) (*kmspb.CryptoKey, error) {
	paths := req.GetUpdateMask().GetPaths()
	if len(paths) == 0 {
		return nil, status.Error(codes.InvalidArgument, "update_mask is required.")
	}
	s.admin.Lock()
	defer s.admin.Unlock()
	key, err := s.key(req.GetCryptoKey().GetName())
	if err != nil {
		return nil, err
	}
	for _, path := range paths {
		if err := changeKey(key, req.GetCryptoKey(), path); err != nil {
			return nil, err
		}
	}
	if err := s.checkChanged(key, paths); err != nil {
		return nil, err
	}
	if err := s.keys.Put(key.GetName(), key); err != nil {
		return nil, table.Status(err)
	}
	return s.withPrimary(key)
}

func changeKey(key, from *kmspb.CryptoKey, path string) error {
	switch path {
	case "labels":
		key.Labels = from.GetLabels()
	case "next_rotation_time":
		key.NextRotationTime = from.GetNextRotationTime()
	case "rotation_period":
		key.RotationSchedule = nil
		if from.GetRotationPeriod() != nil {
			key.RotationSchedule = &kmspb.CryptoKey_RotationPeriod{RotationPeriod: from.GetRotationPeriod()}
		}
	case "version_template.algorithm":
		key.VersionTemplate.Algorithm = from.GetVersionTemplate().GetAlgorithm()
	case "version_template.protection_level":
		if from.GetVersionTemplate().GetProtectionLevel() != key.GetVersionTemplate().GetProtectionLevel() {
			return status.Error(codes.InvalidArgument, "The protection level of a CryptoKey cannot be changed.")
		}
	default:
		return status.Errorf(codes.InvalidArgument, "update_mask: %q cannot be changed.", path)
	}
	return nil
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
