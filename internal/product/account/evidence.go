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

// Oneself is a person who acts in their own account: an identity.Identity.
type Oneself interface {
	Self() access.Caller // in the scope of their account
	Person() Person
	Proof() Proof // the last one of the session
}

// signedIn refuses a caller who does not use a session.
func signedIn(who Oneself) (access.Caller, Person, error) {
	c := who.Self()
	if c.Role != access.Self || c.Limits != nil {
		return c, Person{}, errNobody
	}
	return c, who.Person(), nil
}

// Evidence is what is stored about a credential: the account, and the session or token. Its Wants are read in one batch
// with whatever else identifies the caller.
type Evidence struct {
	s       *Service
	c       Credential
	account *records.Wanted[Account]
	session *records.Wanted[Session]
	token   *records.Wanted[Token]
}

// Holder is the person whose credential it is, as stored at the time of this request.
type Holder struct {
	Account Account  // without the password's hash
	Session *Session // nil for an API token
	Token   *Token   // nil for a session; without the hash
	Proven  bool     // whether the session's proof still counts
}

var errNobody = &model.Error{Kind: model.ErrUnauthenticated, Public: "Please sign in."}

// Evidence prepares to read what is stored about a credential. Without a credential the error is ErrUnauthenticated.
func (s *Service) Evidence(c Credential) (*Evidence, error) {
	if !c.Known() {
		return nil, errNobody
	}
	scope := model.Account(c.account)
	e := &Evidence{s: s, c: c, account: accounts.Want(scope, main)}
	if c.IsToken() {
		e.token = tokens.Want(scope, c.token)
	} else {
		e.session = sessions.Want(scope, c.session)
	}
	return e, nil
}

// Wants are the documents that must be read.
func (e *Evidence) Wants() []records.Want {
	if e.token != nil {
		return []records.Want{e.account, e.token}
	}
	return []records.Want{e.account, e.session}
}

// Again prepares to read the same documents again, to find out whether the credential is still valid.
func (e *Evidence) Again() *Evidence {
	again, _ := e.s.Evidence(e.c) // cannot fail: e has a credential
	return again
}

// Holder returns whose credential it is, after the Wants were read. If it is no longer valid, the error is
// ErrUnauthenticated.
func (e *Evidence) Holder() (Holder, error) {
	a := e.account.Record.Body
	if !e.account.Found || a.State != Active {
		return Holder{}, errNobody
	}
	a.Password = ""
	if e.token != nil {
		return e.byToken(a)
	}
	return e.bySession(a)
}

func (e *Evidence) bySession(a Account) (Holder, error) {
	sn := e.session.Record.Body
	if !e.session.Found || sn.Epoch != a.Epoch {
		return Holder{}, errNobody
	}
	now := e.s.now()
	if err := sn.Within(e.s.life, now); err != nil {
		return Holder{}, err
	}
	return Holder{Account: a, Session: &sn, Proven: sn.Proof.holds(a.Factors, now)}, nil
}

func (e *Evidence) byToken(a Account) (Holder, error) {
	t := e.token.Record.Body
	if !e.token.Found || subtle.ConstantTimeCompare(t.Hash, e.c.hash[:]) != 1 {
		return Holder{}, errNobody
	}
	if t.Epoch != a.TokenEpoch || !e.s.now().Before(t.Ends) {
		return Holder{}, errNobody
	}
	t.Hash = nil
	return Holder{Account: a, Token: &t}, nil
}

// errEnded is the error for a session that has expired.
var errEnded = &model.Error{Kind: model.ErrUnauthenticated, Public: "Your session has expired. Please sign in again."}

// Within returns nil if the session has not expired.
func (sn *Session) Within(l Lifetimes, now time.Time) error {
	over := !now.Before(sn.Ends) || (l.Idle > 0 && !now.Before(sn.Seen.Add(l.Idle))) ||
		(l.Absolute > 0 && !now.Before(sn.Created.Add(l.Absolute)))
	if over {
		return errEnded
	}
	return nil
}

// read reads an account in order to decide something. It leaves no entry in the trail, because nothing is disclosed;
// the decision leaves one.
func (s *Service) read(ctx context.Context, id string) (Account, bool, error) {
	want := accounts.Want(model.Account(id), main)
	_, err := s.gate.Identify(ctx, nil, want)
	if errors.Is(err, model.ErrLocked) {
		return Account{}, false, nil
	}
	return want.Record.Body, want.Found, err
}

const (
	seenEvery = 5 * time.Minute
	usedEvery = 10 * time.Minute
)

// SessionUsed records when a session was last used, at most once every few minutes. Idle sessions expire by that time.
func (s *Service) SessionUsed(ctx context.Context, who Oneself, sn Session, idle time.Duration) error {
	now := s.now()
	if now.Sub(sn.Seen) < min(seenEvery, idle/4) {
		return nil
	}
	_, err := sessions.Update(ctx, s.gate, records.By(s.caller(who, "session"), access.SessionUse).
		On(who.Self().Session),
		func(sn *Session) error {
			if now.After(sn.Seen) {
				sn.Seen = now
			}
			return nil
		})
	return ignore(err, model.ErrNotFound) // the session was ended in the meantime
}

// TokenUsed records when an API token was last used, at most every ten minutes.
func (s *Service) TokenUsed(ctx context.Context, who Oneself, t Token) error {
	now := s.now()
	if now.Sub(t.Used) < usedEvery {
		return nil
	}
	_, err := tokens.Update(ctx, s.gate, records.By(s.caller(who, "token"), access.TokenUse).On(who.Self().Session),
		func(t *Token) error {
			if now.After(t.Used) {
				t.Used = now
			}
			return nil
		})
	return ignore(err, model.ErrNotFound)
}

// caller is the system acting in a person's account.
func (s *Service) caller(who Oneself, job string) access.Caller {
	self := who.Self()
	c := system(self.Scope, job, who.Person().Client)
	c.Session = self.Session
	return c
}

func ignore(err, kind error) error {
	if errors.Is(err, kind) {
		return nil
	}
	return err
}
