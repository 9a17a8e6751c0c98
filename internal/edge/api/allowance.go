package api

import (
	"context"
	"errors"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/logging"
	"github.com/tinyoperahouse/toh/internal/platform/records"
)

// allowance is what is left of a token's requests, as all instances know it. Below 0 it is overdrawn.
type allowance struct {
	Left float64   `json:"left"`
	At   time.Time `json:"at"`
	Ends time.Time `json:"ends"` // full again by then: the same as none
}

var allowances = records.Declare(records.Spec[allowance]{
	Name: "allowances", In: model.AccountScope, Quiet: true, TTL: "ends",
	Fields: []records.Field{{Name: "ends", Type: records.Time}},
	Under:  records.Under{records.Create: {access.TokenUse}, records.Change: {access.TokenUse}},
	Index:  func(a *allowance) records.Fields { return records.Fields{"ends": a.Ends} },
})

// meter counts a request of a token and refuses it when the token has used up its allowance.
func (a *API) meter(ctx context.Context, v *visit) error {
	if a.limits.rate <= 0 {
		return nil
	}
	token := v.who.Self().Session
	due, ok := a.limits.pass(token)
	if !ok {
		return errTooFast
	}
	if due == 0 {
		return nil
	}
	left, err := a.draw(ctx, v.keeper(), token, due)
	if err != nil { // better a few too many than none at all
		a.limits.owe(token, due)
		logging.From(ctx).WarnContext(ctx, "allowance of a token not counted", "error", err)
		return nil
	}
	if !a.limits.settle(token, left) {
		return errTooFast
	}
	return nil
}

var errTooFast = &model.Error{Kind: model.ErrTooMany, Public: details[429]}

// draw takes requests off a token's account and gives what is left.
func (a *API) draw(ctx context.Context, c access.Caller, token string, due int) (float64, error) {
	left := 0.0
	take := func(b *allowance) error {
		a.limits.refill(b)
		b.Left -= float64(due)
		b.Ends = a.limits.even(b).Add(time.Minute)
		left = b.Left
		return nil
	}
	_, err := allowances.Update(ctx, a.o.Gate, records.By(c, access.TokenUse).On(token), take)
	if !errors.Is(err, model.ErrNotFound) {
		return left, err
	}
	fresh := allowance{Left: a.limits.burst, At: a.limits.clock.Now()}
	_ = take(&fresh)
	_, err = allowances.Create(ctx, a.o.Gate, records.By(c, access.TokenUse).On(token), fresh)
	if errors.Is(err, model.ErrConflict) { // another instance was faster
		_, err = allowances.Update(ctx, a.o.Gate, records.By(c, access.TokenUse).On(token), take)
	}
	return left, err
}

// refill adds what time has given. The clocks of instances differ a little: it never takes away.
func (l *limiter) refill(b *allowance) {
	now := l.clock.Now()
	if passed := now.Sub(b.At).Seconds(); passed > 0 {
		b.Left, b.At = min(l.burst, b.Left+passed*l.rate), now
	}
}

// even is when the account is full again.
func (l *limiter) even(b *allowance) time.Time {
	return b.At.Add(time.Duration((l.burst - b.Left) / l.rate * float64(time.Second)))
}
