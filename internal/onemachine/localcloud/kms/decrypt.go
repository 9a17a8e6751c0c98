package kms

import (
	"context"
	"encoding/binary"

	"cloud.google.com/go/kms/apiv1/kmspb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table"
)

const maxCiphertext = headerSize + nonceSize + maxPlaintext + tagSize

// Decrypt opens what Encrypt made with any version of the key that is still enabled.
func (s *Server) Decrypt(_ context.Context, req *kmspb.DecryptRequest) (*kmspb.DecryptResponse, error) {
	if err := checkDecrypt(req); err != nil {
		return nil, err
	}
	key, err := s.key(req.GetName())
	if err != nil {
		return nil, err
	}
	if err := forEncryption(key); err != nil {
		return nil, err
	}
	ref, err := s.decryptingVersion(key.GetName(), req.GetCiphertext())
	if err != nil {
		return nil, err
	}
	plaintext, err := s.open(ref, req.GetCiphertext(), req.GetAdditionalAuthenticatedData())
	if err != nil {
		return nil, err
	}
	return &kmspb.DecryptResponse{
		Plaintext:       plaintext,
		PlaintextCrc32C: checksum(plaintext),
		UsedPrimary:     key.GetPrimary().GetName() == ref.name(),
		ProtectionLevel: key.GetVersionTemplate().GetProtectionLevel(),
	}, nil
}

func checkDecrypt(req *kmspb.DecryptRequest) error {
	if err := limit("ciphertext", req.GetCiphertext(), maxCiphertext); err != nil {
		return err
	}
	if err := limit("additional_authenticated_data", req.GetAdditionalAuthenticatedData(), maxAAD); err != nil {
		return err
	}
	if _, err := verify("ciphertext", req.GetCiphertext(), req.GetCiphertextCrc32C()); err != nil {
		return err
	}
	_, err := verify("additional_authenticated_data", req.GetAdditionalAuthenticatedData(),
		req.GetAdditionalAuthenticatedDataCrc32C())
	return err
}

// decryptingVersion reads from a ciphertext which version of the key made it.
func (s *Server) decryptingVersion(key string, ciphertext []byte) (versionRef, error) {
	if len(ciphertext) < headerSize+nonceSize+tagSize || ciphertext[0] != format {
		return versionRef{}, status.Error(codes.InvalidArgument, "Decryption failed: the ciphertext is invalid.")
	}
	ref := versionRef{key: key, number: binary.BigEndian.Uint32(ciphertext[1:headerSize])}
	version, err := s.versions.Get(ref.row())
	if err != nil {
		if status.Code(table.Missing(err, "")) == codes.NotFound {
			return versionRef{}, wrongKey()
		}
		return versionRef{}, table.Status(err)
	}
	return ref, usable(version)
}

func (s *Server) open(ref versionRef, ciphertext, aad []byte) ([]byte, error) {
	gcm, err := s.cipher(ref)
	if err != nil {
		return nil, err
	}
	plaintext, err := gcm.Open(nil, nil, ciphertext[headerSize:], bound(ref, aad))
	if err != nil {
		return nil, wrongKey()
	}
	return plaintext, nil
}

// wrongKey does not say whether key, ciphertext or additional data was wrong, because the cipher cannot tell.
func wrongKey() error {
	return status.Error(codes.InvalidArgument, "Decryption failed: verify that 'name' refers to the correct CryptoKey.")
}
