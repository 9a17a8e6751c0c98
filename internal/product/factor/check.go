package factor

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/platform/records"
)

// Given is what somebody gives as a factor: a code of the app, a recovery code, or the answer of a passkey.
type Given struct {
	Code    string
	Passkey string // the answer, as JSON
	Data    json.RawMessage
}

// Kind is a sort of factor.
type Kind string

// The sorts of factors.
const (
	ByApp      Kind = "app"
	ByRecovery Kind = "recovery"
	ByPasskey  Kind = "passkey"
)

// Used is the factor that was given.
type Used struct {
	By   Kind
	Name string // of a passkey
	Left int    // recovery codes
}

// Check takes a factor of the caller's account, within the transaction of what it is given for, so that it works once.
// No match is ErrWrong.
func (s *Service) Check(ctx context.Context, tx *records.Tx, c access.Caller, account string, g Given) (Used, error) {
	hash, err := s.hash(ctx, account)
	if err != nil {
		return Used{}, err
	}
	var used Used
	_, err = s.change(ctx, tx, records.By(c, access.FactorCheck), func(set *Set) error {
		used = Used{}
		now := s.now()
		if g.Passkey != "" {
			return s.checkPasskey(set, account, g, &used)
		}
		code := plainCode(g.Code)
		switch {
		case set.App != nil && set.App.take(code, now):
			used.By = ByApp
		case set.recover(code, hash, now):
			used.By, used.Left = ByRecovery, set.Left()
		default:
			return ErrWrong
		}
		return nil
	})
	if errors.Is(err, errNotOpen) {
		err = ErrWrong // without factors none matches
	}
	return used, err
}

func (s *Service) checkPasskey(set *Set, account string, g Given, used *Used) error {
	if s.web == nil {
		return ErrWrong
	}
	key, err := set.assert(s.web, account, g.Data, g.Passkey, s.now())
	if key != nil {
		*used = Used{By: ByPasskey, Name: key.Name}
	}
	return err
}

// Challenge asks a passkey of an account, or of whoever has one if the account is "". It returns what is stored with
// the step, and what the browser gets.
func (s *Service) Challenge(ctx context.Context, account string) (data, sent json.RawMessage, err error) {
	if s.web == nil {
		return nil, nil, ErrWrong
	}
	verify := webauthn.WithUserVerification(protocol.VerificationRequired)
	if account == "" {
		options, session, err := s.web.BeginDiscoverableLogin(verify)
		if err != nil {
			return nil, nil, err
		}
		return challenge(session, options)
	}
	set, _, err := s.read(ctx, account)
	if err != nil {
		return nil, nil, err
	}
	who, err := set.owned(Owner{ID: account})
	if err != nil {
		return nil, nil, err
	}
	if len(who.credentials) == 0 {
		return nil, nil, ErrWrong
	}
	options, session, err := s.web.BeginLogin(who, verify)
	if err != nil {
		return nil, nil, err
	}
	return challenge(session, options)
}

// Invite asks the caller's browser to make a passkey.
func (s *Service) Invite(ctx context.Context, c access.Caller, o Owner) (data, sent json.RawMessage, err error) {
	if s.web == nil {
		return nil, nil, errPasskey
	}
	set, found, err := s.read(ctx, c.Account)
	if err != nil || !found {
		return nil, nil, orElse(err, errNotOpen)
	}
	if err := s.mayAdd(&set, c); err != nil {
		return nil, nil, err
	}
	if len(set.Passkeys) >= MaxPasskeys {
		return nil, nil, errFull
	}
	who, err := set.owned(o)
	if err != nil {
		return nil, nil, err
	}
	options, session, err := s.web.BeginRegistration(who,
		webauthn.WithExclusions(webauthn.Credentials(who.credentials).CredentialDescriptors()))
	if err != nil {
		return nil, nil, err
	}
	return challenge(session, options)
}
