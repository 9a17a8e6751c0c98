package account

import (
	"context"
	"errors"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/factor"
)

// Waiting is a sign-in whose password was right, and which waits for a second factor. Its secret is for the browser
// that gave the password.
type Waiting struct {
	Secret   string
	Ends     time.Time
	Passkeys bool // the account has one
}

// The limits of second factors. A passkey cannot be guessed, so only codes are counted for the account.
const (
	triesPerSignIn = 5
	codesPerDevice = 10 // by a device that the owner has used, within a quarter of an hour
	codesElsewhere = 20 // by all others together, within an hour
	codesTold      = 5  // wrong codes after which the owner is told, once a day
)

var errCodes = &model.Error{
	Kind: model.ErrTooMany,
	Public: "Too many codes were tried for this account. Please wait an hour, sign in on a device that you have used " +
		"before, or use a passkey.",
}

// wait stores that the password was right. The trail of the account says so, because from here on only the second
// factor keeps others out.
func (s *Service) wait(ctx context.Context, c Client, p *suspect, fresh string) (SignedIn, error) {
	w := &Waiting{Ends: s.now().Add(factor.StepLife), Passkeys: p.body.Factors.Passkeys && s.factors.Passkeys()}
	err := s.gate.Change(ctx, func(ctx context.Context, tx *records.Tx) error {
		var err error
		if w.Secret, err = s.factors.Start(ctx, tx, origin(c), factor.Step{Purpose: factor.ToFinish, Account: p.account,
			Epoch: p.body.Epoch, Factors: p.body.Factors.Epoch}); err != nil {
			return err
		}
		ask := records.By(system(model.Account(p.account), "sign-in", c), access.PasswordCheck).With(notes(c)...)
		if err := s.gate.Note(ctx, tx, ask, "about/"+main, audit.Done); err != nil {
			return err
		}
		return s.refresh(ctx, tx, c, p, fresh)
	})
	return SignedIn{Waiting: w}, err
}

func origin(c Client) factor.Origin { return factor.Origin{Request: c.Request, Trace: c.Trace} }

// Second is the second factor of a sign-in: a code, or what a passkey answered to a challenge.
type Second struct {
	Code          string
	Passkey, Step string
	Remember      bool // do not ask again in this browser for 30 days
}

// SecondStep completes a sign-in that waits. A wrong code, an old one, a used one and an unknown passkey are answered
// alike.
func (s *Service) SecondStep(ctx context.Context, c Client, secret string, in Second) (SignedIn, error) {
	step, err := s.factors.Try(ctx, origin(c), factor.ToFinish, secret, triesPerSignIn)
	if err != nil {
		return SignedIn{}, err
	}
	p, err := s.waiting(ctx, c, step)
	if err != nil {
		return SignedIn{}, err
	}
	given, err := s.given(ctx, c, in, factor.ToSecond, secret)
	if err != nil {
		return SignedIn{}, err
	}
	if in.Passkey == "" {
		if err := s.admitCode(ctx, c, p); err != nil {
			return SignedIn{}, err
		}
	}
	out, err := s.finish(ctx, c, p, secret, in, given)
	if refusedFactor(err) {
		return SignedIn{}, s.refuseFactor(ctx, c, p, err)
	}
	if err != nil || !in.Remember {
		return out, err
	}
	out.Known, err = s.newKnown(ctx, p.account, p.body.Factors)
	return out, err
}

// Waits reports whether a sign-in still waits for its second factor.
func (s *Service) Waits(ctx context.Context, c Client, secret string) (*Waiting, error) {
	step, err := s.factors.Peek(ctx, s.gate, origin(c), factor.ToFinish, secret)
	if err != nil {
		return nil, err
	}
	p, err := s.waiting(ctx, c, step)
	if err != nil {
		return nil, err
	}
	return &Waiting{Secret: secret, Ends: step.Ends, Passkeys: p.body.Factors.Passkeys && s.factors.Passkeys()}, nil
}

// waiting is whose sign-in waits. A change of password or factors, or the end of all sessions, ends it.
func (s *Service) waiting(ctx context.Context, c Client, step factor.Step) (*suspect, error) {
	body, found, err := s.read(ctx, step.Account)
	if err != nil {
		return nil, err
	}
	if !found || body.State != Active || body.Epoch != step.Epoch || body.Factors.Epoch != step.Factors {
		return nil, factor.ErrOver
	}
	p, err := s.find(ctx, c, body.Email)
	if err != nil {
		return nil, err
	}
	if p.account != step.Account {
		return nil, factor.ErrOver
	}
	p.body, p.hash = body, body.Password
	return p, nil
}

// given reads what a passkey was asked, if one answered.
func (s *Service) given(ctx context.Context, c Client, in Second, p factor.Purpose, bound string) (factor.Given,
	error) {
	if in.Passkey == "" {
		return factor.Given{Code: in.Code}, nil
	}
	asked, err := s.factors.Peek(ctx, s.gate, origin(c), p, in.Step)
	if err != nil || asked.Bound != binding(bound) {
		return factor.Given{}, orElse(err, factor.ErrOver)
	}
	return factor.Given{Passkey: in.Passkey, Data: asked.Data}, nil
}

// codesOf is the limit of codes for an account, from this client.
func (p *suspect) codesOf() limit {
	if p.device != "" {
		return limit{"code/device/" + p.device + "/" + p.account, codesPerDevice, perPairIn}
	}
	return limit{"code/" + p.account, codesElsewhere, time.Hour}
}

func (s *Service) admitCode(ctx context.Context, c Client, p *suspect) error {
	err := s.allow(ctx, c, p.codesOf())
	if errors.Is(err, model.ErrTooMany) {
		s.locked()
		return errCodes
	}
	return err
}

// finish opens the session, if the factor matches.
func (s *Service) finish(ctx context.Context, c Client, p *suspect, secret string, in Second, given factor.Given) (
	SignedIn, error) {
	bag := NewMailbag(s.post)
	out, err := s.begin(ctx, c, p.account, func(ctx context.Context, tx *records.Tx, session string) (opened, error) {
		bag.Empty()
		if _, err := s.factors.Use(ctx, tx, origin(c), factor.ToFinish, secret); err != nil {
			return opened{}, err
		}
		if in.Passkey != "" {
			if _, err := s.factors.Use(ctx, tx, origin(c), factor.ToSecond, in.Step); err != nil {
				return opened{}, err
			}
		}
		sys := system(model.Account(p.account), "sign-in", c)
		sys.Session = session
		used, err := s.factors.Check(ctx, tx, sys, p.account, given)
		if err != nil {
			return opened{}, err
		}
		if err := s.tellUsed(ctx, tx, bag, p.body, used); err != nil {
			return opened{}, err
		}
		if err := s.forgive(ctx, tx, system(model.Platform(), "limits", c), p.codesOf().key); err != nil {
			return opened{}, err
		}
		return opened{p.body, withPassword(used.By)}, s.enter(ctx, tx, c, p, session, "")
	})
	if err == nil {
		bag.Send(ctx)
	}
	return out, err
}

// withPassword is the way of somebody who gave the password, too.
func withPassword(k factor.Kind) ProvedBy {
	switch k {
	case factor.ByApp:
		return ByApp
	case factor.ByRecovery:
		return ByRecovery
	}
	return ByKey
}

// tellUsed mails the owner that a recovery code was used.
func (s *Service) tellUsed(ctx context.Context, tx *records.Tx, bag *Mailbag, a Account, used factor.Used) error {
	if used.By != factor.ByRecovery {
		return nil
	}
	return bag.Put(ctx, tx, s.addressed(Letter{Kind: RecoveryUsed, To: a.Email, ToName: a.Name,
		What: left(used.Left)}, ""))
}

// refusedFactor reports whether a factor was given, and did not do.
func refusedFactor(err error) bool {
	return errors.Is(err, factor.ErrWrong) || errors.Is(err, factor.ErrChanged) || errors.Is(err, factor.ErrCopied)
}

// refuseFactor records the refusal, with its cause, and tells the owner where somebody may have a copy of a passkey, or
// knows the password and guesses codes.
func (s *Service) refuseFactor(ctx context.Context, c Client, p *suspect, refusal error) error {
	ask := records.By(system(model.Account(p.account), "sign-in", c), access.SignIn).With(notes(c)...).
		Note("factor", causeOf(refusal))
	if err := s.gate.Note(ctx, s.gate, ask, "", audit.Denied); err != nil {
		return err
	}
	kind := PasskeyCopied
	if !errors.Is(refusal, factor.ErrCopied) {
		n, err := s.counted(ctx, c, p.codesOf().key)
		if err != nil || n < codesTold {
			return orElse(err, refusal)
		}
		kind = FactorGuessed
	}
	return orElse(s.tellOnce(ctx, c, p, kind), refusal)
}

func causeOf(refusal error) string {
	switch {
	case errors.Is(refusal, factor.ErrChanged):
		return "a passkey's backup flag changed"
	case errors.Is(refusal, factor.ErrCopied):
		return "a passkey's counter went back"
	}
	return "no match"
}
