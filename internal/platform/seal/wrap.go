package seal

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"strings"

	kms "cloud.google.com/go/kms/apiv1"
	"cloud.google.com/go/kms/apiv1/kmspb"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/wrapperspb"

	"github.com/tinyoperahouse/toh/internal/model"
)

// wrapper wraps keyrings with Cloud KMS. It checks what is sent and what comes back, as Google recommends.
type wrapper struct{ client *kms.KeyManagementClient }

// wrapped is a keyring under a version of a key-encryption key.
type wrapped struct {
	key, version string // resource names; the version belongs to the key
	blob         []byte
}

// wrapDomain binds a wrapped keyring to its scope.
func wrapDomain(scope model.Scope) []byte { return []byte("toh-keyring-v1|" + scope.String()) }

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func checksum(b []byte) *wrapperspb.Int64Value {
	return wrapperspb.Int64(int64(crc32.Checksum(b, castagnoli)))
}

// errDamaged says that the data changed on the way to KMS or back. Another attempt may succeed.
var errDamaged = errors.New("the checksum does not match")

func (w wrapper) wrap(ctx context.Context, key string, secret []byte, scope model.Scope) (wrapped, error) {
	domain := wrapDomain(scope)
	resp, err := w.client.Encrypt(ctx, &kmspb.EncryptRequest{
		Name:                              key,
		Plaintext:                         secret,
		PlaintextCrc32C:                   checksum(secret),
		AdditionalAuthenticatedData:       domain,
		AdditionalAuthenticatedDataCrc32C: checksum(domain),
	})
	if err != nil {
		return wrapped{}, keyError(ctx, "wrap", err)
	}
	intact := resp.GetVerifiedPlaintextCrc32C() && resp.GetVerifiedAdditionalAuthenticatedDataCrc32C() &&
		matches(resp.GetCiphertextCrc32C(), resp.GetCiphertext())
	if !intact {
		return wrapped{}, keyError(ctx, "wrap", errDamaged)
	}
	if !strings.HasPrefix(resp.GetName(), key+"/cryptoKeyVersions/") {
		return wrapped{}, fmt.Errorf("seal: wrap: the answer comes from another key")
	}
	return wrapped{key: key, version: resp.GetName(), blob: resp.GetCiphertext()}, nil
}

func (w wrapper) unwrap(ctx context.Context, from wrapped, scope model.Scope) ([]byte, error) {
	domain := wrapDomain(scope)
	resp, err := w.client.Decrypt(ctx, &kmspb.DecryptRequest{
		Name:                              from.key,
		Ciphertext:                        from.blob,
		CiphertextCrc32C:                  checksum(from.blob),
		AdditionalAuthenticatedData:       domain,
		AdditionalAuthenticatedDataCrc32C: checksum(domain),
	})
	if err != nil {
		return nil, keyError(ctx, "unwrap", err)
	}
	if !matches(resp.GetPlaintextCrc32C(), resp.GetPlaintext()) {
		return nil, keyError(ctx, "unwrap", errDamaged)
	}
	return resp.GetPlaintext(), nil
}

// matches is strict: a missing checksum does not match.
func matches(sum *wrapperspb.Int64Value, b []byte) bool {
	return sum != nil && sum.GetValue() == checksum(b).GetValue()
}

// keyError maps the errors of KMS. A key that is disabled, destroyed or withdrawn locks what it protects; a KMS that
// does not answer is unavailable. A keyring that KMS does not accept is neither.
func keyError(ctx context.Context, doing string, err error) error {
	cause := fmt.Errorf("seal: %s: %w", doing, err)
	if ctx.Err() != nil {
		return model.Unavailable(fmt.Errorf("%w: %w", cause, ctx.Err()))
	}
	switch status.Code(err) {
	case codes.FailedPrecondition, codes.PermissionDenied, codes.NotFound:
		return locked(cause)
	case codes.InvalidArgument, codes.Unimplemented:
		return cause
	}
	return model.Unavailable(cause)
}

func locked(cause error) error {
	return &model.Error{
		Kind:   model.ErrLocked,
		Public: "The keys that protect this data are not available. The data cannot be read until they are.",
		Cause:  cause,
	}
}
