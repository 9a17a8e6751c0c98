package pubsub

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"sync"
	"time"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/clock"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/table"
	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/vault"
)

const (
	issuerKey   = "queue/issuer"
	issuerName  = "https://accounts.google.com"
	issuerBits  = 2048
	tokenLife   = time.Hour
	tokenRenew  = 30 * time.Minute
	tokensAtOne = 1000
)

// issuer signs the tokens that pushes carry. Its key is made at the first start and encrypted on disk.
type issuer struct {
	key   *rsa.PrivateKey
	kid   string
	clock clock.Clock

	mu     sync.Mutex
	tokens map[[2]string]issued
}

type issued struct {
	token string
	at    time.Time
}

func openIssuer(store table.Store, v *vault.Vault, clock clock.Clock) (*issuer, error) {
	der, err := issuerMaterial(store, v)
	if err != nil {
		return nil, fmt.Errorf("push token key: %w", err)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, fmt.Errorf("push token key: %w", err)
	}
	key, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("push token key is a %T", parsed)
	}
	sum := sha256.Sum256(x509.MarshalPKCS1PublicKey(&key.PublicKey))
	return &issuer{key: key, kid: fmt.Sprintf("%x", sum[:20]), clock: clock, tokens: map[[2]string]issued{}}, nil
}

func issuerMaterial(store table.Store, v *vault.Vault) ([]byte, error) {
	sealed, err := store.Get([]byte(issuerKey))
	if err == nil {
		return v.Open(sealed, issuerKey)
	}
	if !errors.Is(err, table.ErrNotFound) {
		return nil, err
	}
	key, err := rsa.GenerateKey(rand.Reader, issuerBits)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	if sealed, err = v.Seal(der, issuerKey); err != nil {
		return nil, err
	}
	b := store.Batch()
	b.Set([]byte(issuerKey), sealed)
	return der, store.Apply(b)
}

// claims are those of Google's tokens.
type claims struct {
	Audience      string `json:"aud"`
	Party         string `json:"azp"`
	Email         string `json:"email"`
	EmailVerified bool   `json:"email_verified"`
	Expires       int64  `json:"exp"`
	Issued        int64  `json:"iat"`
	Issuer        string `json:"iss"`
	Subject       string `json:"sub"`
}

// token returns a token for a service account and an audience that is valid for at least another half hour.
func (i *issuer) token(email, audience string) (string, error) {
	now := i.clock.Now()
	i.mu.Lock()
	defer i.mu.Unlock()
	if have, ok := i.tokens[[2]string{email, audience}]; ok && now.Sub(have.at) < tokenRenew && !now.Before(have.at) {
		return have.token, nil
	}
	token, err := i.sign(email, audience, now)
	if err != nil {
		return "", err
	}
	if len(i.tokens) >= tokensAtOne {
		clear(i.tokens)
	}
	i.tokens[[2]string{email, audience}] = issued{token: token, at: now}
	return token, nil
}

func (i *issuer) sign(email, audience string, now time.Time) (string, error) {
	header, err := json.Marshal(map[string]string{"alg": "RS256", "kid": i.kid, "typ": "JWT"})
	if err != nil {
		return "", err
	}
	payload, err := json.Marshal(claims{
		Audience:      audience,
		Party:         subject(email),
		Email:         email,
		EmailVerified: true,
		Expires:       now.Add(tokenLife).Unix(),
		Issued:        now.Unix(),
		Issuer:        issuerName,
		Subject:       subject(email),
	})
	if err != nil {
		return "", err
	}
	text := encode(header) + "." + encode(payload)
	digest := sha256.Sum256([]byte(text))
	signature, err := rsa.SignPKCS1v15(rand.Reader, i.key, crypto.SHA256, digest[:])
	if err != nil {
		return "", fmt.Errorf("sign push token: %w", err)
	}
	return text + "." + encode(signature), nil
}

func encode(raw []byte) string { return base64.RawURLEncoding.EncodeToString(raw) }

// subject is a service account's number: always the same for the same address, and 21 digits like Google's.
func subject(email string) string {
	sum := sha256.Sum256([]byte(email))
	return fmt.Sprintf("1%020d", binary.BigEndian.Uint64(sum[:8]))
}

// jwks is the public key in the form of Google's certificate endpoint.
func (i *issuer) jwks() []byte {
	raw, err := json.Marshal(map[string]any{"keys": []map[string]string{{
		"alg": "RS256",
		"e":   encode(big.NewInt(int64(i.key.E)).Bytes()),
		"kid": i.kid,
		"kty": "RSA",
		"n":   encode(i.key.N.Bytes()),
		"use": "sig",
	}}})
	if err != nil {
		return nil
	}
	return raw
}
