package account

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/tinyoperahouse/toh/internal/model"
)

// A session handle is a JWT signed with EdDSA. It names a session and proves that this installation issued it. Whether
// the session is still valid is decided by the stored document.
const (
	handleType = "toh-session+jwt"
	maxHandle  = 1024 // bytes; ours have about 420
	skew       = 30 * time.Second
)

// handle holds the claims of the JWT. Its fields are in the order in which they are encoded.
type handle struct {
	Issuer   string `json:"iss"`
	Audience string `json:"aud"`
	Account  string `json:"sub"`
	Session  string `json:"sid"`
	Issued   int64  `json:"iat"`
	Ends     int64  `json:"exp"`
}

// The methods below are jwt.Claims.

// GetExpirationTime returns when the handle expires.
func (h *handle) GetExpirationTime() (*jwt.NumericDate, error) {
	return jwt.NewNumericDate(time.Unix(h.Ends, 0)), nil
}

// GetIssuedAt is when it was made.
func (h *handle) GetIssuedAt() (*jwt.NumericDate, error) {
	return jwt.NewNumericDate(time.Unix(h.Issued, 0)), nil
}

// GetNotBefore returns nil: a handle is valid at once.
func (h *handle) GetNotBefore() (*jwt.NumericDate, error) { return nil, nil }

// GetIssuer returns the installation's base URL.
func (h *handle) GetIssuer() (string, error) { return h.Issuer, nil }

// GetSubject is the account.
func (h *handle) GetSubject() (string, error) { return h.Account, nil }

// GetAudience returns the installation's base URL.
func (h *handle) GetAudience() (jwt.ClaimStrings, error) { return jwt.ClaimStrings{h.Audience}, nil }

type header struct {
	Alg string `json:"alg"`
	Kid string `json:"kid"`
	Typ string `json:"typ"`
}

var kidForm = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,63}$`)

func (s *Service) sign(ctx context.Context, h *handle) (string, error) {
	kid, key, err := s.keys.Signer(ctx)
	if err != nil {
		return "", model.Unavailable(fmt.Errorf("session key: %w", err))
	}
	h.Issuer, h.Audience = s.base, s.base
	t := jwt.NewWithClaims(jwt.SigningMethodEdDSA, h)
	t.Header["kid"], t.Header["typ"] = kid, handleType
	text, err := t.SignedString(key)
	if err != nil {
		return "", fmt.Errorf("sign a session handle: %w", err)
	}
	return text, nil
}

var errHandle = &model.Error{Kind: model.ErrUnauthenticated, Cause: errors.New("the session handle is not ours")}

// verify parses a handle. It refuses everything that is not byte for byte what sign would write, both before and after
// it checks the signature.
func (s *Service) verify(ctx context.Context, text string) (*handle, error) {
	kid, ok := headerOf(text)
	if !ok {
		return nil, errHandle
	}
	key, known, err := s.keys.Verifier(ctx, kid)
	if err != nil {
		return nil, model.Unavailable(fmt.Errorf("session key: %w", err))
	}
	if !known {
		return nil, errHandle
	}
	h := &handle{}
	parser := jwt.NewParser(
		jwt.WithValidMethods([]string{"EdDSA"}), jwt.WithStrictDecoding(), jwt.WithIssuer(s.base),
		jwt.WithAudience(s.base),
		jwt.WithExpirationRequired(), jwt.WithIssuedAt(), jwt.WithTimeFunc(s.now), jwt.WithLeeway(skew),
	)
	_, err = parser.ParseWithClaims(text, h, func(*jwt.Token) (any, error) { return key, nil })
	if err != nil || !h.canonical(text) || !model.ValidID(h.Account) || !model.ValidID(h.Session) {
		return nil, errHandle
	}
	if s.now().Unix() >= h.Ends { // the leeway is for iat only, because clocks differ
		return nil, errHandle
	}
	return h, nil
}

// headerOf returns the key id of a token whose header is exactly as sign writes it. It allocates little, whatever is
// sent.
func headerOf(text string) (kid string, ok bool) {
	if len(text) > maxHandle || strings.Count(text, ".") != 2 {
		return "", false
	}
	first, _, _ := strings.Cut(text, ".")
	plain, err := base64.RawURLEncoding.Strict().DecodeString(first)
	if err != nil {
		return "", false
	}
	var h header
	if json.Unmarshal(plain, &h) != nil || !kidForm.MatchString(h.Kid) {
		return "", false
	}
	want, err := json.Marshal(header{"EdDSA", h.Kid, handleType})
	return h.Kid, err == nil && bytes.Equal(want, plain)
}

// canonical reports whether encoding the claims again gives exactly the same text.
func (h *handle) canonical(text string) bool {
	_, rest, _ := strings.Cut(text, ".")
	claims, _, _ := strings.Cut(rest, ".")
	want, err := json.Marshal(h)
	return err == nil && base64.RawURLEncoding.EncodeToString(want) == claims
}
