package account

import (
	"context"
	"fmt"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/factor"
	"github.com/tinyoperahouse/toh/internal/product/passwords"
)

// Enrolment is an account that is created without a confirmation mail, because the address is proven by the link of an
// invitation or vouched for by the operator. Call Prepare before the transaction in which Enrol creates it.
type Enrolment struct {
	ticket Ticket
	client Client
}

// ID is the id that the account will have.
func (e *Enrolment) ID() string { return e.ticket.Account }

// Prepare checks a new account, hashes its password and makes its keyring. A taken address is ErrConflict.
func (s *Service) Prepare(ctx context.Context, c Client, n NewAccount) (*Enrolment, error) {
	if err := n.Validate(); err != nil {
		return nil, err
	}
	a, err := ParseAddress(n.Email)
	if err != nil {
		return nil, err
	}
	key, err := s.addressID(ctx, a.key)
	if err != nil {
		return nil, err
	}
	_, taken, err := s.lookup(ctx, s.gate, c, key)
	if err != nil {
		return nil, err
	}
	if taken {
		return nil, errHasAccount
	}
	hash, err := s.hasher.Hash(passwords.For(ctx, familiar(c, key)), n.Password)
	if err != nil {
		return nil, err
	}
	t := Ticket{Account: model.NewID(), Address: a.Text, AddressKey: key, Name: n.Name, Password: hash}
	if err := s.gate.Keyrings().Make(ctx, model.Account(t.Account)); err != nil {
		return nil, fmt.Errorf("keyring of an account: %w", err)
	}
	return &Enrolment{t, c}, nil
}

// Enrol makes the account within a transaction.
func (s *Service) Enrol(ctx context.Context, tx *records.Tx, e *Enrolment) (Person, error) {
	a, err := s.make(ctx, tx, e.client, e.ticket)
	return Person{ID: e.ticket.Account, Name: a.Name, Email: a.Email, Client: e.client}, err
}

// Admit creates the account and opens its first session, in one transaction with also.
func (s *Service) Admit(ctx context.Context, e *Enrolment, also func(context.Context, *records.Tx, Person) error) (
	SignedIn, error) {
	return s.begin(ctx, e.client, e.ticket.Account, func(ctx context.Context, tx *records.Tx, _ string) (opened,
		error) {
		a, err := s.make(ctx, tx, e.client, e.ticket)
		if err != nil {
			return opened{}, err
		}
		return opened{a, ByPassword}, also(ctx, tx, Person{ID: e.ticket.Account, Name: a.Name, Email: a.Email,
			Client: e.client})
	})
}

// Provision creates an account at once, with a confirmed address. It is for the operator's command and for
// demonstrations. The password policy applies.
func (s *Service) Provision(ctx context.Context, sys access.Caller, n NewAccount) (Person, error) {
	if sys.Role != access.System {
		return Person{}, model.Denied("Only the operator can do this.")
	}
	e, err := s.Prepare(ctx, Client{Request: sys.Request, Trace: sys.Trace}, n)
	if err != nil {
		return Person{}, err
	}
	var p Person
	err = s.gate.Change(ctx, func(ctx context.Context, tx *records.Tx) error {
		p, err = s.Enrol(ctx, tx, e)
		return err
	})
	return p, err
}

// ProvisionCanary makes an account of controls, which has an address that nobody else can have.
func (s *Service) ProvisionCanary(ctx context.Context, sys access.Caller, n NewAccount) (Person, error) {
	if !IsCanary(n.Email) {
		return Person{}, model.Invalid("%q is not the address of an account of controls.", n.Email)
	}
	n.canary = true
	return s.Provision(ctx, sys, n)
}

// GuardCanary gives an account of controls an authenticator app, in the place of one that it has, and returns its
// secret. To no other account can anything be given.
func (s *Service) GuardCanary(ctx context.Context, sys access.Caller, id string) (secret string, err error) {
	a, found, err := s.read(ctx, id)
	if err != nil {
		return "", err
	}
	if sys.Role != access.System || !found || !IsCanary(a.Email) {
		return "", model.Denied("Only controls can do this, to accounts of controls.")
	}
	c := access.SystemCaller(model.Account(id), "canary", sys.Request)
	err = s.gate.Change(ctx, func(ctx context.Context, tx *records.Tx) error {
		var set factor.Set
		if set, secret, err = s.factors.Guard(ctx, tx, c, id); err != nil {
			return err
		}
		_, err := s.keepFactors(ctx, tx, c, access.FactorAdd, set)
		return err
	})
	return secret, err
}

// HashCost says at which cost the password of an account of controls is stored, and whether it is stored as a bcrypt
// hash and nothing else. Of other accounts nothing is told.
func (s *Service) HashCost(ctx context.Context, sys access.Caller, id string) (cost int, hashed bool, err error) {
	if sys.Role != access.System {
		return 0, false, model.Denied("Only controls can do this.")
	}
	a, found, err := s.read(ctx, id)
	if err != nil {
		return 0, false, err
	}
	if !found || !IsCanary(a.Email) {
		return 0, false, &model.Error{Kind: model.ErrNotFound}
	}
	cost, hashed = passwords.Cost(a.Password)
	return cost, hashed, nil
}

// RefOf names the document of an account.
func RefOf(id string) records.Ref { return accounts.Ref(model.Account(id), main) }

// Self is the person as a caller in their own account, for programs that act for them right after creating it.
func (p Person) Self() access.Caller {
	return access.Caller{
		Scope: model.Account(p.ID), Account: p.ID, Name: p.Name, Role: access.Self,
		Session: p.Session, Request: p.Client.Request, Trace: p.Client.Trace,
	}
}
