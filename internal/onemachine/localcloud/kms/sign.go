package kms

import (
	"context"
	"crypto"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"

	"cloud.google.com/go/kms/apiv1/kmspb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table"
)

const maxSignData = 64 << 10

// AsymmetricSign signs a digest (P-256) or data (P-256, Ed25519) with a version of a signing key.
func (s *Server) AsymmetricSign(_ context.Context, req *kmspb.AsymmetricSignRequest) (*kmspb.AsymmetricSignResponse,
	error) {
	if err := limit("data", req.GetData(), maxSignData); err != nil {
		return nil, err
	}
	dataOK, err := verify("data", req.GetData(), req.GetDataCrc32C())
	if err != nil {
		return nil, err
	}
	digestOK, err := verify("digest", req.GetDigest().GetSha256(), req.GetDigestCrc32C())
	if err != nil {
		return nil, err
	}
	ref, version, err := s.signingVersion(req.GetName())
	if err != nil {
		return nil, err
	}
	signature, err := s.sign(ref, version.GetAlgorithm(), req)
	if err != nil {
		return nil, err
	}
	return &kmspb.AsymmetricSignResponse{
		Signature:            signature,
		SignatureCrc32C:      checksum(signature),
		VerifiedDigestCrc32C: digestOK,
		VerifiedDataCrc32C:   dataOK,
		Name:                 req.GetName(),
		ProtectionLevel:      version.GetProtectionLevel(),
	}, nil
}

func (s *Server) signingVersion(name string) (versionRef, *kmspb.CryptoKeyVersion, error) {
	version, err := s.version(name)
	if err != nil {
		return versionRef{}, nil, err
	}
	if version.GetAlgorithm() == symmetric {
		return versionRef{}, nil, status.Errorf(codes.FailedPrecondition, "%s has algorithm %s and cannot sign.", name,
			version.GetAlgorithm())
	}
	if err := usable(version); err != nil {
		return versionRef{}, nil, err
	}
	ref, err := parseVersion(name)
	return ref, version, err
}

func (s *Server) sign(ref versionRef, algorithm kmspb.CryptoKeyVersion_CryptoKeyVersionAlgorithm,
	req *kmspb.AsymmetricSignRequest) ([]byte, error) {
	signer, err := s.signer(ref)
	if err != nil {
		return nil, err
	}
	if algorithm == kmspb.CryptoKeyVersion_EC_SIGN_ED25519 {
		if req.GetDigest() != nil {
			return nil, status.Error(codes.InvalidArgument, "EC_SIGN_ED25519 signs data, not a digest.")
		}
		signature, err := signer.Sign(rand.Reader, req.GetData(), crypto.Hash(0))
		return signature, table.Status(err)
	}
	digest, err := digestOf(req)
	if err != nil {
		return nil, err
	}
	signature, err := signer.Sign(rand.Reader, digest, crypto.SHA256)
	return signature, table.Status(err)
}

func digestOf(req *kmspb.AsymmetricSignRequest) ([]byte, error) {
	if req.GetDigest() == nil && len(req.GetData()) == 0 {
		return nil, status.Error(codes.InvalidArgument, "One of digest and data must be given.")
	}
	if req.GetDigest() == nil {
		sum := sha256.Sum256(req.GetData())
		return sum[:], nil
	}
	if len(req.GetData()) > 0 {
		return nil, status.Error(codes.InvalidArgument, "Only one of digest and data can be given.")
	}
	digest := req.GetDigest().GetSha256()
	if len(digest) != sha256.Size {
		return nil, status.Error(codes.InvalidArgument, "digest must be a SHA-256 digest of 32 bytes.")
	}
	return digest, nil
}

// GetPublicKey returns the public half of an enabled signing version, as PEM or DER.
func (s *Server) GetPublicKey(_ context.Context, req *kmspb.GetPublicKeyRequest) (*kmspb.PublicKey, error) {
	ref, version, err := s.signingVersion(req.GetName())
	if err != nil {
		return nil, err
	}
	signer, err := s.signer(ref)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKIXPublicKey(signer.Public())
	if err != nil {
		return nil, table.Status(err)
	}
	key := &kmspb.PublicKey{Name: ref.name(), Algorithm: version.GetAlgorithm(),
		ProtectionLevel: version.GetProtectionLevel()}
	return key, encodePublic(key, req.GetPublicKeyFormat(), der)
}

func encodePublic(key *kmspb.PublicKey, format kmspb.PublicKey_PublicKeyFormat, der []byte) error {
	block := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	switch format {
	case kmspb.PublicKey_PUBLIC_KEY_FORMAT_UNSPECIFIED, kmspb.PublicKey_PEM:
		key.Pem, key.PemCrc32C = string(block), checksum(block)
	case kmspb.PublicKey_DER:
		block = der
	default:
		return status.Errorf(codes.InvalidArgument, "Public key format %s is not possible for %s.", format,
			key.GetAlgorithm())
	}
	if format != kmspb.PublicKey_PUBLIC_KEY_FORMAT_UNSPECIFIED {
		key.PublicKeyFormat = format
		key.PublicKey = &kmspb.ChecksummedData{Data: block, Crc32CChecksum: checksum(block)}
	}
	return nil
}
