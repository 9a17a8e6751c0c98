package account

import (
	"context"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"hash/crc32"
	"strings"

	"github.com/tinyoperahouse/toh/internal/model"
)

// Credential is the session or API token that a request carries. It is well formed, but has not been compared with what
// is stored. The zero value means that the request carries none.
type Credential struct {
	client  Client
	account string
	session string
	token   string
	hash    [sha256.Size]byte // of the token's secret
}

// Known reports whether the request carries a credential.
func (c Credential) Known() bool { return c.account != "" }

// IsToken reports whether it is an API token.
func (c Credential) IsToken() bool { return c.token != "" }

// Account is the account that the credential claims.
func (c Credential) Account() string { return c.account }

// ID is the id of the session or token.
func (c Credential) ID() string {
	if c.IsToken() {
		return c.token
	}
	return c.session
}

// Client is where the request that carries the credential comes from.
func (c Credential) Client() Client { return c.client }

// FromCookie parses the value of a session cookie, without reading the store. An empty value gives the zero Credential;
// a value that this installation did not sign is ErrUnauthenticated.
func (s *Service) FromCookie(ctx context.Context, c Client, value string) (Credential, error) {
	if value == "" {
		return Credential{client: c}, nil
	}
	h, err := s.verify(ctx, value)
	if err != nil {
		return Credential{client: c}, err
	}
	return Credential{client: c, account: h.Account, session: h.Session}, nil
}

// An API token has the form toh_<account id>_<token id>_<secret and checksum>. The ids name its document, so it is
// found without a search. The checksum lets the service reject mistyped tokens, and secret scanners false positives,
// without a look-up.
const (
	tokenPrefix = "toh_"
	secretChars = 52 // of 256 bits
	sumChars    = 7  // of 32 bits
	maxToken    = 256
)

var lower32 = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

var errToken = &model.Error{Kind: model.ErrUnauthenticated, Cause: errors.New("the API token is not ours")}

// FromBearer parses an API token, without reading the store.
func (s *Service) FromBearer(c Client, text string) (Credential, error) {
	account, token, secret, ok := splitToken(text)
	if !ok {
		return Credential{client: c}, errToken
	}
	return Credential{client: c, account: account, token: token, hash: sha256.Sum256([]byte(secret))}, nil
}

func splitToken(text string) (account, token, secret string, ok bool) {
	rest, found := strings.CutPrefix(text, tokenPrefix)
	if !found || len(text) > maxToken {
		return "", "", "", false
	}
	parts := strings.Split(rest, "_")
	if len(parts) != 3 || !model.ValidID(parts[0]) || !model.ValidID(parts[1]) || len(parts[2]) != secretChars+
		sumChars {
		return "", "", "", false
	}
	end := len(text) - sumChars
	return parts[0], parts[1], parts[2][:secretChars], checksum(text[:end]) == text[end:]
}

func joinToken(account, token, secret string) string {
	text := tokenPrefix + account + "_" + token + "_" + secret
	return text + checksum(text)
}

func checksum(text string) string {
	var sum [4]byte
	binary.BigEndian.PutUint32(sum[:], crc32.ChecksumIEEE([]byte(text)))
	return lower32.EncodeToString(sum[:])
}
