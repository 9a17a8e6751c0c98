package factor

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
)

// ErrOver is the answer to a step that was used, has expired, or never was.
var ErrOver = &model.Error{
	Kind:   model.ErrUnauthenticated,
	Public: "This took too long, or was tried too often. Please start again.",
}

// Start stores a step, and returns its secret.
func (s *Service) Start(ctx context.Context, v records.Via, from Origin, step Step) (secret string, err error) {
	raw := make([]byte, 32)
	_, _ = rand.Read(raw) // never fails
	secret = base64.RawURLEncoding.EncodeToString(raw)
	step.Issued = s.now()
	step.Ends = step.Issued.Add(StepLife)
	_, err = steps.Create(ctx, v, from.keep().On(stepID(step.Purpose, secret)), step)
	return secret, err
}

func stepID(p Purpose, secret string) string {
	sum := sha256.Sum256([]byte("toh step " + string(p) + " " + secret))
	return lower32.EncodeToString(sum[:])
}

// Peek returns a step without using it.
func (s *Service) Peek(ctx context.Context, v records.Via, from Origin, p Purpose, secret string) (Step, error) {
	if len(secret) != base64.RawURLEncoding.EncodedLen(32) {
		return Step{}, ErrOver
	}
	r, err := steps.Get(ctx, v, from.keep().On(stepID(p, secret)))
	if errors.Is(err, model.ErrNotFound) || (err == nil && (r.Body.Purpose != p || !s.now().Before(r.Body.Ends))) {
		return Step{}, ErrOver
	}
	return r.Body, err
}

// Try records an attempt before it is made, so that parallel ones cannot exceed the limit.
func (s *Service) Try(ctx context.Context, from Origin, p Purpose, secret string, most int) (Step, error) {
	step, err := s.Peek(ctx, s.gate, from, p, secret)
	if err != nil {
		return step, err
	}
	_, err = steps.Update(ctx, s.gate, from.keep().On(stepID(p, secret)), func(t *Step) error {
		if t.Tries >= most {
			return ErrOver
		}
		t.Tries++
		return nil
	})
	if errors.Is(err, model.ErrNotFound) {
		err = ErrOver
	}
	return step, err
}

// Use reads a step and deletes it, within a transaction, so that it works once.
func (s *Service) Use(ctx context.Context, tx *records.Tx, from Origin, p Purpose, secret string) (Step, error) {
	step, err := s.Peek(ctx, tx, from, p, secret)
	if err != nil {
		return step, err
	}
	return step, steps.Delete(ctx, tx, from.keep().On(stepID(p, secret)))
}

// Origin is the request that a step is kept for.
type Origin struct{ Request, Trace string }

func (o Origin) keep() records.Ask {
	c := access.SystemCaller(model.Platform(), "sign-in", o.Request)
	c.Trace = o.Trace
	return records.By(c, access.StepKeep)
}
