package factor

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/tinyoperahouse/toh/internal/model"
)

// Owner is the person whom a passkey is made for. ID is the account, which the passkey keeps and gives back.
type Owner struct{ ID, Name, Email string }

// owner is a person with their passkeys, as the library wants them.
type owner struct {
	Owner
	credentials []webauthn.Credential
}

func (o owner) WebAuthnID() []byte                         { return []byte(o.ID) }
func (o owner) WebAuthnName() string                       { return o.Email }
func (o owner) WebAuthnDisplayName() string                { return o.Name }
func (o owner) WebAuthnCredentials() []webauthn.Credential { return o.credentials }

// owned reads the stored passkeys.
func (s *Set) owned(o Owner) (owner, error) {
	all := owner{Owner: o}
	for _, k := range s.Passkeys {
		var c webauthn.Credential
		if err := json.Unmarshal(k.Credential, &c); err != nil {
			return all, fmt.Errorf("factor: a stored passkey: %w", err)
		}
		all.credentials = append(all.credentials, c)
	}
	return all, nil
}

// Refusals of a passkey whose signature was right.
var (
	// ErrChanged is a passkey that says it can be synced now, or no longer, which the standard rules out.
	ErrChanged = &model.Error{
		Kind: model.ErrUnauthenticated,
		Public: "This passkey is no longer the one that you set up: it has changed how it is stored. Sign in with " +
			"your password and a code, then remove the passkey under “Sign-in security” and add it anew.",
		Cause: errors.New("backup eligibility of a passkey changed"),
	}
	// ErrCopied is a passkey of one device whose counter went back: somebody has a copy of it.
	ErrCopied = &model.Error{
		Kind: model.ErrUnauthenticated,
		Public: "This passkey may have been copied: it counts backwards. It was not accepted. Sign in in another " +
			"way, then remove the passkey under “Sign-in security”.",
		Cause: errors.New("the counter of a device-bound passkey went back"),
	}
)

// assert checks what a passkey answered, and stores its new state.
func (s *Set) assert(w *webauthn.WebAuthn, account string, data json.RawMessage, response string, now time.Time) (
	*Passkey, error) {
	parsed, err := protocol.ParseCredentialRequestResponseBytes([]byte(response))
	if err != nil {
		return nil, ErrWrong
	}
	var session webauthn.SessionData
	if err := json.Unmarshal(data, &session); err != nil {
		return nil, fmt.Errorf("factor: a stored challenge: %w", err)
	}
	who, err := s.owned(Owner{ID: account})
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(who.credentials, func(c webauthn.Credential) bool { return bytes.Equal(c.ID, parsed.RawID) })
	if i < 0 {
		return nil, ErrWrong
	}
	kept := who.credentials[i]
	// The library refuses a changed flag like a wrong signature. People are told the difference, so the signature is
	// checked with the flag that arrived, and the flag afterwards.
	who.credentials[i].Flags.BackupEligible = parsed.Response.AuthenticatorData.Flags.HasBackupEligible()
	who.credentials[i].Authenticator.CloneWarning = false
	now1, err := validate(w, who, session, parsed)
	switch {
	case err != nil:
		return nil, ErrWrong
	case kept.Flags.BackupEligible != now1.Flags.BackupEligible:
		return nil, ErrChanged
	case now1.Authenticator.CloneWarning && !now1.Flags.BackupEligible:
		return nil, ErrCopied
	case now1.Authenticator.CloneWarning:
		// a synced passkey is in several places, so its counter says nothing
		now1.Authenticator.CloneWarning = false
		now1.Authenticator.SignCount = parsed.Response.AuthenticatorData.Counter
	}
	key := &s.Passkeys[i]
	if key.Credential, err = json.Marshal(now1); err != nil {
		return nil, err
	}
	key.Used = now
	return key, nil
}

// validate checks an answer to a challenge for one account, or to one for whoever has a passkey.
func validate(w *webauthn.WebAuthn, who owner, session webauthn.SessionData,
	parsed *protocol.ParsedCredentialAssertionData) (*webauthn.Credential, error) {
	if session.UserID != nil {
		return w.ValidateLogin(who, session, parsed)
	}
	return w.ValidateDiscoverableLogin(func(_, handle []byte) (webauthn.User, error) {
		if string(handle) != who.ID {
			return nil, ErrWrong
		}
		return who, nil
	}, session, parsed)
}

// Claimed is the account that a passkey says it is of, or "". It proves nothing until the answer was checked.
func Claimed(response string) string {
	parsed, err := protocol.ParseCredentialRequestResponseBytes([]byte(response))
	if err != nil || !model.ValidID(string(parsed.Response.UserHandle)) {
		return ""
	}
	return string(parsed.Response.UserHandle)
}

var errPasskey = model.InvalidFields(map[string]string{"name": "The passkey could not be added. Please try again."})

// register checks a new passkey, and adds it.
func (s *Set) register(w *webauthn.WebAuthn, o Owner, data json.RawMessage, response, name string,
	now time.Time) error {
	if len(s.Passkeys) >= MaxPasskeys {
		return errFull
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes([]byte(response))
	if err != nil {
		return errPasskey
	}
	var session webauthn.SessionData
	if err := json.Unmarshal(data, &session); err != nil {
		return fmt.Errorf("factor: a stored challenge: %w", err)
	}
	who, err := s.owned(o)
	if err != nil {
		return err
	}
	c, err := w.CreateCredential(who, session, parsed)
	if err != nil || slices.ContainsFunc(who.credentials, func(k webauthn.Credential) bool {
		return bytes.Equal(k.ID, c.ID)
	}) {
		return errPasskey
	}
	text, err := json.Marshal(c)
	if err != nil {
		return err
	}
	s.Passkeys = append(s.Passkeys, Passkey{ID: model.NewID(), Name: name, Credential: text,
		Synced: c.Flags.BackupEligible, Added: now})
	return nil
}

var errFull = model.Conflict("You have 10 passkeys. Remove one before you add another.")
