package seal

import (
	"encoding/base32"
	"encoding/binary"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/tink"

	"github.com/tinyoperahouse/toh/internal/model"
)

// Overhead is how many bytes longer a sealed text is than its plaintext.
const Overhead = 5 + 12 + 16 // key id, nonce, tag

// Ring is the unwrapped keyring of one scope. It is safe for concurrent use, and must not be kept beyond a request.
type Ring struct {
	scope model.Scope
	text  tink.AEAD
	index *hasher
	files []byte // the serialized file keyset; it is set up only when a file comes, which is rare
}

// Scope is the owner of this keyring.
func (r *Ring) Scope() model.Scope { return r.scope }

// Seal seals a text for the place that b names.
func (r *Ring) Seal(plain []byte, b Binding) ([]byte, error) {
	if err := b.check(r.scope); err != nil {
		return nil, err
	}
	var buf [192]byte
	sealed, err := r.text.Encrypt(plain, b.appendTo(buf[:0], textDomain))
	if err != nil {
		return nil, fmt.Errorf("seal: %w", err)
	}
	return sealed, nil
}

// Open opens what was sealed for the place that b names. Anything else, or anything that was changed, is ErrInvalid.
func (r *Ring) Open(sealed []byte, b Binding) ([]byte, error) {
	if err := b.check(r.scope); err != nil {
		return nil, invalid(err)
	}
	var buf [192]byte
	plain, err := r.text.Decrypt(sealed, b.appendTo(buf[:0], textDomain))
	if err != nil {
		return nil, invalid(fmt.Errorf("seal: open %s of %s/%s: %w", field(b), b.Kind, b.ID, err))
	}
	return plain, nil
}

func field(b Binding) string {
	if b.Field == "" {
		return "the body"
	}
	return b.Field
}

func invalid(cause error) error { return &model.Error{Kind: model.ErrInvalid, Cause: cause} }

// Token is the blind index entry of a text: the same within this scope and domain, unrelated in any other.
func (r *Ring) Token(domain, text string) int64 {
	sum := r.index.keyed("token", domain, text)
	return int64(binary.BigEndian.Uint64(sum[:])) // #nosec G115 -- bits, not a number
}

var idText = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// Hash is a keyed hash of a text, usable as the id of a document: 52 lower-case letters and digits.
func (r *Ring) Hash(domain, text string) string {
	sum := r.index.keyed("hash", domain, text)
	return idText.EncodeToString(sum[:])
}
