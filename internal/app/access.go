package app

import (
	"context"
	"errors"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/operate/posture"
	"github.com/tinyoperahouse/toh/internal/product/policy"
)

// accessOld is after how long without an attestation nothing is said of today. There is one each hour.
const accessOld = 3 * attestEvery

// publicAccess is what the public page of access asks for.
type publicAccess struct {
	shared[posture.Brief]
	cloud bool
}

func newPublicAccess(a *App, cloud bool) *publicAccess {
	return &publicAccess{shared[posture.Brief]{clock: a.ground.clock, fetch: a.attestation}, cloud}
}

// attestation is the last one; the zero one before there was any.
func (a *App) attestation(ctx context.Context) (posture.Brief, error) {
	brief, err := a.LastAttestation(ctx)
	if errors.Is(err, model.ErrNotFound) {
		return posture.Brief{}, nil
	}
	return brief, err
}

// Access is what the last attestation found.
func (p *publicAccess) Access(ctx context.Context) (policy.Access, error) {
	if !p.cloud {
		return policy.Access{}, nil
	}
	brief, err := p.get(ctx)
	if err != nil {
		return policy.Access{}, err
	}
	return accessOf(brief, p.clock.Now()), nil
}

// accessOf is what the public may know of an attestation. One of an older release did not count who can do what, which
// is the same as none.
func accessOf(b posture.Brief, now time.Time) policy.Access {
	a := policy.Access{Cloud: true}
	if b.Access == nil {
		return a
	}
	a.At, a.Old, a.Missing = b.At, now.Sub(b.At) > accessOld, b.Access.Missing
	for _, h := range b.Access.Held {
		a.Rows = append(a.Rows, policy.Holding{Ability: string(h.Ability), Role: h.Role, Holder: string(h.Holder),
			Count: h.Count, Expected: h.Expected()})
	}
	return a
}
