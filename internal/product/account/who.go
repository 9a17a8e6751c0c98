package account

import (
	"context"
	"crypto/subtle"
	"errors"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
)

// Who is somebody who asks, as the store knows them at this request. It must not be kept for another one.
type Who struct {
	Caller  access.Caller // in the scope of their account
	Account Account       // without the password's hash
	Session *Session      // nil for an API token
	Token   *Token        // nil for a session; without the hash

	client Client
	idle   time.Duration // the shortest that applies
}

// Person is who it is, for events.
func (w Who) Person() Person {
	return Person{ID: w.Caller.Account, Name: w.Account.Name, Email: w.Account.Email, Session: w.Caller.Session,
		Client: w.client}
}

// Question asks who a credential belongs to. Its Wants are read in one batch with whatever else says who is asking.
type Question struct {
	s       *Service
	c       Credential
	account *records.Wanted[Account]
	session *records.Wanted[Session]
	token   *records.Wanted[Token]
}

var errNobody = &model.Error{Kind: model.ErrUnauthenticated, Public: "Please sign in."}

// Ask begins. Nobody is ErrUnauthenticated.
func (s *Service) Ask(c Credential) (*Question, error) {
	if !c.Known() {
		return nil, errNobody
	}
	scope := model.Account(c.account)
	q := &Question{s: s, c: c, account: Accounts.Want(scope, main)}
	if c.IsToken() {
		q.token = Tokens.Want(scope, c.token)
	} else {
		q.session = Sessions.Want(scope, c.session)
	}
	return q, nil
}

// AccountID is whose credential it says it is.
func (q *Question) AccountID() string { return q.c.account }

// Client is where the request comes from.
func (q *Question) Client() Client { return q.c.client }

// Wants are what must be read.
func (q *Question) Wants() []records.Want {
	if q.token != nil {
		return []records.Want{q.account, q.token}
	}
	return []records.Want{q.account, q.session}
}

// Answer says who it is, after the Wants were read. Whatever no longer holds is ErrUnauthenticated.
func (q *Question) Answer() (Who, error) {
	a := q.account.Record.Body
	if !q.account.Found || a.State != Active {
		return Who{}, errNobody
	}
	w := Who{Account: a, client: q.c.client, idle: q.s.life.Idle, Caller: access.Caller{
		Scope: model.Account(q.c.account), Account: q.c.account, Name: a.Name, Role: access.Self,
		Request: q.c.client.Request, Trace: q.c.client.Trace,
	}}
	w.Account.Password = ""
	w.Caller.Standing = q.standing()
	if q.token != nil {
		return q.byToken(w)
	}
	return q.bySession(w)
}

// Again is the same question once more, for whoever must know whether the answer still holds.
func (q *Question) Again() *Question {
	again, _ := q.s.Ask(q.c) // it was known
	return again
}

func (q *Question) standing() records.Standing {
	return func() ([]records.Want, func() error) {
		again := q.Again()
		return again.Wants(), func() error { _, err := again.Answer(); return err }
	}
}

func (q *Question) bySession(w Who) (Who, error) {
	sn := q.session.Record.Body
	if !q.session.Found || sn.Epoch != w.Account.Epoch {
		return Who{}, errNobody
	}
	w.Session, w.Caller.Session, w.Caller.Proven = &sn, q.session.Record.ID, sn.Proof.holds(q.s.now())
	return w, w.Within(q.s.life, q.s.now())
}

func (q *Question) byToken(w Who) (Who, error) {
	t := q.token.Record.Body
	if !q.token.Found || subtle.ConstantTimeCompare(t.Hash, q.c.hash[:]) != 1 {
		return Who{}, errNobody
	}
	if t.Epoch != w.Account.TokenEpoch || !q.s.now().Before(t.Ends) {
		return Who{}, errNobody
	}
	t.Hash = nil
	w.Token, w.Caller.Session, w.Caller.Limits = &t, q.token.Record.ID, t.Scopes
	if w.Caller.Limits == nil {
		w.Caller.Limits = access.Scopes{} // a token is never without limits
	}
	return w, nil
}

// errEnded says that a session is over.
var errEnded = &model.Error{Kind: model.ErrUnauthenticated, Public: "You have been signed out because some time has " +
	"passed. Please sign in again."}

// Within is nil when the session is inside the bounds, which a workspace may have made narrower. API tokens have their
// own end.
func (w *Who) Within(l Lifetimes, now time.Time) error {
	if w.Session == nil {
		return nil
	}
	if l.Idle > 0 {
		w.idle = min(w.idle, l.Idle)
	}
	over := !now.Before(w.Session.Ends) || !now.Before(w.Session.Seen.Add(w.idle)) ||
		(l.Absolute > 0 && !now.Before(w.Session.Created.Add(l.Absolute)))
	if over {
		return errEnded
	}
	return nil
}

// Whoami resolves a credential for pages about one's own account.
func (s *Service) Whoami(ctx context.Context, c Credential) (Who, error) {
	q, err := s.Ask(c)
	if err != nil {
		return Who{}, err
	}
	if _, err := s.gate.Identify(ctx, nil, q.Wants()...); err != nil {
		return Who{}, hideGone(err)
	}
	return q.Answer()
}

// read reads an account to decide something about it. Nothing of it is shown, so it is no entry of the trail: what is
// decided is.
func (s *Service) read(ctx context.Context, id string) (Account, bool, error) {
	want := Accounts.Want(model.Account(id), main)
	_, err := s.gate.Identify(ctx, nil, want)
	if errors.Is(err, model.ErrLocked) {
		return Account{}, false, nil
	}
	return want.Record.Body, want.Found, err
}

// hideGone makes an account whose keys are gone look like one that never was.
func hideGone(err error) error {
	if errors.Is(err, model.ErrLocked) {
		return errNobody
	}
	return err
}

const (
	seenEvery = 5 * time.Minute
	usedEvery = 10 * time.Minute
)

// Touch notes, coarsely, that a session or token was used. It is called after the answer was made; its failure harms
// nobody.
func (s *Service) Touch(ctx context.Context, w Who) error {
	now := s.now()
	switch {
	case w.Session != nil && now.Sub(w.Session.Seen) >= min(seenEvery, w.idle/4):
		_, err := Sessions.Update(ctx, s.gate, records.By(s.caller(w, "session"), access.SessionUse).
			On(w.Caller.Session),
			func(sn *Session) error {
				if now.After(sn.Seen) {
					sn.Seen = now
				}
				return nil
			})
		return ignore(err, model.ErrNotFound) // it was ended in between
	case w.Token != nil && now.Sub(w.Token.Used) >= usedEvery:
		_, err := Tokens.Update(ctx, s.gate, records.By(s.caller(w, "token"), access.TokenUse).On(w.Caller.Session),
			func(t *Token) error {
				if now.After(t.Used) {
					t.Used = now
				}
				return nil
			})
		return ignore(err, model.ErrNotFound)
	}
	return nil
}

// caller is the product acting in somebody's account.
func (s *Service) caller(w Who, job string) access.Caller {
	c := system(w.Caller.Scope, job, w.client)
	c.Session = w.Caller.Session
	return c
}

func ignore(err, kind error) error {
	if errors.Is(err, kind) {
		return nil
	}
	return err
}
