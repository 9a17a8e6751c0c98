package check

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/binary"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// Key is a public key that signs heads: ECDSA on P-256, over the SHA-256 of the head's text.
type Key struct {
	ID   string `json:"id"`   // its name, "+", and the first eight hexadecimal digits of its hash
	Name string `json:"name"` // as signatures name it
	PEM  string `json:"pem"`
	// First and Last are the places of the first and the last head that it signed, where that is known.
	First *Place `json:"first,omitempty"`
	Last  *Place `json:"last,omitempty"`
}

// Place is where in the history a head is.
type Place struct {
	Section int64     `json:"section"`
	Size    int64     `json:"size"`
	At      time.Time `json:"at"`
}

// NewKey is a key under a name.
func NewKey(name string, public *ecdsa.PublicKey) (Key, error) {
	der, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return Key{}, fmt.Errorf("history: %w", err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der})
	return Key{ID: keyID(name, hashOf(der)), Name: name, PEM: string(text)}, nil
}

func keyID(name string, hash uint32) string { return fmt.Sprintf("%s+%08x", name, hash) }

// hashOf is the hash of an ECDSA key in signed notes: the first four bytes of the SHA-256 of its encoding (SPKI).
func hashOf(der []byte) uint32 {
	sum := sha256.Sum256(der)
	return binary.BigEndian.Uint32(sum[:4])
}

var errNoKey = errors.New("it is no ECDSA key on P-256 in PEM")

// Verifier checks the signatures of a key in signed notes.
func (k Key) Verifier() (note.Verifier, error) {
	block, rest := pem.Decode([]byte(k.PEM))
	if block == nil || strings.TrimSpace(string(rest)) != "" {
		return nil, errNoKey
	}
	parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return nil, errNoKey
	}
	public, ok := parsed.(*ecdsa.PublicKey)
	if !ok || public.Curve != elliptic.P256() {
		return nil, errNoKey
	}
	if k.ID != keyID(k.Name, hashOf(block.Bytes)) {
		return nil, errors.New("its id is not that of its name and key")
	}
	return verifier{k.Name, hashOf(block.Bytes), public}, nil
}

// verifier is a note.Verifier.
type verifier struct {
	name string
	hash uint32
	key  *ecdsa.PublicKey
}

// Name is the name in the signature's line.
func (v verifier) Name() string { return v.name }

// KeyHash is the hash at the beginning of the signature.
func (v verifier) KeyHash() uint32 { return v.hash }

// Verify checks a signature.
func (v verifier) Verify(msg, sig []byte) bool {
	digest := sha256.Sum256(msg)
	return ecdsa.VerifyASN1(v.key, digest[:], sig)
}

// Signer makes a signed note of a head's text that was signed elsewhere.
func (k Key) Signer(signature []byte) (note.Signer, error) {
	v, err := k.Verifier()
	if err != nil {
		return nil, err
	}
	return signer{v, signature}, nil
}

type signer struct {
	note.Verifier
	signature []byte
}

// Sign gives the signature, if it is one of the text.
func (s signer) Sign(msg []byte) ([]byte, error) {
	if !s.Verify(msg, s.signature) {
		return nil, errors.New("the signature is not one of this text")
	}
	return s.signature, nil
}
