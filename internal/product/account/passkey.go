package account

import (
	"context"
	"errors"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/factor"
)

// errPasskey is the one answer to an unknown passkey, a removed one, and one of an account that is closed.
var errPasskey = &model.Error{
	Kind: model.ErrUnauthenticated,
	Public: "This passkey is not known here. Sign in with your password, and look under “Sign-in security” which " +
		"passkeys you have.",
}

// ChallengeToEnter asks whoever has a passkey of this installation.
func (s *Service) ChallengeToEnter(ctx context.Context, c Client) (Challenge, error) {
	return s.challenge(ctx, c, factor.Step{Purpose: factor.ToEnter})
}

// ChallengeSecond asks a passkey of the account whose sign-in waits.
func (s *Service) ChallengeSecond(ctx context.Context, c Client, secret string) (Challenge, error) {
	step, err := s.factors.Peek(ctx, s.gate, origin(c), factor.ToFinish, secret)
	if err != nil {
		return Challenge{}, err
	}
	return s.challenge(ctx, c, factor.Step{Purpose: factor.ToSecond, Account: step.Account, Bound: binding(secret)})
}

// Enter signs in by a passkey alone, which has asked its owner for a PIN or a finger. All refusals take equally long.
func (s *Service) Enter(ctx context.Context, c Client, step, answer string) (SignedIn, error) {
	start := time.Now()
	out, err := s.enterBy(ctx, c, step, answer)
	if err != nil {
		return SignedIn{}, s.even(ctx, start, err)
	}
	return out, nil
}

func (s *Service) enterBy(ctx context.Context, c Client, secret, answer string) (SignedIn, error) {
	asked, err := s.factors.Peek(ctx, s.gate, origin(c), factor.ToEnter, secret)
	if err != nil {
		return SignedIn{}, err
	}
	account := factor.Claimed(answer)
	if account == "" {
		return SignedIn{}, errPasskey
	}
	body, found, err := s.read(ctx, account)
	if err != nil {
		return SignedIn{}, err
	}
	if !found || body.State != Active || !body.Factors.Passkeys {
		return SignedIn{}, errPasskey
	}
	p, err := s.find(ctx, c, body.Email)
	if err != nil {
		return SignedIn{}, err
	}
	p.account, p.body, p.hash = account, body, body.Password
	out, err := s.begin(ctx, c, account, func(ctx context.Context, tx *records.Tx, session string) (opened, error) {
		if _, err := s.factors.Use(ctx, tx, origin(c), factor.ToEnter, secret); err != nil {
			return opened{}, err
		}
		sys := system(model.Account(account), "sign-in", c)
		sys.Session = session
		if _, err := s.factors.Check(ctx, tx, sys, account, factor.Given{Passkey: answer,
			Data: asked.Data}); err != nil {
			return opened{}, err
		}
		person := Person{ID: account, Name: body.Name, Email: body.Email, Session: session, Client: c}
		return opened{body, ByPasskey}, s.circle.Entered(ctx, tx, person)
	})
	if !refusedFactor(err) {
		return out, err
	}
	err = s.refuseFactor(ctx, c, p, err)
	if errors.Is(err, factor.ErrWrong) {
		err = errPasskey
	}
	return SignedIn{}, err
}
