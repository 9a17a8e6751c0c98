package account

import (
	"context"
	"errors"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/cardnumber"
	"github.com/tinyoperahouse/toh/internal/product/passwords"
)

// Login is the input of a sign-in.
type Login struct{ Email, Password string }

// SignedIn is what the browser gets after a sign-in. If the account has a second factor, there is no session yet: see
// SecondStep.
type SignedIn struct {
	Waiting *Waiting  // for a second factor; nothing else is set then
	Known   string    // to be kept for 30 days, as Client.Known; "" to leave what the browser has
	Cookie  string    // the session handle
	Ends    time.Time // of the handle
	Device  string    // to be kept for a year, as Client.Device
	Account string
	Session string
}

// errLogin is the one answer to a wrong password, an address without an account, and an address that is not confirmed.
var errLogin = &model.Error{
	Kind: model.ErrUnauthenticated,
	Public: "The address and the password do not match, or the address has not been confirmed yet. Check your " +
		"e-mail, or set a new password.",
}

// suspect is the account that a sign-in claims to be for.
type suspect struct {
	address string // keyed hash
	account string // "" if there is none
	to      string
	body    Account
	hash    string
	pending *Ticket // a sign-up that was not confirmed
	device  string  // id of a known device
}

// SignIn checks a password and opens a session. All refusals look alike and take equally long.
func (s *Service) SignIn(ctx context.Context, c Client, in Login) (SignedIn, error) {
	start := time.Now()
	out, err := s.signIn(ctx, c, in)
	if err != nil {
		return SignedIn{}, s.even(ctx, start, err)
	}
	return out, nil
}

func (s *Service) signIn(ctx context.Context, c Client, in Login) (SignedIn, error) {
	p, err := s.find(ctx, c, in.Email)
	if err != nil {
		return SignedIn{}, err
	}
	ctx = passwords.For(ctx, p.seat(c))
	if err := s.admit(ctx, c, p); err != nil {
		if errors.Is(err, model.ErrTooMany) {
			s.locked()
		}
		return SignedIn{}, err
	}
	if err := s.look(ctx, c, p); err != nil {
		return SignedIn{}, err
	}
	ok, stale, err := s.hasher.Check(ctx, p.hash, in.Password)
	if err != nil {
		return SignedIn{}, err
	}
	if !ok || p.body.State != Active {
		return SignedIn{}, s.refuse(ctx, c, p, ok)
	}
	fresh := ""
	if stale {
		if fresh, err = s.hasher.Hash(ctx, in.Password); err != nil {
			return SignedIn{}, err
		}
	}
	return s.passed(ctx, c, p, fresh)
}

// passed goes on once the password was right. It opens a session, or asks for a second factor.
func (s *Service) passed(ctx context.Context, c Client, p *suspect, fresh string) (SignedIn, error) {
	by := ByPassword
	if p.body.Factors.On {
		known, err := s.knows(ctx, c, p)
		if err != nil {
			return SignedIn{}, err
		}
		if !known {
			return s.wait(ctx, c, p, fresh)
		}
		by = ByDevice
	}
	return s.begin(ctx, c, p.account, func(ctx context.Context, tx *records.Tx, session string) (opened, error) {
		return opened{p.body, by}, s.enter(ctx, tx, c, p, session, fresh)
	})
}

// enter records a sign-in in the person's workspaces, and clears what was counted of it.
func (s *Service) enter(ctx context.Context, tx *records.Tx, c Client, p *suspect, session, fresh string) error {
	person := Person{ID: p.account, Name: p.body.Name, Email: p.body.Email, Session: session, Client: c}
	if err := s.circle.Entered(ctx, tx, person); err != nil {
		return err
	}
	return s.welcome(ctx, tx, c, p, fresh)
}

// find looks an address up. An invalid address is looked up as well, so that the answer takes equally long.
func (s *Service) find(ctx context.Context, c Client, email string) (*suspect, error) {
	a, err := ParseAddress(email)
	if err != nil {
		a.key = "no address: " + cut(email, maxAddress)
	}
	p := &suspect{}
	if p.address, err = s.addressID(ctx, a.key); err != nil {
		return nil, err
	}
	owner, _, err := s.lookup(ctx, s.gate, c, p.address)
	if err != nil {
		return nil, err
	}
	p.account, p.to = owner.Account, owner.Address
	id, known, err := s.device(ctx, p.account, c.Device)
	if known {
		p.device = id
	}
	return p, err
}

// pairKey is the key of the counter of attempts by one source, or one known device, for one address.
func (p *suspect) pairKey(c Client) string {
	if p.device != "" {
		return "device/" + p.device + "/" + p.address
	}
	return "pair/" + source(c) + "/" + p.address
}

// seat is the place in the queue of password checks.
func (p *suspect) seat(c Client) passwords.Seat {
	if p.device != "" {
		return familiar(c, p.account)
	}
	return stranger(c)
}

// signInsFrom gives the limits of sign-ins from unknown devices, by network. For the wider networks only failures are
// counted, after the attempt: many people share such a network, and concurrent sign-ins must not contend for one
// counter.
func signInsFrom(c Client) (source limit, wider []limit) {
	all := around("source", c, perSource, perPairIn)
	return all[0], all[1:]
}

// admit records the attempt, and refuses it if there were too many. Failures by others reduce what unknown devices may
// do, but never what the owner's known devices may do.
func (s *Service) admit(ctx context.Context, c Client, p *suspect) error {
	sys := system(model.Platform(), "limits", c)
	from, wider := signInsFrom(c)
	if p.device == "" {
		if full, err := s.full(ctx, c, wider); err != nil || full {
			return orElse(err, errTooMany)
		}
	}
	return s.gate.Change(ctx, func(ctx context.Context, tx *records.Tx) error {
		most := perPair
		if p.device == "" {
			n, err := s.count(ctx, tx, sys, limit{"address/" + p.address, 0, slowIn})
			if err != nil {
				return err
			}
			if n > slowFrom {
				most = slowPair
			}
			if _, err := s.count(ctx, tx, sys, from); err != nil {
				return err
			}
		}
		_, err := s.count(ctx, tx, sys, limit{p.pairKey(c), most, perPairIn})
		return err
	})
}

// look finds the hash to compare with: the account's, that of a pending sign-up, or a decoy.
func (s *Service) look(ctx context.Context, c Client, p *suspect) error {
	if p.account != "" {
		body, found, err := s.read(ctx, p.account)
		if err != nil {
			return err
		}
		if found {
			p.body, p.hash = body, body.Password
			return nil
		}
	}
	page, err := tickets.Find(ctx, s.gate, records.By(system(model.Platform(), "links", c), access.TicketUse),
		records.Find{
			// a ticket that ends at this instant is no longer valid
			Query: "pending", Equal: map[string]any{"purpose": string(ToConfirm), "address": p.address},
			From: s.now().Add(time.Microsecond), Limit: 1,
		})
	if err != nil {
		return err
	}
	if len(page.Records) == 1 {
		p.pending, p.hash = &page.Records[0].Body, page.Records[0].Body.Password
		return nil
	}
	p.hash, err = s.hasher.Decoy(ctx)
	return err
}

// refuse records the refusal. If the password of a pending sign-up was right, its link is mailed again.
func (s *Service) refuse(ctx context.Context, c Client, p *suspect, right bool) error {
	scope := model.Platform()
	if p.body.State != "" {
		scope = model.Account(p.account)
	}
	err := s.gate.Note(ctx, s.gate, records.By(system(scope, "sign-in", c), access.SignIn).With(notes(c)...), "",
		audit.Denied)
	if err != nil {
		return err
	}
	if p.device == "" {
		if _, wider := signInsFrom(c); len(wider) > 0 {
			if err := s.allow(ctx, c, unlimited(wider)...); err != nil {
				return err
			}
		}
	}
	if p.pending != nil && right {
		if err := s.again(ctx, c, *p.pending); err != nil {
			return err
		}
	}
	if p.body.State == Active {
		if err := s.warn(ctx, c, p); err != nil {
			return err
		}
	}
	return errLogin
}

// again mails the link of a pending sign-up, with a new secret.
func (s *Service) again(ctx context.Context, c Client, t Ticket) error {
	a, err := ParseAddress(t.Address)
	if err != nil {
		return err
	}
	return s.invite(ctx, c, a, Ticket{Name: t.Name, Password: t.Password})
}

// warn mails the owner, at most once a day, that there were many failed sign-ins.
func (s *Service) warn(ctx context.Context, c Client, p *suspect) error {
	if p.device != "" {
		return nil
	}
	n, err := s.counted(ctx, c, "address/"+p.address)
	if err != nil || n < perPair {
		return err
	}
	sys := system(model.Platform(), "limits", c)
	bag := NewMailbag(s.post)
	err = s.gate.Change(ctx, func(ctx context.Context, tx *records.Tx) error {
		bag.Empty()
		if _, err := s.count(ctx, tx, sys, limit{"notice/" + p.address, 1, noticesPerAccount}); err != nil {
			return err
		}
		return bag.Put(ctx, tx, s.addressed(Letter{Kind: LockoutNotice, To: p.to, ToName: p.body.Name}, ""))
	})
	if err == nil {
		bag.Send(ctx)
	}
	return ignore(err, model.ErrTooMany)
}

// welcome clears what was counted of this attempt, and stores a fresh hash of the password.
func (s *Service) welcome(ctx context.Context, tx *records.Tx, c Client, p *suspect, fresh string) error {
	sys := system(model.Platform(), "limits", c)
	if err := s.forgive(ctx, tx, sys, p.pairKey(c)); err != nil {
		return err
	}
	if p.device == "" { // these counters are of failures only
		from, _ := signInsFrom(c)
		for _, key := range []string{"address/" + p.address, from.key} {
			if err := s.refund(ctx, tx, sys, key); err != nil {
				return err
			}
		}
	}
	return s.refresh(ctx, tx, c, p, fresh)
}

// refresh stores a fresh hash of the password, if there is one.
func (s *Service) refresh(ctx context.Context, tx *records.Tx, c Client, p *suspect, fresh string) error {
	if fresh == "" {
		return nil
	}
	_, err := accounts.Update(ctx, tx, records.By(system(model.Account(p.account), "sign-in", c), access.PasswordCheck).
		On(main),
		func(a *Account) error {
			if a.Password == p.hash {
				a.Password = fresh
			}
			return nil
		})
	return err
}

// notes say where a request came from, in the sealed part of a trail entry.
func notes(c Client) []records.Note {
	return []records.Note{{Key: "from", Value: cut(c.Address, 64)},
		{Key: "browser", Value: cut(cardnumber.Mask(c.UserAgent), 256)}}
}
