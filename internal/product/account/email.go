package account

import (
	"context"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
)

// NewEmail is a change of one's own address. The password is asked for once more.
type NewEmail struct{ Email, Password string }

// ChangeEmail mails a link to the new address and a notice to the old one. The answer does not disclose whether the new
// address has an account.
func (s *Service) ChangeEmail(ctx context.Context, who Oneself, in NewEmail) error {
	c, p, err := signedIn(who)
	if err != nil {
		return err
	}
	a, err := NewAddress(in.Email)
	if err != nil {
		return model.InvalidFields(map[string]string{"email": model.PublicText(err)})
	}
	if old, err := ParseAddress(p.Email); err == nil && old.Same(a) {
		return model.InvalidFields(map[string]string{"email": "This is already your address."})
	}
	if _, err := s.provePassword(ctx, &c, p.Client, in.Password, "password"); err != nil {
		return err
	}
	id, err := s.addressID(ctx, a.key)
	if err != nil {
		return err
	}
	owner, taken, err := s.lookup(ctx, s.gate, p.Client, id)
	if err != nil {
		return err
	}
	if err := s.noticeChange(ctx, c, p); err != nil {
		return err
	}
	if taken {
		return s.mailLink(ctx, p.Client, a, Ticket{Purpose: toNothing}, Letter{Kind: AlreadyRegistered,
			To: owner.Address})
	}
	t := Ticket{Purpose: ToChange, Account: p.ID, Address: a.Text, AddressKey: id}
	return s.mailLink(ctx, p.Client, a, t, Letter{Kind: ConfirmNewAddress, To: a.Text, ToName: p.Name})
}

// noticeChange mails the old address, and records in the trail, that a change was requested.
func (s *Service) noticeChange(ctx context.Context, c access.Caller, p Person) error {
	bag := NewMailbag(s.post)
	err := s.gate.Change(ctx, func(ctx context.Context, tx *records.Tx) error {
		bag.Empty()
		if err := s.gate.Note(ctx, tx, records.By(c, access.EmailChange).With(notes(p.Client)...), "about/"+
			main, "begun"); err != nil {
			return err
		}
		return bag.Put(ctx, tx, s.addressed(Letter{Kind: EmailChanging, To: p.Email,
			ToName: p.Name}, ""))
	})
	if err == nil {
		bag.Send(ctx)
	}
	return err
}

// ConfirmEmail completes a change of address by its link. Both reservations of addresses and the account change in one
// transaction.
func (s *Service) ConfirmEmail(ctx context.Context, c Client, secret string) error {
	bag := NewMailbag(s.post)
	err := s.gate.Change(ctx, func(ctx context.Context, tx *records.Tx) error {
		bag.Empty()
		t, err := s.Use(ctx, tx, c, ToChange, secret)
		if err != nil {
			return err
		}
		return s.moveAddress(ctx, tx, bag, c, t)
	})
	if err != nil {
		return goneLink(err)
	}
	bag.Send(ctx)
	return nil
}

func (s *Service) moveAddress(ctx context.Context, tx *records.Tx, bag *Mailbag, c Client, t Ticket) error {
	a, err := ParseAddress(t.Address)
	if err != nil {
		return err
	}
	if _, taken, err := s.lookup(ctx, tx, c, t.AddressKey); err != nil || taken {
		return orElse(err, errHasAccount)
	}
	var before string
	now := s.now()
	r, err := accounts.Update(ctx, tx, records.By(system(model.Account(t.Account), "change-address", c),
		access.EmailConfirm).On(main), func(b *Account) error {
		if b.State != Active || !t.Issued.After(b.Changed) {
			return errLink
		}
		before, b.Email, b.Confirmed, b.Changed = b.Email, a.Text, now, now
		return nil
	})
	if err != nil {
		return err
	}
	if err := s.swap(ctx, tx, c, before, a, t); err != nil {
		return err
	}
	p := Person{ID: t.Account, Name: r.Body.Name, Email: a.Text, Client: c}
	if err := s.circle.Changed(ctx, tx, p); err != nil {
		return err
	}
	return s.announce(ctx, tx, bag, p, before)
}

// swap releases the old address and reserves the new one.
func (s *Service) swap(ctx context.Context, tx *records.Tx, c Client, before string, a Address, t Ticket) error {
	old, err := ParseAddress(before)
	if err != nil {
		return err
	}
	id, err := s.addressID(ctx, old.key)
	if err != nil {
		return err
	}
	if err := s.release(ctx, tx, c, id); err != nil {
		return err
	}
	return s.reserve(ctx, tx, c, t.AddressKey, t.Account, a)
}

func (s *Service) announce(ctx context.Context, tx *records.Tx, bag *Mailbag, p Person, before string) error {
	if err := bag.Put(ctx, tx, s.addressed(Letter{Kind: EmailChangedOld, To: before, ToName: p.Name}, "")); err != nil {
		return err
	}
	return bag.Put(ctx, tx, s.addressed(Letter{Kind: EmailChangedNew, To: p.Email, ToName: p.Name}, ""))
}

func orElse(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

// goneLink is the answer for a link whose account is gone.
func goneLink(err error) error {
	if ignore(ignore(err, model.ErrNotFound), model.ErrLocked) == nil {
		return errLink
	}
	return err
}
