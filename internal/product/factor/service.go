package factor

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
)

// ErrWrong is the one answer to a wrong, old or used code, and to an unknown passkey.
var ErrWrong = &model.Error{
	Kind:   model.ErrUnauthenticated,
	Public: "That did not match. Use the newest code of your app, a recovery code that was not used, or a passkey.",
}

// Service reads and changes factors. It is safe for concurrent use.
type Service struct {
	gate *records.Gate
	web  *webauthn.WebAuthn // nil where browsers refuse passkeys
}

// New makes a Service for an installation at an address. Passkeys are bound to its host.
func New(gate *records.Gate, baseURL string) (*Service, error) {
	u, err := url.Parse(baseURL)
	if err != nil {
		return nil, fmt.Errorf("factor: %w", err)
	}
	s := &Service{gate: gate}
	if _, err := netip.ParseAddr(u.Hostname()); err == nil {
		return s, nil // browsers refuse passkeys on an address without a name
	}
	required := protocol.ResidentKeyRequired()
	s.web, err = webauthn.New(&webauthn.Config{
		RPID: u.Hostname(), RPDisplayName: appIssuer, RPOrigins: []string{baseURL},
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			RequireResidentKey: required, ResidentKey: protocol.ResidentKeyRequirementRequired,
			UserVerification: protocol.VerificationRequired,
		},
	})
	if err != nil {
		return nil, fmt.Errorf("factor: passkeys: %w", err)
	}
	return s, nil
}

// Passkeys reports whether browsers can use passkeys at this address.
func (s *Service) Passkeys() bool { return s.web != nil }

func (s *Service) now() time.Time { return s.gate.Clock().Now() }

// read reads an account's factors to decide something. It leaves no entry, because nothing is disclosed.
func (s *Service) read(ctx context.Context, account string) (Set, bool, error) {
	want := sets.Want(model.Account(account), main)
	_, err := s.gate.Identify(ctx, nil, want)
	if errors.Is(err, model.ErrLocked) {
		return Set{}, false, nil
	}
	return want.Record.Body, want.Found, err
}

// List returns the caller's factors, without their secrets.
func (s *Service) List(ctx context.Context, c access.Caller) (Set, error) {
	_, found, err := s.read(ctx, c.Account)
	if err != nil || !found {
		return Set{}, err
	}
	r, err := sets.Get(ctx, s.gate, records.By(c, access.FactorList).On(main))
	return r.Body, err
}

// Open lets a session of the caller add the first factor. It makes the document, too.
func (s *Service) Open(ctx context.Context, tx *records.Tx, c access.Caller) error {
	opening := &Opening{Session: c.Session, Ends: s.now().Add(OpenLife)}
	ask := records.By(c, access.FactorOpen)
	_, found, err := s.read(ctx, c.Account)
	if err != nil {
		return err
	}
	if !found {
		_, err := sets.Create(ctx, tx, ask.On(main), Set{Opening: opening})
		return err
	}
	_, err = sets.Update(ctx, tx, ask.On(main), func(set *Set) error {
		set.Opening = opening
		return nil
	})
	return err
}

var errNotOpen = model.Conflict("Before the first one is added, open the link that we mail you. Ask for it under " +
	"“Sign-in security”.")

// mayAdd refuses the first factor to a session in which the mailed link was not used.
func (s *Service) mayAdd(set *Set, c access.Caller) error {
	if !set.Any() && !set.Opened(c.Session, s.now()) {
		return errNotOpen
	}
	return nil
}

// change changes the caller's factors.
func (s *Service) change(ctx context.Context, v records.Via, ask records.Ask, f func(*Set) error) (Set, error) {
	r, err := sets.Update(ctx, v, ask.On(main), f)
	if errors.Is(err, model.ErrNotFound) {
		return Set{}, errNotOpen
	}
	return r.Body, err
}

// OfferApp starts to set an authenticator app up. The app that there was works until the new one is accepted.
func (s *Service) OfferApp(ctx context.Context, c access.Caller, email string) (Enrolling, error) {
	if _, found, err := s.read(ctx, c.Account); err != nil || !found {
		return Enrolling{}, orElse(err, errNotOpen)
	}
	var offer Offer
	_, err := s.change(ctx, s.gate, records.By(c, access.FactorOffer),
		func(set *Set) error {
			if err := s.mayAdd(set, c); err != nil {
				return err
			}
			offer = set.offer(s.now())
			return nil
		})
	if err != nil {
		return Enrolling{}, err
	}
	return enrolling(offer, email)
}

// Guard gives an account an authenticator app, in the place of whatever it has. It is for accounts of controls.
func (s *Service) Guard(ctx context.Context, tx *records.Tx, c access.Caller, account string) (set Set, secret string,
	err error) {
	_, found, err := s.read(ctx, account)
	if err != nil {
		return Set{}, "", err
	}
	now := s.now()
	offer := (&Set{}).offer(now)
	set = Set{App: &App{Secret: offer.Secret, Added: now}}
	if !found {
		_, err = sets.Create(ctx, tx, records.By(c, access.FactorOpen).On(main), set)
		return set, offer.Secret, err
	}
	_, err = sets.Update(ctx, tx, records.By(c, access.FactorAdd).On(main), func(old *Set) error {
		*old = set
		return nil
	})
	return set, offer.Secret, err
}

// AcceptApp makes the offered app the caller's, and makes recovery codes if there are none.
func (s *Service) AcceptApp(ctx context.Context, tx *records.Tx, c access.Caller, code string) (Set, []string, error) {
	return s.add(ctx, tx, c, "app", func(set *Set) error { return set.accept(code, s.now()) })
}

// AddPasskey adds the passkey that was made for a step of the caller.
func (s *Service) AddPasskey(ctx context.Context, tx *records.Tx, c access.Caller, o Owner, step Step, response,
	name string) (Set, []string, error) {
	if s.web == nil {
		return Set{}, nil, errPasskey
	}
	return s.add(ctx, tx, c, "passkey", func(set *Set) error {
		return set.register(s.web, o, step.Data, response, name, s.now())
	})
}

func (s *Service) add(ctx context.Context, tx *records.Tx, c access.Caller, what string, f func(*Set) error) (Set,
	[]string, error) {
	hash, err := s.hash(ctx, c.Account)
	if err != nil {
		return Set{}, nil, err
	}
	var texts []string
	set, err := s.change(ctx, tx, records.By(c, access.FactorAdd).Note("factor", what), func(set *Set) error {
		if err := s.mayAdd(set, c); err != nil {
			return err
		}
		if err := f(set); err != nil {
			return err
		}
		set.Opening, texts = nil, nil
		if set.Left() == 0 {
			texts = set.renew(hash, s.now())
		}
		return nil
	})
	return set, texts, err
}

// RenewCodes makes new recovery codes.
func (s *Service) RenewCodes(ctx context.Context, tx *records.Tx, c access.Caller) (Set, []string, error) {
	hash, err := s.hash(ctx, c.Account)
	if err != nil {
		return Set{}, nil, err
	}
	var texts []string
	set, err := s.change(ctx, tx, records.By(c, access.FactorAdd).Note("factor", "recovery codes"),
		func(set *Set) error {
			if !set.Any() {
				return model.Conflict("Recovery codes belong to an authenticator app or a passkey. Add one first.")
			}
			texts = set.renew(hash, s.now())
			return nil
		})
	return set, texts, err
}

// RemoveApp removes the authenticator app.
func (s *Service) RemoveApp(ctx context.Context, tx *records.Tx, c access.Caller) (Set, error) {
	return s.remove(ctx, tx, c, "app", func(set *Set) bool {
		had := set.App != nil
		set.App, set.Offer = nil, nil
		return had
	})
}

// RemovePasskey removes one, and returns its name.
func (s *Service) RemovePasskey(ctx context.Context, tx *records.Tx, c access.Caller, id string) (
	set Set, name string, err error) {
	set, err = s.remove(ctx, tx, c, "passkey", func(set *Set) bool {
		i := slices.IndexFunc(set.Passkeys, func(k Passkey) bool { return k.ID == id })
		if i < 0 {
			return false
		}
		name = set.Passkeys[i].Name
		set.Passkeys = slices.Delete(set.Passkeys, i, i+1)
		return true
	})
	return set, name, err
}

func (s *Service) remove(ctx context.Context, tx *records.Tx, c access.Caller, what string, f func(*Set) bool) (Set,
	error) {
	return s.change(ctx, tx, records.By(c, access.FactorRemove).Note("factor", what), func(set *Set) error {
		if !f(set) {
			return model.Conflict("This was removed already.")
		}
		set.tidy()
		return nil
	})
}

// hash is the keyed hash of an account's recovery codes.
func (s *Service) hash(ctx context.Context, account string) (func(string) string, error) {
	ring, err := s.gate.Keyrings().Ring(ctx, model.Account(account))
	if err != nil {
		return nil, fmt.Errorf("keyring of factors: %w", err)
	}
	return func(plain string) string { return ring.Hash("recovery code", plain) }, nil
}

func orElse(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

// challenge is stored with a step, and sent to the browser.
func challenge(session *webauthn.SessionData, options any) (data json.RawMessage, sent json.RawMessage, err error) {
	if data, err = json.Marshal(session); err != nil {
		return nil, nil, err
	}
	sent, err = json.Marshal(options)
	return data, sent, err
}
