package kms

import (
	"time"

	"cloud.google.com/go/kms/apiv1/kmspb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/timestamppb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/label"
)

const (
	day               = 24 * time.Hour
	defaultDestroy    = 30 * day
	longestDestroy    = 120 * day
	longestRotation   = 876_000 * time.Hour
	symmetric         = kmspb.CryptoKeyVersion_GOOGLE_SYMMETRIC_ENCRYPTION
	unspecifiedAlgo   = kmspb.CryptoKeyVersion_CRYPTO_KEY_VERSION_ALGORITHM_UNSPECIFIED
	unspecifiedLevel  = kmspb.ProtectionLevel_PROTECTION_LEVEL_UNSPECIFIED
	levelNotServed    = "Protection level %s is not served locally."
	purposeNotServed  = "CryptoKey purpose %s is not served locally."
	algorithmMismatch = "Algorithm %s cannot be used with purpose %s."
)

// newKey makes the key that a request asks for, with Google's defaults, or says what is wrong with it.
func newKey(req *kmspb.CreateCryptoKeyRequest, now time.Time) (*kmspb.CryptoKey, error) {
	asked := req.GetCryptoKey()
	template, err := newTemplate(asked)
	if err != nil {
		return nil, err
	}
	wait, err := destroyDelay(asked.GetDestroyScheduledDuration())
	if err != nil {
		return nil, err
	}
	key := &kmspb.CryptoKey{
		Name:                     req.GetParent() + "/cryptoKeys/" + req.GetCryptoKeyId(),
		Purpose:                  asked.GetPurpose(),
		CreateTime:               timestamppb.New(now),
		VersionTemplate:          template,
		Labels:                   asked.GetLabels(),
		DestroyScheduledDuration: durationpb.New(wait),
		NextRotationTime:         asked.GetNextRotationTime(),
	}
	if asked.GetRotationPeriod() != nil {
		key.RotationSchedule = &kmspb.CryptoKey_RotationPeriod{RotationPeriod: asked.GetRotationPeriod()}
	}
	if asked.GetImportOnly() || asked.GetCryptoKeyBackend() != "" {
		return nil, status.Error(codes.Unimplemented, "Imported and external keys are not served locally.")
	}
	if err := label.Check(key.GetLabels()); err != nil {
		return nil, err
	}
	return key, checkRotation(key, now)
}

func newTemplate(asked *kmspb.CryptoKey) (*kmspb.CryptoKeyVersionTemplate, error) {
	level := asked.GetVersionTemplate().GetProtectionLevel()
	switch level {
	case unspecifiedLevel:
		level = kmspb.ProtectionLevel_SOFTWARE
	// there is no hardware module here, only its limits and its name
	case kmspb.ProtectionLevel_SOFTWARE, kmspb.ProtectionLevel_HSM:
	default:
		return nil, status.Errorf(codes.Unimplemented, levelNotServed, level)
	}
	algorithm := asked.GetVersionTemplate().GetAlgorithm()
	if asked.GetPurpose() == kmspb.CryptoKey_ENCRYPT_DECRYPT && algorithm == unspecifiedAlgo {
		algorithm = symmetric
	}
	if err := checkAlgorithm(asked.GetPurpose(), algorithm); err != nil {
		return nil, err
	}
	return &kmspb.CryptoKeyVersionTemplate{ProtectionLevel: level, Algorithm: algorithm}, nil
}

func checkAlgorithm(purpose kmspb.CryptoKey_CryptoKeyPurpose,
	algorithm kmspb.CryptoKeyVersion_CryptoKeyVersionAlgorithm) error {
	signing := algorithm == kmspb.CryptoKeyVersion_EC_SIGN_P256_SHA256 ||
		algorithm == kmspb.CryptoKeyVersion_EC_SIGN_ED25519
	switch purpose {
	case kmspb.CryptoKey_CRYPTO_KEY_PURPOSE_UNSPECIFIED:
		return status.Error(codes.InvalidArgument, "CryptoKey.purpose is required.")
	case kmspb.CryptoKey_ENCRYPT_DECRYPT:
		if algorithm == symmetric {
			return nil
		}
	case kmspb.CryptoKey_ASYMMETRIC_SIGN:
		if signing {
			return nil
		}
		if algorithm == unspecifiedAlgo {
			return status.Error(codes.InvalidArgument, "CryptoKey.version_template.algorithm is required for "+
				"signing keys.")
		}
	default:
		return status.Errorf(codes.Unimplemented, purposeNotServed, purpose)
	}
	return status.Errorf(codes.InvalidArgument, algorithmMismatch, algorithm, purpose)
}

func destroyDelay(asked *durationpb.Duration) (time.Duration, error) {
	if asked == nil {
		return defaultDestroy, nil
	}
	wait := asked.AsDuration()
	if asked.CheckValid() != nil || wait < day || wait > longestDestroy {
		return 0, status.Error(codes.InvalidArgument, "CryptoKey.destroy_scheduled_duration must be between 24 hours "+
			"and 120 days.")
	}
	return wait, nil
}

func checkRotation(key *kmspb.CryptoKey, now time.Time) error {
	period, next := key.GetRotationPeriod(), key.GetNextRotationTime()
	if period == nil && next == nil {
		return nil
	}
	if key.GetPurpose() != kmspb.CryptoKey_ENCRYPT_DECRYPT {
		return status.Error(codes.InvalidArgument, "Only keys with purpose ENCRYPT_DECRYPT rotate automatically.")
	}
	if period != nil && (period.CheckValid() != nil || period.AsDuration() < day ||
		period.AsDuration() > longestRotation) {
		return status.Error(codes.InvalidArgument, "CryptoKey.rotation_period must be between 24 hours and "+
			"876,000 hours.")
	}
	if period != nil && next == nil {
		return status.Error(codes.InvalidArgument, "CryptoKey.next_rotation_time is required with a rotation_period.")
	}
	if next.CheckValid() != nil || !next.AsTime().After(now) {
		return status.Error(codes.InvalidArgument, "CryptoKey.next_rotation_time must be in the future.")
	}
	return nil
}
