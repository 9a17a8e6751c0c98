package factor

import (
	"encoding/json"
	"time"
)

// The limits of what one account has.
const (
	MaxPasskeys = 10
	MaxName     = 60 // characters of a passkey's name
	CodeCount   = 10 // recovery codes that are made at once
	OfferLife   = time.Hour
	OpenLife    = time.Hour
)

// Set is all factors of one account.
type Set struct {
	App      *App      `json:"app,omitempty"`
	Offer    *Offer    `json:"offer,omitempty"`
	Passkeys []Passkey `json:"passkeys,omitempty"`
	Codes    []Code    `json:"codes,omitempty"`
	Made     time.Time `json:"made,omitzero"` // when the recovery codes were made
	Opening  *Opening  `json:"opening,omitempty"`
}

// App is an authenticator app (TOTP, RFC 6238).
type App struct {
	Secret string    `json:"secret,omitempty"` // base32; never returned to a caller
	Step   int64     `json:"step"`             // of the last code that was accepted; none up to it is accepted again
	Added  time.Time `json:"added"`
	Used   time.Time `json:"used,omitzero"`
}

// Offer is an authenticator app that is being set up. It does nothing until a code of it was entered.
type Offer struct {
	Secret string    `json:"secret,omitempty"`
	Ends   time.Time `json:"ends"`
}

// Passkey is a WebAuthn credential.
type Passkey struct {
	ID     string    `json:"id"`
	Name   string    `json:"name"`
	Synced bool      `json:"synced"` // its owner's devices share it
	Added  time.Time `json:"added"`
	Used   time.Time `json:"used,omitzero"`

	// webauthn.Credential as a whole; never returned to a caller
	Credential json.RawMessage `json:"credential,omitempty"`
}

// Code is a recovery code. Only a keyed hash of it is stored.
type Code struct {
	Hash string    `json:"hash,omitempty"`
	Used time.Time `json:"used,omitzero"`
}

// Opening allows one session to add the first factor, after a mailed link was used in it.
type Opening struct {
	Session string    `json:"session"`
	Ends    time.Time `json:"ends"`
}

// Any reports whether there is a factor. Recovery codes alone are none.
func (s *Set) Any() bool { return s.App != nil || len(s.Passkeys) > 0 }

// Last reports whether there is only one.
func (s *Set) Last() bool {
	return s.App == nil && len(s.Passkeys) == 1 || s.App != nil && len(s.Passkeys) == 0
}

// Left is how many recovery codes were not used.
func (s *Set) Left() int {
	n := 0
	for _, c := range s.Codes {
		if c.Used.IsZero() {
			n++
		}
	}
	return n
}

// Opened reports whether a session may add the first factor.
func (s *Set) Opened(session string, now time.Time) bool {
	return s.Opening != nil && s.Opening.Session == session && now.Before(s.Opening.Ends)
}

// tidy removes what is of no use once there is no factor.
func (s *Set) tidy() {
	if !s.Any() {
		s.Codes, s.Made = nil, time.Time{}
	}
}

// hide removes the secrets.
func (s *Set) hide() {
	if s.App != nil {
		app := *s.App
		app.Secret, s.App = "", &app
	}
	s.Offer = nil
	keys := make([]Passkey, len(s.Passkeys))
	for i, k := range s.Passkeys {
		k.Credential = nil
		keys[i] = k
	}
	s.Passkeys = keys
	codes := make([]Code, len(s.Codes))
	for i, c := range s.Codes {
		codes[i] = Code{Used: c.Used}
	}
	s.Codes = codes
}
