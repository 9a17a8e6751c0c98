package api

import (
	"context"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/logging"
	"github.com/tinyoperahouse/toh/internal/product/program"
)

type allowance = program.Allowance

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
	left, err := a.draw(ctx, v, due)
	if err != nil { // the request is let pass: a failure to count must not stop the API
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

// draw debits requests from a token's allowance and returns what is left.
func (a *API) draw(ctx context.Context, v *visit, due int) (left float64, err error) {
	full := allowance{Left: a.limits.burst, At: a.limits.clock.Now()}
	err = a.o.Programs.Draw(ctx, v.who, full, func(b *allowance) {
		a.limits.refill(b)
		b.Left -= float64(due)
		b.Ends = a.limits.even(b).Add(time.Minute)
		left = b.Left
	})
	return left, err
}

// refill adds the allowance for the time that has passed. Clocks of instances differ a little, so it ignores negative
// times.
func (l *limiter) refill(b *allowance) {
	now := l.clock.Now()
	if passed := now.Sub(b.At).Seconds(); passed > 0 {
		b.Left, b.At = min(l.burst, b.Left+passed*l.rate), now
	}
}

// even is when the allowance will be full again.
func (l *limiter) even(b *allowance) time.Time {
	return b.At.Add(time.Duration((l.burst - b.Left) / l.rate * float64(time.Second)))
}
