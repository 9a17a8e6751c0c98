package signing

import (
	"context"
	"crypto/ecdsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"hash/crc32"
	"strconv"
	"strings"
	"sync"
	"time"

	kms "cloud.google.com/go/kms/apiv1"
	"cloud.google.com/go/kms/apiv1/kmspb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/tinyoperahouse/toh/internal/model"
)

const (
	kmsTimeout  = 4 * time.Second
	probeEvery  = time.Hour // between searches for a version above the one that signs
	mostSkipped = 20        // consecutive versions that are disabled or destroyed
)

// Keys signs, and provides the keys that check signatures. Earlier versions must stay enabled for as long as what they
// signed is to be checked with them.
type Keys struct {
	Client *kms.KeyManagementClient
	Name   string // projects/…/cryptoKeys/…
	Clock  model.Clock

	signing sync.Mutex
	number  int       // of the version that signs
	probed  time.Time // when a higher one was last looked for

	mu     sync.Mutex
	public map[string]*ecdsa.PublicKey
}

// errDamaged says that the data changed on the way to KMS or back. Another attempt may succeed.
var errDamaged = errors.New("the checksum does not match")

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func checksum(b []byte) *wrapperspb.Int64Value {
	return wrapperspb.Int64(int64(crc32.Checksum(b, castagnoli)))
}

func (k *Keys) version(number int) string {
	return k.Name + "/cryptoKeyVersions/" + strconv.Itoa(number)
}

// Ours reports whether a version is one of this key.
func (k *Keys) Ours(version string) bool {
	return strings.HasPrefix(version, k.Name+"/cryptoKeyVersions/")
}

// Signed is a text and its signature by a version of the key.
type Signed struct {
	Version         string // projects/…/cryptoKeyVersions/…
	Text, Signature []byte
}

// Sign signs the text that make returns for the version that will sign it.
func (k *Keys) Sign(ctx context.Context, d Domain, make func(version string) ([]byte, error)) (s Signed, err error) {
	k.signing.Lock()
	defer k.signing.Unlock()
	k.number = max(k.number, 1)
	if now := k.Clock.Now(); now.Sub(k.probed) >= probeEvery || now.Before(k.probed) {
		for {
			if s, err = k.signWith(ctx, k.number+1, d, make); err != nil {
				break
			}
			k.number++
		}
		k.probed = now
	}
	for range mostSkipped {
		s, err = k.signWith(ctx, k.number, d, make)
		if status.Code(err) != codes.FailedPrecondition {
			break
		}
		k.number++ // this version is disabled
	}
	if err != nil {
		k.number, k.probed = 0, time.Time{} // the next call looks at all versions again
	}
	return s, err
}

// Look makes the next Sign look for a version above the one that signs, whenever that was last done.
func (k *Keys) Look() {
	k.signing.Lock()
	defer k.signing.Unlock()
	k.probed = time.Time{}
}

// Number is the number of a version, 0 if it is none of this key.
func (k *Keys) Number(version string) int {
	text, ours := strings.CutPrefix(version, k.Name+"/cryptoKeyVersions/")
	n, err := strconv.Atoi(text)
	if !ours || err != nil || n < 1 {
		return 0
	}
	return n
}

func (k *Keys) signWith(ctx context.Context, number int, d Domain, make func(string) ([]byte, error)) (Signed, error) {
	ctx, cancel := context.WithTimeout(ctx, kmsTimeout)
	defer cancel()
	version := k.version(number)
	text, err := make(version)
	if err != nil {
		return Signed{}, err
	}
	digest, err := digestOf(d, text)
	if err != nil {
		return Signed{}, err
	}
	resp, err := k.Client.AsymmetricSign(ctx, &kmspb.AsymmetricSignRequest{
		Name: version, Digest: &kmspb.Digest{Digest: &kmspb.Digest_Sha256{Sha256: digest[:]}},
		DigestCrc32C: checksum(digest[:]),
	})
	if err != nil {
		return Signed{}, fmt.Errorf("sign: %w", err)
	}
	if resp.GetName() != version || !resp.GetVerifiedDigestCrc32C() ||
		resp.GetSignatureCrc32C().GetValue() != checksum(resp.GetSignature()).GetValue() {
		return Signed{}, fmt.Errorf("sign: %w", errDamaged)
	}
	return Signed{version, text, resp.GetSignature()}, nil
}

func digestOf(d Domain, text []byte) ([sha256.Size]byte, error) {
	signed, err := d.Text(text)
	if err != nil {
		return [sha256.Size]byte{}, fmt.Errorf("sign: %w", err)
	}
	return sha256.Sum256(signed), nil
}

// The verdicts of Check.
var (
	// ErrNoKey says that the named version could not have signed anything.
	ErrNoKey = errors.New("no key of ours signed it")
	// ErrBadSignature says that the version did not sign this.
	ErrBadSignature = errors.New("the signature is not that of its key")
)

// Check checks a signature. An error that is none of the two verdicts says that there is no verdict.
func (k *Keys) Check(ctx context.Context, d Domain, version string, text, signature []byte) error {
	if !k.Ours(version) {
		return ErrNoKey
	}
	key, err := k.PublicKey(ctx, version)
	if status.Code(err) == codes.NotFound || status.Code(err) == codes.InvalidArgument {
		return ErrNoKey
	}
	if err != nil {
		return err
	}
	digest, err := digestOf(d, text)
	if err != nil {
		return err
	}
	if !ecdsa.VerifyASN1(key, digest[:], signature) {
		return ErrBadSignature
	}
	return nil
}

// PublicKey is the public key of a version.
func (k *Keys) PublicKey(ctx context.Context, version string) (*ecdsa.PublicKey, error) {
	k.mu.Lock()
	known := k.public[version]
	k.mu.Unlock()
	if known != nil {
		return known, nil
	}
	ctx, cancel := context.WithTimeout(ctx, kmsTimeout)
	defer cancel()
	resp, err := k.Client.GetPublicKey(ctx, &kmspb.GetPublicKeyRequest{Name: version})
	if err != nil {
		return nil, fmt.Errorf("the public key of signatures: %w", err)
	}
	if resp.GetName() != version || resp.GetPemCrc32C().GetValue() != checksum([]byte(resp.GetPem())).GetValue() {
		return nil, fmt.Errorf("the public key of signatures: %w", errDamaged)
	}
	block, _ := pem.Decode([]byte(resp.GetPem()))
	if block == nil {
		return nil, errors.New("the public key of signatures is not PEM")
	}
	parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("the public key of signatures: %w", err)
	}
	key, ok := parsed.(*ecdsa.PublicKey)
	if !ok {
		return nil, fmt.Errorf("the public key of signatures is a %T", parsed)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.public == nil {
		k.public = map[string]*ecdsa.PublicKey{}
	}
	k.public[version] = key
	return key, nil
}
