package account

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/passwords"
)

// NewAccount is the input of a sign-up. Context holds further words that the password must not be based on.
type NewAccount struct {
	Email, Name, Password string
	Context               []string

	canary bool // of controls: see ProvisionCanary
}

// Validate checks everything that does not depend on which accounts exist.
func (n *NewAccount) Validate() error {
	fields := map[string]string{}
	if _, err := NewAddress(n.Email); err != nil && !n.canary {
		fields["email"] = model.PublicText(err)
	}
	if problem := n.checkPerson(); len(problem) > 0 {
		for name, text := range problem {
			fields[name] = text
		}
	}
	if len(fields) > 0 {
		return model.InvalidFields(fields)
	}
	return nil
}

// checkPerson checks name and password, and cleans the name.
func (n *NewAccount) checkPerson() map[string]string {
	fields := map[string]string{}
	n.Name = ownName(fields, n.Name)
	if problem := passwords.Problem(n.Password, append([]string{n.Email, n.Name}, n.Context...)...); problem != "" {
		fields["password"] = problem
	}
	return fields
}

// ownName is the name that a person gives themselves.
func ownName(fields map[string]string, name string) string {
	return Typed(fields, "name", name, maxName, fmt.Sprintf("Write your name, with at most %d characters.", maxName))
}

// SignUp mails a link with which the account is created. The answer is the same, in words and time, whether or not the
// address has an account already; only the mail differs.
func (s *Service) SignUp(ctx context.Context, c Client, n NewAccount) error {
	if err := n.Validate(); err != nil {
		return err
	}
	start := time.Now()
	return s.even(ctx, start, s.signUp(ctx, c, n))
}

func (s *Service) signUp(ctx context.Context, c Client, n NewAccount) error {
	a, err := ParseAddress(n.Email)
	if err != nil {
		return err
	}
	if err := s.allow(ctx, c, around("sign-up", c, signUpsPerSource, time.Hour)...); err != nil {
		return err
	}
	hash, err := s.hasher.Hash(passwords.For(ctx, stranger(c)), n.Password)
	if err != nil {
		return err
	}
	return s.invite(ctx, c, a, Ticket{Name: n.Name, Password: hash})
}

// invite mails a link that completes a sign-up. If the address has an account, the mail says so instead.
func (s *Service) invite(ctx context.Context, c Client, a Address, t Ticket) error {
	id, err := s.addressID(ctx, a.key)
	if err != nil {
		return err
	}
	owner, taken, err := s.lookup(ctx, s.gate, c, id)
	if err != nil {
		return err
	}
	t.Purpose, t.Address, t.AddressKey = ToConfirm, a.Text, id
	letter := Letter{Kind: ConfirmAddress, To: a.Text, ToName: t.Name}
	if taken {
		t = Ticket{Purpose: toNothing}
		letter = Letter{Kind: AlreadyRegistered, To: owner.Address}
	} else {
		t.Account = model.NewID()
	}
	return s.mailLink(ctx, c, a, t, letter)
}

// mailLink issues a ticket and mails its link. If the address has had too many mails, it does nothing, and the caller
// does not learn that.
func (s *Service) mailLink(ctx context.Context, c Client, a Address, t Ticket, l Letter) error {
	bag := NewMailbag(s.post)
	sys := system(model.Platform(), "links", c)
	err := s.gate.Change(ctx, func(ctx context.Context, tx *records.Tx) error {
		bag.Empty()
		for _, l := range []limit{{"mail/" + source(c) + "/" + a.key, mailsPerPair, time.Hour},
			{"mail/" + a.key, mailsPerAddress, time.Hour}} {
			if _, err := s.count(ctx, tx, sys, l); err != nil {
				return err
			}
		}
		secret, _, err := s.Issue(ctx, tx, c, t)
		if err != nil {
			return err
		}
		return bag.Put(ctx, tx, s.addressed(l, secret))
	})
	if errors.Is(err, model.ErrTooMany) {
		return nil
	}
	if err == nil {
		bag.Send(ctx)
	}
	return err
}

// addressed sets a letter's link, and how long the link is valid if it holds a secret.
func (s *Service) addressed(l Letter, secret string) Letter {
	l.At = s.now()
	switch l.Kind {
	case ConfirmAddress:
		l.Path, l.Life = s.links.Confirm+secret, purposeLife[ToConfirm]
	case ResetPassword:
		l.Path, l.Life = s.links.Reset+secret, purposeLife[ToReset]
	case ConfirmNewAddress:
		l.Path, l.Life = s.links.Change+secret, purposeLife[ToChange]
	case AlreadyRegistered, EmailChangedNew:
		l.Path = s.links.SignIn
	case ResetUnknown:
		l.Path = s.links.SignUp
	case TokenMade:
		l.Path = s.links.Tokens
	case PasswordChanged, EmailChanging:
		l.Path = s.links.Forgot
	case FactorLink:
		l.Path, l.Life = s.links.Factor+secret, purposeLife[ToFactor]
	case FactorAdded, FactorRemoved, RecoveryUsed, RecoveryMade, PasskeyCopied:
		l.Path = s.links.Factors
	case FactorGuessed:
		l.Path = s.links.Forgot
	case LockoutNotice:
		l.Path, l.Life = s.links.Forgot, perPairIn
	}
	return l
}

// Confirm completes a sign-up and signs in. The link proves the address; the password proves that the person who uses
// the link is the one who signed up.
func (s *Service) Confirm(ctx context.Context, c Client, secret, password string) (SignedIn, error) {
	t, err := s.ticket(ctx, s.gate, c, ToConfirm, secret)
	if err != nil {
		return SignedIn{}, err
	}
	if err := s.allow(ctx, c, limit{"confirm/" + ticketID(ToConfirm, secret), guessesPerTicket,
		time.Hour}); err != nil {
		return SignedIn{}, err
	}
	ok, _, err := s.hasher.Check(passwords.For(ctx, familiar(c, t.Account)), t.Password, password)
	if err != nil {
		return SignedIn{}, err
	}
	if !ok {
		return SignedIn{}, model.InvalidFields(map[string]string{"password": "This is not the password that you " +
			"chose when you signed up."})
	}
	if err := s.gate.Keyrings().Ensure(ctx, model.Account(t.Account)); err != nil {
		return SignedIn{}, fmt.Errorf("keyring of an account: %w", err)
	}
	return s.begin(ctx, c, t.Account, func(ctx context.Context, tx *records.Tx, _ string) (opened, error) {
		if _, err := s.Use(ctx, tx, c, ToConfirm, secret); err != nil {
			return opened{}, err
		}
		a, err := s.make(ctx, tx, c, t)
		return opened{a, ByPassword}, err
	})
}

var errHasAccount = model.Conflict("This address already has an account. Please sign in.")

// make creates the account that a ticket describes, within a transaction. Its keyring must exist.
func (s *Service) make(ctx context.Context, tx *records.Tx, c Client, t Ticket) (Account, error) {
	a, err := ParseAddress(t.Address)
	if err != nil {
		return Account{}, err
	}
	_, taken, err := s.lookup(ctx, tx, c, t.AddressKey)
	if err != nil {
		return Account{}, err
	}
	if taken {
		return Account{}, errHasAccount
	}
	if err := s.reserve(ctx, tx, c, t.AddressKey, t.Account, a); err != nil {
		return Account{}, err
	}
	now := s.now()
	body := Account{Name: t.Name, Email: a.Text, Password: t.Password, State: Active, Confirmed: now, Changed: now,
		Epoch: 1, TokenEpoch: 1}
	sys := system(model.Account(t.Account), "sign-up", c)
	if _, err := accounts.Create(ctx, tx, records.By(sys, access.AccountCreate).On(main), body); err != nil {
		return Account{}, err
	}
	return body, s.gate.Note(ctx, tx, records.By(sys, access.EmailConfirm), "about/"+main, "done")
}
