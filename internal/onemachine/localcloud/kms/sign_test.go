package kms_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/kms/apiv1/kmspb"
	"google.golang.org/grpc/codes"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table/tabletest"
)

func TestSignatures(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	text := []byte("a deletion certificate")
	sum := sha256.Sum256(text)
	p256 := w.key(t, "p256", signing(kmspb.CryptoKeyVersion_EC_SIGN_P256_SHA256)).GetName() + "/cryptoKeyVersions/1"
	ed := w.key(t, "ed", signing(kmspb.CryptoKeyVersion_EC_SIGN_ED25519)).GetName() + "/cryptoKeyVersions/1"
	digest := &kmspb.Digest{Digest: &kmspb.Digest_Sha256{Sha256: sum[:]}}

	byDigest, err := w.AsymmetricSign(t.Context(), &kmspb.AsymmetricSignRequest{Name: p256, Digest: digest,
		DigestCrc32C: crc(sum[:])})
	if err != nil || !byDigest.GetVerifiedDigestCrc32C() || byDigest.GetName() != p256 {
		t.Fatalf("sign digest = %v, %v", byDigest, err)
	}
	byData, err := w.AsymmetricSign(t.Context(), &kmspb.AsymmetricSignRequest{Name: p256, Data: text,
		DataCrc32C: crc(text)})
	if err != nil || !byData.GetVerifiedDataCrc32C() {
		t.Fatalf("sign data = %v, %v", byData, err)
	}
	ecKey, ok := publicKey(t, w, p256).(*ecdsa.PublicKey)
	if !ok || !ecdsa.VerifyASN1(ecKey, sum[:], byDigest.GetSignature()) || !ecdsa.VerifyASN1(ecKey, sum[:],
		byData.GetSignature()) {
		t.Error("P-256 signature does not verify")
	}
	byEd, err := w.AsymmetricSign(t.Context(), &kmspb.AsymmetricSignRequest{Name: ed, Data: text})
	if err != nil || byEd.GetSignatureCrc32C().GetValue() != crc(byEd.GetSignature()).GetValue() {
		t.Fatalf("sign with ed25519 = %v, %v", byEd, err)
	}
	edKey, ok := publicKey(t, w, ed).(ed25519.PublicKey)
	if !ok || !ed25519.Verify(edKey, text, byEd.GetSignature()) {
		t.Error("Ed25519 signature does not verify")
	}
	for name, req := range map[string]*kmspb.AsymmetricSignRequest{
		"digest with ed25519": {Name: ed, Digest: digest},
		"digest and data":     {Name: p256, Digest: digest, Data: text},
		"short digest":        {Name: p256, Digest: &kmspb.Digest{Digest: &kmspb.Digest_Sha256{Sha256: sum[:31]}}},
		"other hash": {Name: p256,
			Digest: &kmspb.Digest{Digest: &kmspb.Digest_Sha512{Sha512: make([]byte, 64)}}},
		"wrong checksum":       {Name: p256, Digest: digest, DigestCrc32C: crc(text)},
		"wrong data checksum":  {Name: p256, Data: text, DataCrc32C: crc(sum[:])},
		"neither":              {Name: p256},
		"an empty digest":      {Name: p256, Digest: &kmspb.Digest{}},
		"a key, not a version": {Name: strings.TrimSuffix(p256, "/cryptoKeyVersions/1"), Data: text},
	} {
		_, err := w.AsymmetricSign(t.Context(), req)
		wantCode(t, name, err, codes.InvalidArgument)
	}
}

// TestVersionsThatDoNotSign: a version that is disabled, destroyed or of another purpose is refused, also when its
// public key is requested.
func TestVersionsThatDoNotSign(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	key := w.key(t, "p256", signing(kmspb.CryptoKeyVersion_EC_SIGN_P256_SHA256))
	version := key.GetName() + "/cryptoKeyVersions/1"
	before := publicKey(t, w, version)
	if key.GetPrimary() != nil || key.GetVersionTemplate().
		GetAlgorithm() != kmspb.CryptoKeyVersion_EC_SIGN_P256_SHA256 {
		t.Errorf("%v", key)
	}
	refused := func(what, name string, want codes.Code) {
		t.Helper()
		_, err := w.AsymmetricSign(t.Context(), &kmspb.AsymmetricSignRequest{Name: name, Data: []byte("x")})
		wantCode(t, "sign with "+what, err, want)
		_, err = w.GetPublicKey(t.Context(), &kmspb.GetPublicKeyRequest{Name: name})
		wantCode(t, "public key of "+what, err, want)
	}
	refused("no version", key.GetName()+"/cryptoKeyVersions/2", codes.NotFound)
	refused("no name", "x", codes.InvalidArgument)
	refused("a symmetric version", w.key(t, "k", symmetric()).GetPrimary().GetName(), codes.FailedPrecondition)
	_, err := w.Encrypt(t.Context(), &kmspb.EncryptRequest{Name: version})
	wantCode(t, "encrypt with a signing version", err, codes.FailedPrecondition)
	_, err = w.UpdateCryptoKeyPrimaryVersion(t.Context(),
		&kmspb.UpdateCryptoKeyPrimaryVersionRequest{Name: key.GetName(), CryptoKeyVersionId: "1"})
	wantCode(t, "a primary version", err, codes.InvalidArgument)
	soon := w.clock.Now().Add(time.Hour)
	_, err = w.update(t, rotating(key.GetName(), day, soon), "rotation_period", "next_rotation_time")
	wantCode(t, "rotation", err, codes.InvalidArgument)

	wantCode(t, "disable", w.setState(t, version, kmspb.CryptoKeyVersion_DISABLED), codes.OK)
	refused("a disabled version", version, codes.FailedPrecondition)
	wantCode(t, "enable", w.setState(t, version, kmspb.CryptoKeyVersion_ENABLED), codes.OK)
	if after := publicKey(t, w, version); !reflect.DeepEqual(before, after) {
		t.Error("enabled again, it is another key")
	}
	_, err = w.DestroyCryptoKeyVersion(t.Context(), &kmspb.DestroyCryptoKeyVersionRequest{Name: version})
	wantCode(t, "destroy", err, codes.OK)
	refused("a version that will be destroyed", version, codes.FailedPrecondition)
	w.clock.Advance(31 * day)
	w.sweep(t, version, kmspb.CryptoKeyVersion_DESTROYED)
	refused("a destroyed version", version, codes.FailedPrecondition)
}

// TestSigningKeysSurviveAndAreSealed: the private half is on disk only in encrypted form.
func TestSigningKeysSurviveAndAreSealed(t *testing.T) {
	t.Parallel()
	dir, keyFile := t.TempDir(), filepath.Join(t.TempDir(), "master.key")
	store, closeStore := tabletest.At(t, dir)
	w := open(t, store, keyFile)
	w.ring(t)
	version := w.key(t, "s", signing(kmspb.CryptoKeyVersion_EC_SIGN_P256_SHA256)).GetName() + "/cryptoKeyVersions/1"
	before := publicKey(t, w, version)
	lower, upper := table.Prefix("kms/material/")
	kept := 0
	if err := store.Scan(lower, upper, false, func(_, value []byte) bool {
		kept++
		if _, err := x509.ParsePKCS8PrivateKey(value); err == nil {
			t.Error("the private key lies open on disk")
		}
		return true
	}); err != nil || kept != 1 {
		t.Errorf("%d pieces of key material, %v", kept, err)
	}
	closeStore()
	store, closeStore = tabletest.At(t, dir)
	defer closeStore()
	w = open(t, store, keyFile)
	signed, err := w.AsymmetricSign(t.Context(), &kmspb.AsymmetricSignRequest{Name: version, Data: []byte("x")})
	sum := sha256.Sum256([]byte("x"))
	if ec, ok := before.(*ecdsa.PublicKey); err != nil || !ok || !ecdsa.VerifyASN1(ec, sum[:], signed.GetSignature()) {
		t.Errorf("after reopening, the old public key does not know the signature: %v", err)
	}
}

func publicKey(t *testing.T, w world, version string) any {
	t.Helper()
	got, err := w.GetPublicKey(t.Context(), &kmspb.GetPublicKeyRequest{Name: version})
	if err != nil {
		t.Fatal(err)
	}
	if got.GetPemCrc32C().GetValue() != crc([]byte(got.GetPem())).GetValue() || got.GetName() != version ||
		!strings.Contains(got.GetAlgorithm().String(), "EC_SIGN_") {
		t.Errorf("public key %v", got)
	}
	block, _ := pem.Decode([]byte(got.GetPem()))
	der, err := w.GetPublicKey(t.Context(), &kmspb.GetPublicKeyRequest{Name: version,
		PublicKeyFormat: kmspb.PublicKey_DER})
	if err != nil || !bytes.Equal(der.GetPublicKey().GetData(), block.Bytes) {
		t.Errorf("DER differs from PEM: %v", err)
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return key
}
