package receipt

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/tinyoperahouse/toh/internal/platform/history/check"
	"github.com/tinyoperahouse/toh/internal/platform/signing"
)

type maker struct {
	private *ecdsa.PrivateKey
	key     check.Key
}

func newMaker(t *testing.T, name string) maker {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	key, err := check.NewKey(name, &private.PublicKey)
	if err != nil {
		t.Fatal(err)
	}
	return maker{private, key}
}

// envelope signs a payload in a domain.
func (m maker) envelope(t *testing.T, d signing.Domain, payload string) Envelope {
	t.Helper()
	text, err := d.Text([]byte(payload))
	if err != nil {
		t.Fatal(err)
	}
	digest := sha256.Sum256(text)
	signature, err := ecdsa.SignASN1(rand.Reader, m.private, digest[:])
	if err != nil {
		t.Fatal(err)
	}
	return Envelope{PayloadType, []byte(payload), []Signature{{m.key.ID, signature}}}
}

func (e Envelope) raw(t *testing.T) []byte {
	t.Helper()
	raw, err := json.Marshal(e)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

const payload = `{"id":"abc","what":"workspace","erased":[{"kind":"reports","name":"Reports","count":3}]}`

func TestReceiptIsCheckedByItsKey(t *testing.T) {
	t.Parallel()
	ours, other := newMaker(t, "opera.example/v1"), newMaker(t, "opera.example/v2")
	keys := []check.Key{other.key, ours.key}
	r, key, err := Verify(ours.envelope(t, domain, payload).raw(t), keys)
	if err != nil || key != ours.key.ID || r.ID != "abc" || r.Erased[0].Count != 3 {
		t.Fatalf("%+v by %s: %v", r, key, err)
	}

	changed := ours.envelope(t, domain, payload)
	changed.Payload = []byte(strings.Replace(payload, "3", "4", 1))
	byOther := ours.envelope(t, domain, payload)
	byOther.Signatures[0].KeyID = other.key.ID
	asNote := ours.envelope(t, signing.Notes, payload)
	for name, e := range map[string]Envelope{"changed": changed, "another key": byOther, "signed as a note": asNote} {
		if _, _, err := Verify(e.raw(t), keys); !errors.Is(err, ErrBadSignature) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, _, err := Verify(ours.envelope(t, domain, payload).raw(t), []check.Key{other.key}); !errors.Is(err,
		ErrUnknownKey) {
		t.Errorf("without its key: %v", err)
	}
}

func TestWhatIsNoReceipt(t *testing.T) {
	t.Parallel()
	ours := newMaker(t, "opera.example/v1")
	good := ours.envelope(t, domain, payload)
	another, none, many := good, good, good
	another.PayloadType = "application/json"
	none.Signatures = nil
	for range mostSignatures {
		many.Signatures = append(many.Signatures, good.Signatures[0])
	}
	for name, raw := range map[string][]byte{
		"empty": nil, "no JSON": []byte("receipt"), "another type": another.raw(t), "unsigned": none.raw(t),
		"too many signatures": many.raw(t), "too large": append(good.raw(t), make([]byte, mostBytes)...),
	} {
		_, _, err := Verify(raw, []check.Key{ours.key})
		if err == nil || errors.Is(err, ErrBadSignature) || errors.Is(err, ErrUnknownKey) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
