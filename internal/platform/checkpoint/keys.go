package checkpoint

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

// Keys signs rounds and provides the keys that check them: a key in Cloud KMS for EC_SIGN_P256_SHA256. The highest
// enabled version signs. Earlier versions must stay enabled for 16 days, or what they signed cannot be checked.
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

// sign makes a round for the version that will sign it, and signs it.
func (k *Keys) sign(ctx context.Context, make func(version string) ([]byte, error)) (body, signature []byte,
	err error) {
	k.signing.Lock()
	defer k.signing.Unlock()
	k.number = max(k.number, 1)
	if now := k.Clock.Now(); now.Sub(k.probed) >= probeEvery || now.Before(k.probed) {
		for {
			body, signature, err = k.signWith(ctx, k.number+1, make)
			if err != nil {
				break
			}
			k.number++
		}
		k.probed = now
	}
	for range mostSkipped {
		body, signature, err = k.signWith(ctx, k.number, make)
		if status.Code(err) != codes.FailedPrecondition {
			break
		}
		k.number++ // this version is disabled
	}
	if err != nil {
		k.number, k.probed = 0, time.Time{} // the next call looks at all versions again
	}
	return body, signature, err
}

func (k *Keys) signWith(ctx context.Context, number int, make func(string) ([]byte, error)) (body, signature []byte,
	err error) {
	ctx, cancel := context.WithTimeout(ctx, kmsTimeout)
	defer cancel()
	version := k.version(number)
	if body, err = make(version); err != nil {
		return nil, nil, err
	}
	digest := sha256.Sum256(roundText(body))
	resp, err := k.Client.AsymmetricSign(ctx, &kmspb.AsymmetricSignRequest{
		Name: version, Digest: &kmspb.Digest{Digest: &kmspb.Digest_Sha256{Sha256: digest[:]}},
		DigestCrc32C: checksum(digest[:]),
	})
	if err != nil {
		return nil, nil, fmt.Errorf("sign a round: %w", err)
	}
	if resp.GetName() != version || !resp.GetVerifiedDigestCrc32C() ||
		resp.GetSignatureCrc32C().GetValue() != checksum(resp.GetSignature()).GetValue() {
		return nil, nil, fmt.Errorf("sign a round: %w", errDamaged)
	}
	return body, resp.GetSignature(), nil
}

// errNoKey says that the named version could not have signed anything.
var errNoKey = errors.New("no key of ours signed it")

// check checks a signature. errNoKey and errBadSignature are verdicts; any other error says that there is none.
func (k *Keys) check(ctx context.Context, version string, body, signature []byte) error {
	if !k.Ours(version) {
		return errNoKey
	}
	key, err := k.publicKey(ctx, version)
	if status.Code(err) == codes.NotFound || status.Code(err) == codes.InvalidArgument {
		return errNoKey
	}
	if err != nil {
		return err
	}
	digest := sha256.Sum256(roundText(body))
	if !ecdsa.VerifyASN1(key, digest[:], signature) {
		return errBadSignature
	}
	return nil
}

var errBadSignature = errors.New("the signature is not that of its key")

func (k *Keys) publicKey(ctx context.Context, version string) (*ecdsa.PublicKey, error) {
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
		return nil, fmt.Errorf("the public key of rounds: %w", err)
	}
	if resp.GetName() != version || resp.GetPemCrc32C().GetValue() != checksum([]byte(resp.GetPem())).GetValue() {
		return nil, fmt.Errorf("the public key of rounds: %w", errDamaged)
	}
	block, _ := pem.Decode([]byte(resp.GetPem()))
	if block == nil {
		return nil, errors.New("the public key of rounds is not PEM")
	}
	parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("the public key of rounds: %w", err)
	}
	key, ok := parsed.(*ecdsa.PublicKey)
	if !ok {
		return nil, fmt.Errorf("the public key of rounds is a %T", parsed)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.public == nil {
		k.public = map[string]*ecdsa.PublicKey{}
	}
	k.public[version] = key
	return key, nil
}
