package kms

import (
	"context"
	"encoding/binary"
	"slices"

	"cloud.google.com/go/kms/apiv1/kmspb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

const (
	maxPlaintext = 64 << 10
	maxAAD       = 64 << 10
	maxHSM       = 8 << 10 // plaintext and additional data together

	// A ciphertext is: one byte of format, four bytes of version number, the nonce, the sealed text.
	format     = 0x54
	headerSize = 5
	nonceSize  = 12
	tagSize    = 16
)

// Encrypt seals a plaintext with a key's primary version, or with the version that the name says.
func (s *Server) Encrypt(_ context.Context, req *kmspb.EncryptRequest) (*kmspb.EncryptResponse, error) {
	if err := limit("plaintext", req.GetPlaintext(), maxPlaintext); err != nil {
		return nil, err
	}
	if err := limit("additional_authenticated_data", req.GetAdditionalAuthenticatedData(), maxAAD); err != nil {
		return nil, err
	}
	plainOK, err := verify("plaintext", req.GetPlaintext(), req.GetPlaintextCrc32C())
	if err != nil {
		return nil, err
	}
	aadOK, err := verify("additional_authenticated_data", req.GetAdditionalAuthenticatedData(),
		req.GetAdditionalAuthenticatedDataCrc32C())
	if err != nil {
		return nil, err
	}
	ref, level, err := s.encryptingVersion(req.GetName())
	if err != nil {
		return nil, err
	}
	if level == kmspb.ProtectionLevel_HSM {
		if err := limit("plaintext with additional_authenticated_data", slices.Concat(req.GetPlaintext(),
			req.GetAdditionalAuthenticatedData()), maxHSM); err != nil {
			return nil, err
		}
	}
	ciphertext, err := s.seal(ref, req.GetPlaintext(), req.GetAdditionalAuthenticatedData())
	if err != nil {
		return nil, err
	}
	return &kmspb.EncryptResponse{
		Name:                    ref.name(),
		Ciphertext:              ciphertext,
		CiphertextCrc32C:        checksum(ciphertext),
		VerifiedPlaintextCrc32C: plainOK,
		VerifiedAdditionalAuthenticatedDataCrc32C: aadOK,
		ProtectionLevel: level,
	}, nil
}

// encryptingVersion finds the enabled version that name means: itself, or the primary of a key.
func (s *Server) encryptingVersion(name string) (versionRef, kmspb.ProtectionLevel, error) {
	if keyPattern.MatchString(name) {
		key, err := s.key(name)
		if err != nil {
			return versionRef{}, 0, err
		}
		if err := forEncryption(key); err != nil {
			return versionRef{}, 0, err
		}
		if key.GetPrimary() == nil {
			return versionRef{}, 0, status.Errorf(codes.FailedPrecondition, "CryptoKey %s has no primary version.",
				name)
		}
		name = key.GetPrimary().GetName()
	}
	version, err := s.version(name)
	if err != nil {
		return versionRef{}, 0, err
	}
	if version.GetAlgorithm() != symmetric {
		return versionRef{}, 0, status.Errorf(codes.FailedPrecondition, "%s has algorithm %s and cannot encrypt.", name,
			version.GetAlgorithm())
	}
	if err := usable(version); err != nil {
		return versionRef{}, 0, err
	}
	ref, err := parseVersion(name)
	return ref, version.GetProtectionLevel(), err
}

func forEncryption(key *kmspb.CryptoKey) error {
	if key.GetPurpose() != kmspb.CryptoKey_ENCRYPT_DECRYPT {
		return status.Errorf(codes.FailedPrecondition, "%s has purpose %s and cannot be used to encrypt or decrypt.",
			key.GetName(), key.GetPurpose())
	}
	return nil
}

func (s *Server) seal(ref versionRef, plaintext, aad []byte) ([]byte, error) {
	gcm, err := s.cipher(ref)
	if err != nil {
		return nil, err
	}
	header := make([]byte, headerSize, headerSize+nonceSize+len(plaintext)+tagSize)
	header[0] = format
	binary.BigEndian.PutUint32(header[1:], ref.number)
	return gcm.Seal(header, nil, plaintext, bound(ref, aad)), nil // #nosec G407 -- the cipher makes a random nonce itself
}

// bound joins the version's name to the caller's data, so that a ciphertext opens under no other key. A name
// holds no zero byte.
func bound(ref versionRef, aad []byte) []byte {
	return append(append([]byte(ref.name()), 0), aad...)
}
