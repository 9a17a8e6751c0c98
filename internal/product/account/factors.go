package account

import (
	"context"
	"errors"
	"fmt"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/factor"
)

// What pages need of package factor.
type (
	Enrolling = factor.Enrolling
	Picture   = factor.Picture
)

// ErrTooLate is the answer to a second step that has expired, or was tried too often.
var ErrTooLate = factor.ErrOver

// Passkeys reports whether browsers can use passkeys at the address of the installation.
func (s *Service) Passkeys() bool { return s.factors.Passkeys() }

// FactorList is what an account has beside its password, without secrets.
type FactorList struct {
	factor.Set
	Offered bool // whether passkeys work at this address
	Opened  bool // whether this session may add the first factor
}

// ListFactors returns the caller's factors.
func (s *Service) ListFactors(ctx context.Context, c access.Caller) (FactorList, error) {
	set, err := s.factors.List(ctx, c)
	return FactorList{Set: set, Offered: s.factors.Passkeys(), Opened: set.Opened(c.Session, s.now())}, err
}

// AskFactorLink mails the link with which the first factor may be added: a password alone must not be enough to lock
// the owner out of an account.
func (s *Service) AskFactorLink(ctx context.Context, who Oneself) error {
	c, p, err := signedIn(who)
	if err != nil {
		return err
	}
	if err := s.gate.May(ctx, records.By(c, access.FactorLink), ""); err != nil {
		return err
	}
	a, err := ParseAddress(p.Email)
	if err != nil {
		return err
	}
	if err := s.gate.Note(ctx, s.gate, records.By(c, access.FactorLink).With(notes(p.Client)...), "",
		audit.Done); err != nil {
		return err
	}
	return s.mailLink(ctx, p.Client, a, Ticket{Purpose: ToFactor, Account: p.ID},
		Letter{Kind: FactorLink, To: p.Email, ToName: p.Name})
}

// OpenFactors uses the mailed link: for an hour, this session may add the first factor.
func (s *Service) OpenFactors(ctx context.Context, who Oneself, secret string) error {
	c, p, err := signedIn(who)
	if err != nil {
		return err
	}
	return s.gate.Change(ctx, func(ctx context.Context, tx *records.Tx) error {
		t, err := s.Use(ctx, tx, p.Client, ToFactor, secret)
		if err != nil {
			return err
		}
		if t.Account != c.Account {
			return errLink
		}
		return s.factors.Open(ctx, tx, c)
	})
}

// OfferApp starts to set an authenticator app up.
func (s *Service) OfferApp(ctx context.Context, who Oneself) (Enrolling, error) {
	c, p, err := signedIn(who)
	if err != nil {
		return Enrolling{}, err
	}
	return s.factors.OfferApp(ctx, c, p.Email)
}

// Renewed is what the browser gets after a change of factors: a new session, for all others were ended; and new
// recovery codes, which are shown once.
type Renewed struct {
	SignedIn
	Codes []string
}

// AcceptApp adds the offered app, or puts it in the place of the one that there was, once a code of it is right.
func (s *Service) AcceptApp(ctx context.Context, who Oneself, code string) (Renewed, error) {
	if err := s.admitEnrolment(ctx, who); err != nil {
		return Renewed{}, err
	}
	return s.changeFactors(ctx, who, access.FactorAdd, ByApp, func(ctx context.Context, tx *records.Tx,
		c access.Caller) (
		change, error) {
		set, codes, err := s.factors.AcceptApp(ctx, tx, c, code)
		return change{set, codes, Letter{Kind: FactorAdded, What: "an authenticator app"}}, err
	})
}

// admitEnrolment bounds the codes that are tried while an app is set up.
func (s *Service) admitEnrolment(ctx context.Context, who Oneself) error {
	return s.allow(ctx, who.Person().Client, limit{"enrol/" + who.Person().ID, checksPerAccount, perPairIn})
}

// ChallengeToAdd asks the caller's browser to make a passkey.
func (s *Service) ChallengeToAdd(ctx context.Context, who Oneself) (Challenge, error) {
	c, p, err := signedIn(who)
	if err != nil {
		return Challenge{}, err
	}
	if err := s.gate.May(ctx, records.By(c, access.FactorAdd), ""); err != nil {
		return Challenge{}, err
	}
	data, sent, err := s.factors.Invite(ctx, c, factor.Owner{ID: p.ID, Name: p.Name, Email: p.Email})
	if err != nil {
		return Challenge{}, err
	}
	secret, err := s.factors.Start(ctx, s.gate, origin(p.Client), factor.Step{Purpose: factor.ToAdd, Account: p.ID,
		Bound: binding(c.Session), Data: data})
	return Challenge{Options: sent, Step: secret}, err
}

// NewPasskey is what a browser made.
type NewPasskey struct{ Name, Step, Answer string }

// AddPasskey adds a passkey.
func (s *Service) AddPasskey(ctx context.Context, who Oneself, n NewPasskey) (Renewed, error) {
	fields := map[string]string{}
	n.Name = Typed(fields, "name", n.Name, factor.MaxName, fmt.Sprintf("Give the passkey a name, with at most %d "+
		"characters, that says where it is.", factor.MaxName))
	if len(fields) > 0 {
		return Renewed{}, model.InvalidFields(fields)
	}
	p := who.Person()
	return s.changeFactors(ctx, who, access.FactorAdd, ByKey, func(ctx context.Context, tx *records.Tx,
		c access.Caller) (
		change, error) {
		step, err := s.factors.Use(ctx, tx, origin(p.Client), factor.ToAdd, n.Step)
		if errors.Is(err, factor.ErrOver) || err == nil && step.Bound != binding(c.Session) {
			return change{}, model.InvalidFields(map[string]string{"name": "This took too long. Please try again."})
		}
		if err != nil {
			return change{}, err
		}
		set, codes, err := s.factors.AddPasskey(ctx, tx, c, factor.Owner{ID: p.ID, Name: p.Name, Email: p.Email}, step,
			n.Answer, n.Name)
		return change{set, codes, Letter{Kind: FactorAdded, What: passkeyNamed(n.Name)}}, err
	})
}

func passkeyNamed(name string) string { return "the passkey “" + name + "”" }

// RemoveApp removes the authenticator app.
func (s *Service) RemoveApp(ctx context.Context, who Oneself) (Renewed, error) {
	return s.changeFactors(ctx, who, access.FactorRemove, "", func(ctx context.Context, tx *records.Tx,
		c access.Caller) (
		change, error) {
		set, err := s.factors.RemoveApp(ctx, tx, c)
		return change{set, nil, Letter{Kind: FactorRemoved, What: "the authenticator app"}}, err
	})
}

// RemovePasskey removes one of the passkeys. From then on it is as unknown as one that never was.
func (s *Service) RemovePasskey(ctx context.Context, who Oneself, id string) (Renewed, error) {
	return s.changeFactors(ctx, who, access.FactorRemove, "", func(ctx context.Context, tx *records.Tx,
		c access.Caller) (
		change, error) {
		set, name, err := s.factors.RemovePasskey(ctx, tx, c, id)
		return change{set, nil, Letter{Kind: FactorRemoved, What: passkeyNamed(name)}}, err
	})
}

// RenewCodes makes new recovery codes. The old ones are void.
func (s *Service) RenewCodes(ctx context.Context, who Oneself) (Renewed, error) {
	return s.changeFactors(ctx, who, access.FactorAdd, "", func(ctx context.Context, tx *records.Tx, c access.Caller) (
		change, error) {
		set, codes, err := s.factors.RenewCodes(ctx, tx, c)
		return change{set, codes, Letter{Kind: RecoveryMade}}, err
	})
}

// change is what became of the factors, and what the owner is told.
type change struct {
	set    factor.Set
	codes  []string
	letter Letter
}

// changeFactors changes factors and account in one transaction. It ends all sessions, and opens a new one for the
// browser that asked, as by, or, if that is "", as the proof of the old one was.
func (s *Service) changeFactors(ctx context.Context, who Oneself, action access.Action, by ProvedBy,
	f func(context.Context, *records.Tx, access.Caller) (change, error)) (Renewed, error) {
	c, p, err := signedIn(who)
	if err != nil {
		return Renewed{}, err
	}
	if by == "" {
		by = who.Proof().By
	}
	var out Renewed
	bag := NewMailbag(s.post)
	out.SignedIn, err = s.begin(ctx, p.Client, p.ID, func(ctx context.Context, tx *records.Tx, _ string) (opened,
		error) {
		bag.Empty()
		done, err := f(ctx, tx, c)
		if err != nil {
			return opened{}, err
		}
		a, err := s.keepFactors(ctx, tx, c, action, done.set)
		if err != nil {
			return opened{}, err
		}
		out.Codes = done.codes
		done.letter.To, done.letter.ToName = a.Email, a.Name
		return opened{a, by}, bag.Put(ctx, tx, s.addressed(done.letter, ""))
	})
	if err != nil {
		return Renewed{}, err
	}
	bag.Send(ctx)
	return out, nil
}

// keepFactors says in the account what factors it has now, and ends its sessions.
func (s *Service) keepFactors(ctx context.Context, tx *records.Tx, c access.Caller, action access.Action,
	set factor.Set) (Account, error) {
	r, err := accounts.Update(ctx, tx, records.By(c, action).On(main), func(a *Account) error {
		a.Epoch++
		a.Factors = Factors{On: set.Any(), Passkeys: len(set.Passkeys) > 0, Epoch: a.Factors.Epoch + 1}
		return nil
	})
	return r.Body, err
}

// ForgetDevices asks for a second factor again in every browser.
func (s *Service) ForgetDevices(ctx context.Context, c access.Caller) error {
	_, err := accounts.Update(ctx, s.gate, records.By(c, access.AccountUpdate).Note("devices", "forgotten").On(main),
		func(a *Account) error {
			a.Factors.Epoch++
			return nil
		})
	return err
}

// tellOnce mails the owner of an account about its factors, at most once a day.
func (s *Service) tellOnce(ctx context.Context, c Client, p *suspect, kind LetterKind) error {
	bag := NewMailbag(s.post)
	err := s.gate.Change(ctx, func(ctx context.Context, tx *records.Tx) error {
		bag.Empty()
		if _, err := s.count(ctx, tx, system(model.Platform(), "limits", c), limit{"notice/" + string(kind) + "/" +
			p.account, 1, noticesPerAccount}); err != nil {
			return err
		}
		return bag.Put(ctx, tx, s.addressed(Letter{Kind: kind, To: p.body.Email, ToName: p.body.Name}, ""))
	})
	if err == nil {
		bag.Send(ctx)
	}
	return ignore(err, model.ErrTooMany)
}

// left says in a mail how many recovery codes there are.
func left(n int) string {
	switch n {
	case 0:
		return "It was the last one"
	case 1:
		return "One is left"
	}
	return fmt.Sprintf("%d are left", n)
}
