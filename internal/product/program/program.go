package program

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/identity"
)

// Allowance is how many requests a token may still make, over all instances. Below 0 it is overdrawn.
type Allowance struct {
	Left float64   `json:"left"`
	At   time.Time `json:"at"`
	Ends time.Time `json:"ends"` // full again by then: the same as none
}

// replay records the result of a POST with an Idempotency-Key. It holds which record was created or changed, and not
// the answer: by the time of a repeated request the caller may no longer be allowed to read everything in it.
type replay struct {
	Body   string    `json:"body"`   // SHA-256 of what was sent
	Record string    `json:"record"` // "reports/<id>"
	Until  time.Time `json:"until"`
}

const replayLife = 24 * time.Hour // how long a key is remembered

var (
	allowances = records.Declare(records.Spec[Allowance]{
		Name: "allowances", In: model.AccountScope, Quiet: true, TTL: "ends",
		About: model.About{
			Heading: model.OfAccount, Name: "Allowances of API tokens",
			Purpose: "How many requests a token may still make, so that one program cannot slow down everybody.",
			Until:   "Until the token may make as many requests as a new one, some minutes after its last.",
		},
		Fields: []records.Field{{Name: "ends", Type: records.Time}},
		Under:  records.Under{records.Create: {access.TokenUse}, records.Change: {access.TokenUse}},
		Index:  func(a *Allowance) records.Fields { return records.Fields{"ends": a.Ends} },
	})
	replays = records.Declare(records.Spec[replay]{
		Under: records.Under{records.Read: {access.TokenUse}, records.Create: {access.TokenUse},
			records.Remove: {access.TokenUse}},
		Name: "replays", In: model.AccountScope, Quiet: true, TTL: "expires",
		About: model.About{
			Heading: model.OfAccount, Name: "Repeated requests",
			Purpose: "Which record a request of a program made, so that the same request, sent again, does not " +
				"make another.",
			Until: model.Span(replayLife) + " after the request.",
		},
		Fields: []records.Field{{Name: "expires", Type: records.Time}},
		Index:  func(r *replay) records.Fields { return records.Fields{"expires": r.Until} },
	})
)

// Kinds are all kinds of this package.
func Kinds() []records.Declared { return []records.Declared{replays, allowances} }

// Service is the use cases about programs. It is safe for concurrent use.
type Service struct{ gate *records.Gate }

// New makes a Service.
func New(gate *records.Gate) *Service { return &Service{gate} }

// keeper is the system, storing what belongs to a person's account.
func keeper(who identity.Identity) access.Caller {
	self := who.Self()
	return access.SystemCaller(self.Scope, "api", self.Request)
}

// Draw takes requests off the allowance of the caller's token; full is an allowance from which nothing was taken yet.
func (s *Service) Draw(ctx context.Context, who identity.Identity, full Allowance, take func(*Allowance)) error {
	token := records.By(keeper(who), access.TokenUse).On(who.Self().Session)
	change := func(a *Allowance) error { take(a); return nil }
	_, err := allowances.Update(ctx, s.gate, token, change)
	if !errors.Is(err, model.ErrNotFound) {
		return err
	}
	take(&full)
	_, err = allowances.Create(ctx, s.gate, token, full)
	if errors.Is(err, model.ErrConflict) { // another instance was faster
		_, err = allowances.Update(ctx, s.gate, token, change)
	}
	return err
}

// Earlier returns the id of the record of a kind that an earlier request with the same key created or changed, or "".
// key identifies the Idempotency-Key and what it was used for; sum is a hash of what was sent. A key that was used for
// a different request is a conflict.
func (s *Service) Earlier(ctx context.Context, who identity.Identity, key, kind, sum string) (string, error) {
	at := records.By(keeper(who), access.TokenUse).On(key)
	r, err := replays.Get(ctx, s.gate, at)
	switch {
	case errors.Is(err, model.ErrNotFound):
		return "", nil
	case err != nil:
		return "", err
	case !s.gate.Clock().Now().Before(r.Body.Until):
		err := replays.Delete(ctx, s.gate, at.At(r.Version))
		if errors.Is(err, model.ErrNotFound) || errors.Is(err, model.ErrStale) || errors.Is(err, model.ErrConflict) {
			return "", nil // somebody else was faster
		}
		return "", err
	case r.Body.Body != sum:
		return "", model.Conflict("This Idempotency-Key was used for a different request. Use a new one.")
	}
	return strings.TrimPrefix(r.Body.Record, kind+"/"), nil
}

// Remember returns what the caller of a change must carry, so that the key is stored in the transaction of the change
// itself: see Earlier.
func (s *Service) Remember(ctx context.Context, who identity.Identity, key, kind, sum string) (access.Companion,
	error) {
	c, err := replays.Companion(ctx, s.gate, records.By(keeper(who), access.TokenUse).On(key),
		func(changed []string) replay {
			i := slices.IndexFunc(changed, func(name string) bool { return strings.HasPrefix(name, kind+"/") })
			return replay{Body: sum, Record: changed[max(i, 0)], Until: s.gate.Clock().Now().Add(replayLife)}
		})
	if err != nil {
		return nil, err
	}
	return c, nil
}
