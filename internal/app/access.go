package app

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/operate/posture"
	"github.com/tinyoperahouse/toh/internal/product/policy"
)

const (
	// accessOld is after how long without an attestation nothing is said of today. There is one each hour.
	accessOld = 3 * attestEvery
	// accessShared is how long one reading answers everybody who asks, since anybody can.
	accessShared = 10 * time.Second
)

// publicAccess is what the public page of access asks for.
type publicAccess struct {
	app   *App
	cloud bool

	mu   sync.Mutex
	last posture.Brief
	read time.Time
}

// Access is what the last attestation found.
func (p *publicAccess) Access(ctx context.Context) (policy.Access, error) {
	if !p.cloud {
		return policy.Access{}, nil
	}
	brief, err := p.brief(ctx)
	if err != nil {
		return policy.Access{}, err
	}
	return accessOf(brief, p.app.ground.clock.Now()), nil
}

func (p *publicAccess) brief(ctx context.Context) (posture.Brief, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.app.ground.clock.Now()
	if !p.read.IsZero() && now.Sub(p.read) < accessShared && !now.Before(p.read) {
		return p.last, nil
	}
	brief, err := p.app.LastAttestation(ctx)
	if err != nil && !errors.Is(err, model.ErrNotFound) {
		return posture.Brief{}, err
	}
	p.last, p.read = brief, now
	return brief, nil
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
