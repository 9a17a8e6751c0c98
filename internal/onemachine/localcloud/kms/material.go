package kms

import (
	"crypto"
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"fmt"

	"cloud.google.com/go/kms/apiv1/kmspb"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table"
)

const aesKeySize = 32

// newMaterial makes new key material: the raw bytes for an AES key, PKCS #8 for a signing key.
func newMaterial(algorithm kmspb.CryptoKeyVersion_CryptoKeyVersionAlgorithm) ([]byte, error) {
	switch algorithm {
	case kmspb.CryptoKeyVersion_GOOGLE_SYMMETRIC_ENCRYPTION:
		key := make([]byte, aesKeySize)
		_, err := rand.Read(key)
		return key, err
	case kmspb.CryptoKeyVersion_EC_SIGN_P256_SHA256:
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		return encodeKey(key, err)
	case kmspb.CryptoKeyVersion_EC_SIGN_ED25519:
		_, key, err := ed25519.GenerateKey(rand.Reader)
		return encodeKey(key, err)
	}
	return nil, fmt.Errorf("no material for algorithm %s", algorithm)
}

func encodeKey(key any, err error) ([]byte, error) {
	if err != nil {
		return nil, err
	}
	return x509.MarshalPKCS8PrivateKey(key)
}

func (s *Server) material(ref versionRef) ([]byte, error) {
	sealed, err := s.store.Get(ref.materialKey())
	if err != nil {
		return nil, table.Status(err)
	}
	material, err := s.vault.Open(sealed, string(ref.materialKey()))
	return material, table.Status(err)
}

// cipher generates its own nonces and puts them before the ciphertext.
func (s *Server) cipher(ref versionRef) (cipher.AEAD, error) {
	material, err := s.material(ref)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(material)
	if err != nil {
		return nil, table.Status(err)
	}
	gcm, err := cipher.NewGCMWithRandomNonce(block)
	return gcm, table.Status(err)
}

func (s *Server) signer(ref versionRef) (crypto.Signer, error) {
	material, err := s.material(ref)
	if err != nil {
		return nil, err
	}
	key, err := x509.ParsePKCS8PrivateKey(material)
	if err != nil {
		return nil, table.Status(err)
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, table.Status(fmt.Errorf("%T does not sign", key))
	}
	return signer, nil
}
