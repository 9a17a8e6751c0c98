// Package receipt is signed statements of what was erased: what they say, how they are signed, and how anybody checks
// one without us.
//
// A receipt must never name a person or a company, or say anything of what was erased but how much it was.
package receipt

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/tinyoperahouse/toh/internal/platform/history/check"
	"github.com/tinyoperahouse/toh/internal/platform/signing"
)

// PayloadType is the type of a receipt in its envelope.
const PayloadType = "application/vnd.tinyoperahouse.erasure-receipt.v1+json"

var domain = signing.Envelope(PayloadType)

// Receipt says that something was erased.
type Receipt struct {
	ID     string `json:"id"`
	Origin string `json:"origin"` // address of the installation
	What   string `json:"what"`   // "workspace"
	Scope  string `json:"scope"`  // its id, which is random

	Asked    time.Time `json:"asked"`
	Due      time.Time `json:"due"` // until then it could be stopped
	Began    time.Time `json:"began"`
	Shredded time.Time `json:"keys_destroyed"`
	Finished time.Time `json:"finished"`

	Erased  []Count   `json:"erased"`
	Remains []Remains `json:"remains"`
	Sample  Sample    `json:"sample"`
	// Head is the signed head of the public history when the receipt was made: it was not made before.
	Head string `json:"history_head,omitempty"`
}

// Count is how many documents of a kind there were.
type Count struct {
	Kind  string `json:"kind"`
	Name  string `json:"name"` // of the kind, as people read it
	Count int64  `json:"count"`
}

// Remains is what is left, in which form, and until when.
type Remains struct {
	What  string    `json:"what"`
	Until time.Time `json:"until,omitzero"` // zero: for good
}

// Sample is the beginning of a document as it was stored, and shows that it cannot be read any more.
type Sample struct {
	Kind   string `json:"kind,omitempty"`
	Stored []byte `json:"stored,omitempty"` // base64
	// Answer is what the service said when it tried to open the document after the keys were destroyed.
	Answer string `json:"answer,omitempty"`
}

// Envelope is a signed receipt, in the form of DSSE.
type Envelope struct {
	PayloadType string      `json:"payloadType"`
	Payload     []byte      `json:"payload"` // the receipt as JSON, in base64
	Signatures  []Signature `json:"signatures"`
}

// Signature is a signature over the payload and its type: ECDSA on P-256 over SHA-256, in ASN.1.
type Signature struct {
	KeyID string `json:"keyid"`
	Sig   []byte `json:"sig"`
}

const (
	mostBytes      = 64 << 10
	mostSignatures = 8
)

// The reasons for which a receipt is not good. An error that wraps none of them says that it is no receipt.
var (
	// ErrUnknownKey says that none of the given keys is said to have signed it.
	ErrUnknownKey = errors.New("no key that is known signed it")
	// ErrBadSignature says that it is not what the key signed.
	ErrBadSignature = errors.New("its signature is not that of its key: it was changed")
)

// Verify checks that one of the keys signed a receipt, and returns what it says and the id of that key.
func Verify(raw []byte, keys []check.Key) (Receipt, string, error) {
	e, err := Parse(raw)
	if err != nil {
		return Receipt{}, "", err
	}
	text, err := domain.Text(e.Payload)
	if err != nil {
		return Receipt{}, "", err
	}
	found := ErrUnknownKey
	for _, s := range e.Signatures {
		for _, k := range keys {
			if k.ID != s.KeyID {
				continue
			}
			v, err := k.Verifier()
			if err != nil {
				return Receipt{}, "", fmt.Errorf("key %s: %w", k.ID, err)
			}
			if v.Verify(text, s.Sig) {
				r, err := e.Read()
				return r, k.ID, err
			}
			found = ErrBadSignature
		}
	}
	return Receipt{}, "", found
}

// Parse reads an envelope, and does not check it.
func Parse(raw []byte) (Envelope, error) {
	var e Envelope
	if len(raw) > mostBytes {
		return e, fmt.Errorf("a receipt has at most %d bytes", mostBytes)
	}
	if err := json.Unmarshal(raw, &e); err != nil {
		return e, errors.New("it is not a receipt: not JSON in the form of DSSE")
	}
	if e.PayloadType != PayloadType {
		return e, fmt.Errorf("it is not a receipt: its type is %q", e.PayloadType)
	}
	if n := len(e.Signatures); n == 0 || n > mostSignatures {
		return e, fmt.Errorf("a receipt has 1 to %d signatures, this one %d", mostSignatures, n)
	}
	return e, nil
}

// Read reads what an envelope says, and does not check it.
func (e Envelope) Read() (Receipt, error) {
	var r Receipt
	if err := json.Unmarshal(e.Payload, &r); err != nil {
		return r, errors.New("what it says cannot be read")
	}
	return r, nil
}
