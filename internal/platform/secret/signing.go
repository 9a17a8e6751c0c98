package secret

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"sync/atomic"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
)

// seedKey is one key in its stored form: {"kid": "k-…", "seed": base64url of 32 bytes}. A version of the secret holds
// one or more.
type seedKey struct {
	KID  string `json:"kid"`
	Seed string `json:"seed"`
}

type seedKeys struct {
	Keys []seedKey `json:"keys"`
}

var kidForm = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{2,62}$`)

// NewSigningKey makes a version of a secret of signing keys: one new Ed25519 key.
func NewSigningKey() ([]byte, error) {
	seed := make([]byte, ed25519.SeedSize)
	if _, err := rand.Read(seed); err != nil {
		return nil, fmt.Errorf("random seed: %w", err)
	}
	return json.Marshal(seedKeys{[]seedKey{{"k-" + model.NewID(), base64.RawURLEncoding.EncodeToString(seed)}}})
}

// SigningKeys are the keys of one secret: one signs, all verify.
type SigningKeys struct {
	SignerID string
	Signer   ed25519.PrivateKey
	verify   map[string]ed25519.PublicKey
}

// Public is the key with this id, if it is still accepted.
func (k *SigningKeys) Public(kid string) (ed25519.PublicKey, bool) {
	key, ok := k.verify[kid]
	return key, ok
}

// KeySet follows a secret of signing keys.
type KeySet struct {
	source *Source
	name   string
	memo   atomic.Pointer[memo]
}

type memo struct {
	loaded *int
	settle time.Time // until when the choice of the signing key is valid; zero is for ever
	keys   *SigningKeys
}

// SigningKeys follows the secret of that name.
func (s *Source) SigningKeys(name string) *KeySet { return &KeySet{source: s, name: name} }

// Keys are the current keys. It is cheap: the parsed keys are kept until the secret is read again.
func (k *KeySet) Keys(ctx context.Context) (*SigningKeys, error) {
	value, err := k.source.Get(ctx, k.name)
	if err != nil {
		return nil, err
	}
	now := k.source.opts.Clock.Now()
	if m := k.memo.Load(); m != nil && m.loaded == value.loaded && (m.settle.IsZero() || now.Before(m.settle)) {
		return m.keys, nil
	}
	signer, settle := k.choose(value, now)
	keys, err := parseKeys(value, signer)
	if err != nil {
		return nil, fmt.Errorf("secret %s: %w", k.name, err)
	}
	k.memo.Store(&memo{value.loaded, settle, keys})
	return keys, nil
}

// choose picks the version that signs: the newest that every process has had time to read. A new version signs at once
// only when there is no other, because other processes do not know it yet.
func (k *KeySet) choose(value Value, now time.Time) (int, time.Time) {
	wait := 2*k.source.opts.Refresh + 10*time.Second
	var settle time.Time
	for i, v := range value.Versions {
		at := v.Created.Add(wait)
		if !now.Before(at) {
			return i, settle
		}
		if settle.IsZero() || at.Before(settle) {
			settle = at
		}
	}
	return len(value.Versions) - 1, settle
}

var errKeys = errors.New("does not hold signing keys of the form {\"keys\":[{\"kid\":…,\"seed\":…}]}")

func parseKeys(value Value, signer int) (*SigningKeys, error) {
	keys := &SigningKeys{verify: map[string]ed25519.PublicKey{}}
	for i, version := range value.Versions {
		var set seedKeys
		if err := json.Unmarshal(version.Data, &set); err != nil || len(set.Keys) == 0 || len(set.Keys) > 20 {
			return nil, fmt.Errorf("version %d %w", version.Number, errKeys) // the JSON error would quote the value
		}
		for j, seed := range set.Keys {
			key, err := parseSeed(seed)
			if err != nil {
				return nil, fmt.Errorf("version %d, key %d: %w", version.Number, j+1, err)
			}
			if err := keys.put(seed.KID, key, i == signer && j == 0); err != nil {
				return nil, fmt.Errorf("version %d, key %d: %w", version.Number, j+1, err)
			}
		}
	}
	return keys, nil
}

func (k *SigningKeys) put(kid string, key ed25519.PrivateKey, signs bool) error {
	public := key.Public().(ed25519.PublicKey)
	if known, ok := k.verify[kid]; ok && !known.Equal(public) {
		return errors.New("two different keys have the same id")
	}
	k.verify[kid] = public
	if signs {
		k.SignerID, k.Signer = kid, key
	}
	return nil
}

func parseSeed(s seedKey) (ed25519.PrivateKey, error) {
	seed, err := base64.RawURLEncoding.Strict().DecodeString(s.Seed)
	if err != nil || len(seed) != ed25519.SeedSize || !kidForm.MatchString(s.KID) {
		return nil, errors.New("is not a key id and 32 bytes in base64url")
	}
	return ed25519.NewKeyFromSeed(seed), nil
}
