package account

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/factor"
	"github.com/tinyoperahouse/toh/internal/product/passwords"
)

// Claim is what a person who is signed in gives to prove who they are: the password, with a code if the account has a
// second factor; or what a passkey answered.
type Claim struct {
	Password, Code string
	Passkey, Step  string
}

// Prove checks a claim, and records the proof in the session, where it is valid for some minutes. A refusal names the
// fields "proof" and "code". Nothing weaker does than what the account has.
func (s *Service) Prove(ctx context.Context, who Oneself, in Claim) (Proof, error) {
	c, p, err := signedIn(who)
	if err != nil {
		return Proof{}, err
	}
	if in.Passkey != "" {
		return s.proveByPasskey(ctx, c, p, in)
	}
	body, right, err := s.checkPassword(ctx, c, p.Client, in.Password)
	if err != nil {
		return Proof{}, err
	}
	if !body.Factors.On {
		if !right {
			return Proof{}, s.notProven(ctx, c, p.Client, "proof")
		}
		return s.proven(ctx, c, p, nil, func() ProvedBy { return ByPassword })
	}
	if !right {
		return Proof{}, s.notProven(ctx, c, p.Client, "proof", "code")
	}
	return s.proveByFactor(ctx, c, p, body, factor.Given{Code: in.Code})
}

func (s *Service) proveByPasskey(ctx context.Context, c access.Caller, p Person, in Claim) (Proof, error) {
	if err := s.allow(ctx, p.Client, provesOf(c)); err != nil {
		return Proof{}, err
	}
	body, found, err := s.read(ctx, c.Account)
	if err != nil || !found {
		return Proof{}, orElse(err, errNobody)
	}
	given, err := s.given(ctx, p.Client, Second{Passkey: in.Passkey, Step: in.Step}, factor.ToProve, c.Session)
	if errors.Is(err, factor.ErrOver) {
		return Proof{}, model.InvalidFields(map[string]string{"passkey": model.PublicText(err)})
	}
	if err != nil {
		return Proof{}, err
	}
	return s.proveByFactor(ctx, c, p, body, given, in.Step)
}

// proveByFactor takes a factor and records the proof, in one transaction.
func (s *Service) proveByFactor(ctx context.Context, c access.Caller, p Person, a Account, g factor.Given,
	steps ...string) (Proof, error) {
	bag := NewMailbag(s.post)
	var used factor.Used
	proof, err := s.proven(ctx, c, p, func(ctx context.Context, tx *records.Tx) error {
		bag.Empty()
		for _, step := range steps {
			if _, err := s.factors.Use(ctx, tx, origin(p.Client), factor.ToProve, step); err != nil {
				return err
			}
		}
		var err error
		if used, err = s.factors.Check(ctx, tx, c, c.Account, g); err != nil {
			return err
		}
		return s.tellUsed(ctx, tx, bag, a, used)
	}, func() ProvedBy {
		if used.By == factor.ByPasskey {
			return ByPasskey
		}
		return withPassword(used.By)
	})
	switch {
	case err == nil:
		bag.Send(ctx)
	case errors.Is(err, factor.ErrWrong) && g.Passkey == "":
		return Proof{}, s.notProven(ctx, c, p.Client, "proof", "code")
	case refusedFactor(err), errors.Is(err, factor.ErrOver):
		return Proof{}, s.notProvenBy(ctx, c, p, a, err)
	}
	return proof, err
}

// proven records a proof in the session, in one transaction with first.
func (s *Service) proven(ctx context.Context, c access.Caller, p Person, first func(context.Context, *records.Tx) error,
	by func() ProvedBy) (Proof, error) {
	var proof Proof
	err := s.gate.Change(ctx, func(ctx context.Context, tx *records.Tx) error {
		if first != nil {
			if err := first(ctx, tx); err != nil {
				return err
			}
		}
		_, err := sessions.Update(ctx, tx, records.By(c, access.PasswordCheck).With(notes(p.Client)...).On(c.Session),
			func(sn *Session) error {
				proof = Proof{s.now(), by()}
				sn.Proof = proof
				return nil
			})
		return err
	})
	if err != nil {
		return Proof{}, err
	}
	return proof, s.forgive(ctx, s.gate, system(model.Platform(), "limits", p.Client), provesOf(c).key)
}

// provesOf is the limit of proofs by one account.
func provesOf(c access.Caller) limit { return limit{"prove/" + c.Account, checksPerAccount, perPairIn} }

// checkPassword compares a password with that of a person who is signed in.
func (s *Service) checkPassword(ctx context.Context, c access.Caller, from Client, password string) (a Account, ok bool,
	err error) {
	if err := s.allow(ctx, from, provesOf(c)); err != nil {
		return a, false, err
	}
	a, found, err := s.read(ctx, c.Account)
	if err != nil || !found {
		return a, false, orElse(err, errNobody)
	}
	ok, _, err = s.hasher.Check(passwords.For(ctx, familiar(from, c.Account)), a.Password, password)
	return a, ok, err
}

// provePassword checks the password that a form asks for beside what it changes, before an action that nobody else must
// be able to do at a computer that was left unlocked. Without a second factor it is the proof of the action, too.
func (s *Service) provePassword(ctx context.Context, c *access.Caller, from Client, password, field string) (Account,
	error) {
	a, ok, err := s.checkPassword(ctx, *c, from, password)
	switch {
	case err != nil:
		return a, err
	case !ok:
		return a, s.notProven(ctx, *c, from, field)
	case !a.Factors.On:
		c.Proven = true
	case !c.Proven:
		return a, access.Proof(*c, access.PasswordChange)
	}
	return a, s.forgive(ctx, s.gate, system(model.Platform(), "limits", from), provesOf(*c).key)
}

var proofTexts = map[int]string{
	1: "This is not your password.",
	2: "Your password and the code do not both match. Use a code that you have not used yet.",
}

// notProven records that a proof was refused. If two things were asked for, it does not say which was wrong.
func (s *Service) notProven(ctx context.Context, c access.Caller, from Client, fields ...string) error {
	if err := s.gate.Note(ctx, s.gate, records.By(c, access.PasswordCheck).With(notes(from)...),
		"about/"+main, audit.Denied); err != nil {
		return err
	}
	texts := map[string]string{}
	for _, f := range fields {
		texts[f] = proofTexts[len(fields)]
	}
	return model.InvalidFields(texts)
}

// notProvenBy records that a passkey was refused, and why.
func (s *Service) notProvenBy(ctx context.Context, c access.Caller, p Person, a Account, refusal error) error {
	if err := s.gate.Note(ctx, s.gate, records.By(c, access.PasswordCheck).With(notes(p.Client)...).
		Note("factor", causeOf(refusal)), "about/"+main, audit.Denied); err != nil {
		return err
	}
	if errors.Is(refusal, factor.ErrCopied) {
		who := &suspect{account: c.Account, body: a}
		if err := s.tellOnce(ctx, p.Client, who, PasskeyCopied); err != nil {
			return err
		}
	}
	return model.InvalidFields(map[string]string{"passkey": model.PublicText(refusal)})
}

// binding is what a step keeps of the session or the waiting sign-in that it belongs to.
func binding(secret string) string {
	sum := sha256.Sum256([]byte("toh bound " + secret))
	return lower32.EncodeToString(sum[:])
}

// Challenge is what a browser passes on to a passkey, and the secret of the step that waits for the answer.
type Challenge struct {
	Options json.RawMessage `json:"options"`
	Step    string          `json:"step"`
}

// ChallengeToProve asks a passkey of a person who is signed in.
func (s *Service) ChallengeToProve(ctx context.Context, who Oneself) (Challenge, error) {
	c, p, err := signedIn(who)
	if err != nil {
		return Challenge{}, err
	}
	return s.challenge(ctx, p.Client, factor.Step{Purpose: factor.ToProve, Account: c.Account,
		Bound: binding(c.Session)})
}

// challenge asks a passkey of the step's account, or of whoever has one.
func (s *Service) challenge(ctx context.Context, c Client, step factor.Step) (Challenge, error) {
	if err := s.allow(ctx, c, around("passkey", c, challengesPerSource, perPairIn)...); err != nil {
		return Challenge{}, err
	}
	data, sent, err := s.factors.Challenge(ctx, step.Account)
	if err != nil {
		return Challenge{}, err
	}
	step.Data = data
	secret, err := s.factors.Start(ctx, s.gate, origin(c), step)
	return Challenge{Options: sent, Step: secret}, err
}
