package account

import (
	"context"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/passwords"
)

// NewPassword is a change of one's own password.
type NewPassword struct {
	Old, New string
	Tokens   bool // whether to revoke all API tokens, too
}

// ChangePassword ends all sessions and opens a new one for the browser that made the request, which must store the new
// cookie.
func (s *Service) ChangePassword(ctx context.Context, who Oneself, in NewPassword) (SignedIn, error) {
	c, p, err := signedIn(who)
	if err != nil {
		return SignedIn{}, err
	}
	if problem := passwords.Problem(in.New, p.Email, p.Name); problem != "" {
		return SignedIn{}, model.InvalidFields(map[string]string{"new": problem})
	}
	ctx = passwords.For(ctx, familiar(p.Client, p.ID))
	proof, err := s.provePassword(ctx, &c, p.Client, in.Old, "old")
	if err != nil {
		return SignedIn{}, err
	}
	by := ByPassword
	if proof.Factors.On {
		by = who.Proof().By
	}
	hash, err := s.hasher.Hash(ctx, in.New)
	if err != nil {
		return SignedIn{}, err
	}
	bag := NewMailbag(s.post)
	out, err := s.begin(ctx, p.Client, p.ID, func(ctx context.Context, tx *records.Tx, _ string) (opened,
		error) {
		bag.Empty()
		a, err := s.replace(ctx, tx, bag, c, access.PasswordChange, func(a *Account) error {
			if a.Password != proof.Password {
				return model.Conflict("Your password was changed in the meantime. Please try again.")
			}
			a.endTokens(in.Tokens)
			return a.renew(s.now(), hash)
		}, withTokens(in.Tokens)...)
		return opened{a, by}, err
	})
	if err == nil {
		bag.Send(ctx)
	}
	return out, err
}

// renew sets a new password and makes earlier sessions and links void.
func (a *Account) renew(now time.Time, hash string) error {
	a.Password, a.Changed = hash, now
	a.Epoch++
	a.Factors.Epoch++
	return nil
}

// replace changes the password within a transaction and stores the letter about it.
func (s *Service) replace(ctx context.Context, tx *records.Tx, bag *Mailbag, c access.Caller, action access.Action,
	change func(*Account) error, notes ...records.Note) (Account, error) {
	var body Account
	_, err := accounts.Update(ctx, tx, records.By(c, action).With(notes...).On(main), func(a *Account) error {
		if err := change(a); err != nil {
			return err
		}
		body = *a
		return nil
	})
	if err != nil {
		return body, err
	}
	return body, bag.Put(ctx, tx, s.addressed(Letter{Kind: PasswordChanged, To: body.Email, ToName: body.Name}, ""))
}

// Forgot mails a link that sets a new password. The answer is the same, in words and time, whether or not the address
// has an account.
func (s *Service) Forgot(ctx context.Context, c Client, email string) error {
	a, err := ParseAddress(email)
	if err != nil {
		return model.InvalidFields(map[string]string{"email": model.PublicText(err)})
	}
	start := time.Now()
	return s.even(ctx, start, s.forgot(ctx, c, a))
}

func (s *Service) forgot(ctx context.Context, c Client, a Address) error {
	if err := s.allow(ctx, c, around("forgot", c, signUpsPerSource, time.Hour)...); err != nil {
		return err
	}
	id, err := s.addressID(ctx, a.key)
	if err != nil {
		return err
	}
	owner, known, err := s.lookup(ctx, s.gate, c, id)
	if err != nil {
		return err
	}
	if !known {
		return s.mailLink(ctx, c, a, Ticket{Purpose: toNothing}, Letter{Kind: ResetUnknown, To: a.Text})
	}
	t := Ticket{Purpose: ToReset, Account: owner.Account, Address: owner.Address, AddressKey: id}
	return s.mailLink(ctx, c, a, t, Letter{Kind: ResetPassword, To: owner.Address})
}

// Reset sets a new password through a mailed link. It ends all sessions and API tokens, and does not sign in. With the
// device token that it returns, the owner can sign in although attempts by others have reached the limit.
func (s *Service) Reset(ctx context.Context, c Client, secret, password string) (device string, err error) {
	t, err := s.ticket(ctx, s.gate, c, ToReset, secret)
	if err != nil {
		return "", err
	}
	scope := model.Account(t.Account)
	body, found, err := s.read(ctx, t.Account)
	if err != nil || !found {
		return "", orElse(err, errLink)
	}
	if problem := passwords.Problem(password, body.Email, body.Name); problem != "" {
		return "", model.InvalidFields(map[string]string{"password": problem})
	}
	hash, err := s.hasher.Hash(passwords.For(ctx, familiar(c, t.Account)), password)
	if err != nil {
		return "", err
	}
	bag := NewMailbag(s.post)
	err = s.gate.Change(ctx, func(ctx context.Context, tx *records.Tx) error {
		bag.Empty()
		t, err := s.Use(ctx, tx, c, ToReset, secret)
		if err != nil {
			return err
		}
		_, err = s.replace(ctx, tx, bag, system(scope, "reset", c), access.PasswordReset, func(a *Account) error {
			if a.State != Active || !t.Issued.After(a.Changed) {
				return errLink
			}
			a.TokenEpoch++
			return a.renew(s.now(), hash)
		})
		return err
	})
	if err != nil {
		return "", err
	}
	bag.Send(ctx)
	return s.newDevice(ctx, t.Account)
}
