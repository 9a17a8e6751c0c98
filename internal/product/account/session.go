package account

import (
	"context"
	"errors"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/cardnumber"
)

const maxAgent = 512 // bytes of a user agent that are kept

// opened is the account of a new session, and what opens it.
type opened struct {
	account Account
	by      ProvedBy
}

// opening runs in the transaction that opens a session.
type opening func(ctx context.Context, tx *records.Tx, session string) (opened, error)

// begin opens a session for somebody who just proved who they are, in one transaction with first, and makes the
// browser's cookie and device token.
func (s *Service) begin(ctx context.Context, c Client, account string, first opening) (SignedIn, error) {
	id, now := model.NewID(), s.now()
	ends := now.Add(s.life.Absolute)
	out := SignedIn{Ends: ends, Account: account, Session: id}
	var err error
	if out.Cookie, err = s.sign(ctx, &handle{Account: account, Session: id, Issued: now.Unix(),
		Ends: ends.Unix()}); err != nil {
		return SignedIn{}, err
	}
	if out.Device, err = s.newDevice(ctx, account); err != nil {
		return SignedIn{}, err
	}
	before, err := s.FromCookie(ctx, c, c.Cookie)
	if err != nil && !errors.Is(err, model.ErrUnauthenticated) {
		return SignedIn{}, err
	}
	err = s.gate.Change(ctx, func(ctx context.Context, tx *records.Tx) error {
		o, err := first(ctx, tx, id)
		if err != nil {
			return err
		}
		if err := s.replaceSession(ctx, tx, before); err != nil {
			return err
		}
		return s.open(ctx, tx, Person{ID: account, Client: c}, o, id)
	})
	if err != nil {
		return SignedIn{}, err
	}
	return out, nil
}

// replaceSession ends the session that a browser has when it gets a new one, whichever account it belongs to. The
// browser forgets it, so nobody could sign out of it there later.
func (s *Service) replaceSession(ctx context.Context, tx *records.Tx, before Credential) error {
	if !before.Known() {
		return nil
	}
	sys := system(model.Account(before.account), "sign-in", before.client)
	sys.Session = before.session
	err := sessions.Delete(ctx, tx, records.By(sys, access.SignOut).With(notes(before.client)...).On(before.session))
	return ignore(ignore(err, model.ErrNotFound), model.ErrLocked)
}

// open stores a session.
func (s *Service) open(ctx context.Context, tx *records.Tx, p Person, o opened, id string) error {
	now := s.now()
	sys := system(model.Account(p.ID), "sign-in", p.Client)
	sys.Session = id
	_, err := sessions.Create(ctx, tx, records.By(sys, access.SignIn).With(notes(p.Client)...).On(id), Session{
		Created: now, Seen: now, Ends: now.Add(s.life.Absolute), Epoch: o.account.Epoch,
		UserAgent: cut(cardnumber.Mask(p.Client.UserAgent), maxAgent), Address: cut(p.Client.Address, 64),
		Proof: Proof{now, o.by}, By: o.by,
	})
	return err
}

// SignOut ends the caller's session.
func (s *Service) SignOut(ctx context.Context, who Oneself) error {
	c, _, err := signedIn(who)
	if err != nil {
		return err
	}
	return ignore(s.EndSession(ctx, c, c.Session), model.ErrNotFound)
}

// EndSession ends one of the caller's own sessions.
func (s *Service) EndSession(ctx context.Context, c access.Caller, id string) error {
	return sessions.Delete(ctx, s.gate, records.By(c, access.SignOut).On(id))
}

// SignOutEverywhere ends all sessions of the caller, including this one, and, if tokens is set, all API tokens. It is
// one write, of a new epoch: sessions and tokens of earlier epochs are void.
func (s *Service) SignOutEverywhere(ctx context.Context, c access.Caller, tokens bool) error {
	_, err := accounts.Update(ctx, s.gate, records.By(c, access.SignOut).With(withTokens(tokens)...).On(main),
		func(a *Account) error {
			a.Epoch++
			a.Factors.Epoch++
			a.endTokens(tokens)
			return nil
		})
	return err
}

func (a *Account) endTokens(really bool) {
	if really {
		a.TokenEpoch++
	}
}

// withTokens records in the trail that API tokens were revoked, too.
func withTokens(ended bool) []records.Note {
	if !ended {
		return nil
	}
	return []records.Note{{Key: "tokens", Value: "ended"}}
}

// SessionRecord is a session as it is listed.
type SessionRecord struct {
	ID      string
	Current bool
	Session
}

// ListSessions returns the caller's valid sessions, newest first.
func (s *Service) ListSessions(ctx context.Context, c access.Caller) ([]SessionRecord, error) {
	page, err := sessions.Find(ctx, s.gate, records.By(c, access.SessionList), records.Find{Query: "newest",
		Limit: 200})
	if err != nil {
		return nil, err
	}
	a, _, err := s.read(ctx, c.Account)
	if err != nil {
		return nil, err
	}
	var list []SessionRecord
	for _, r := range page.Records {
		now, b := s.now(), r.Body
		if b.Epoch == a.Epoch && now.Before(b.Ends) && now.Before(b.Seen.Add(s.life.Idle)) {
			list = append(list, SessionRecord{r.ID, r.ID == c.Session, b})
		}
	}
	return list, nil
}
