package accounttest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/tinyoperahouse/toh/internal/product/account"
	"github.com/tinyoperahouse/toh/internal/product/identity"
)

// The flags of what an authenticator says.
const (
	present  = 0x01
	verified = 0x04
	// Eligible and Backed mark a passkey that may be on several devices, and one that is.
	Eligible = 0x08
	Backed   = 0x10
	attested = 0x40
)

// Authenticator makes one passkey and answers with it, as browsers pass it on.
type Authenticator struct {
	ID    []byte
	User  []byte
	Count uint32
	Flags byte // beside presence and verification: Eligible, Backed
	Blind bool // it does not ask its owner for anything
	key   *ecdsa.PrivateKey
}

// asked is the part of a challenge that an authenticator needs.
type asked struct {
	PublicKey struct {
		Challenge string `json:"challenge"`
		User      struct {
			ID string `json:"id"`
		} `json:"user"`
	} `json:"publicKey"`
}

func parse(t testing.TB, c account.Challenge) asked {
	t.Helper()
	var a asked
	if err := json.Unmarshal(c.Options, &a); err != nil || a.PublicKey.Challenge == "" {
		t.Fatalf("a challenge: %s, %v", c.Options, err)
	}
	return a
}

func b64url(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func clientData(what, challenge, origin string) []byte {
	text, _ := json.Marshal(map[string]any{"type": "webauthn." + what, "challenge": challenge, "origin": origin,
		"crossOrigin": false})
	return text
}

func (a *Authenticator) data(more byte) []byte {
	id := sha256.Sum256([]byte(strings.TrimPrefix(Base, "https://")))
	flags := present | a.Flags | more
	if !a.Blind {
		flags |= verified
	}
	return binary.BigEndian.AppendUint32(append(id[:], flags), a.Count)
}

// Make answers a challenge to make a passkey.
func (a *Authenticator) Make(t testing.TB, c account.Challenge) string {
	t.Helper()
	ask := parse(t, c)
	var err error
	if a.key, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	if a.User, err = base64.RawURLEncoding.DecodeString(ask.PublicKey.User.ID); err != nil {
		t.Fatal(err)
	}
	a.ID = make([]byte, 32)
	_, _ = rand.Read(a.ID)
	point, err := a.key.PublicKey.Bytes() // 4, x, y
	if err != nil {
		t.Fatal(err)
	}
	cose := slices.Concat([]byte{0xa5, 1, 2, 3, 0x26, 0x20, 1, 0x21, 0x58, 32}, point[1:33], []byte{0x22, 0x58, 32},
		point[33:])
	length := byte(len(a.ID)) // #nosec G115 -- an id of some dozen bytes
	data := slices.Concat(a.data(attested), make([]byte, 16), []byte{0, length}, a.ID, cose)
	object := slices.Concat([]byte("\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x59"),
		binary.BigEndian.AppendUint16(nil, uint16(len(data))), data) // #nosec G115 -- a few hundred bytes
	return a.answer(map[string]any{
		"clientDataJSON":    b64url(clientData("create", ask.PublicKey.Challenge, Base)),
		"attestationObject": b64url(object),
	})
}

// Answer answers a challenge with the passkey.
func (a *Authenticator) Answer(t testing.TB, c account.Challenge) string {
	t.Helper()
	return a.AnswerFrom(t, c, Base)
}

// AnswerFrom answers on a page of another origin.
func (a *Authenticator) AnswerFrom(t testing.TB, c account.Challenge, origin string) string {
	t.Helper()
	data, client := a.data(0), clientData("get", parse(t, c).PublicKey.Challenge, origin)
	hash := sha256.Sum256(client)
	sum := sha256.Sum256(slices.Concat(data, hash[:]))
	signature, err := ecdsa.SignASN1(rand.Reader, a.key, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return a.answer(map[string]any{
		"clientDataJSON": b64url(client), "authenticatorData": b64url(data), "signature": b64url(signature),
		"userHandle": b64url(a.User),
	})
}

func (a *Authenticator) answer(response map[string]any) string {
	text, _ := json.Marshal(map[string]any{"id": b64url(a.ID), "rawId": b64url(a.ID), "type": "public-key",
		"response": response, "clientExtensionResults": map[string]any{}})
	return string(text)
}

// AddPasskey adds a passkey to the account that is signed in.
func (h *Fixture) AddPasskey(t testing.TB, who identity.Identity, a *Authenticator, name string) account.Renewed {
	t.Helper()
	c, err := h.Accounts.ChallengeToAdd(t.Context(), who)
	if err != nil {
		t.Fatal(err)
	}
	out, err := h.Accounts.AddPasskey(t.Context(), who, account.NewPasskey{Name: name, Step: c.Step,
		Answer: a.Make(t, c)})
	if err != nil {
		t.Fatal(err)
	}
	return out
}
