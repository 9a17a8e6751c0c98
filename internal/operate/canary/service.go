package canary

import (
	"context"
	"errors"
	"fmt"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/operate/outside"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/account"
	"github.com/tinyoperahouse/toh/internal/product/promise"
	"github.com/tinyoperahouse/toh/internal/product/shows"
	"github.com/tinyoperahouse/toh/internal/product/workspace"
)

// Options are what a Service stands on.
type Options struct {
	Gate       *records.Gate
	Accounts   *account.Service
	Workspaces *workspace.Service
	Stage      *shows.Service
	Client     *outside.Client
	Log        TrailLog
	Kinds      []records.Declared // of all documents
	LeastCost  int                // of a password's hash
}

// Service makes the two workspaces and acts in them.
type Service struct{ o Options }

// New makes a Service.
func New(o Options) *Service { return &Service{o} }

// Make makes the two workspaces, and new tokens when the old ones are about to end. It continues what an earlier
// attempt began, and does nothing when nothing is missing.
func (s *Service) Make(ctx context.Context) error {
	by := records.By(system(), access.PromiseRead).On(thePair)
	r, err := pairs.Get(ctx, s.o.Gate, by)
	if errors.Is(err, model.ErrNotFound) {
		r, err = pairs.Create(ctx, s.o.Gate, records.By(system(), access.PromiseKeep).On(thePair), chosen())
	}
	if err != nil {
		return fmt.Errorf("canary: %w", err)
	}
	p, changed := r.Body, false
	for i := range p.Companies {
		c := &p.Companies[i]
		before := c.Renewed
		if !p.Complete {
			if err := s.make(ctx, c); err != nil {
				return fmt.Errorf("canary: %s: %w", c.Name, err)
			}
		}
		if err := s.renew(ctx, c); err != nil {
			return fmt.Errorf("canary: %s: %w", c.Name, err)
		}
		changed = changed || c.Renewed != before
	}
	if p.App == "" {
		if p.App, err = s.guard(ctx, &p.Companies[0]); err != nil {
			return fmt.Errorf("canary: second factor: %w", err)
		}
		changed = true
	}
	if p.Complete && !changed {
		return nil
	}
	p.Complete = true
	_, err = pairs.Update(ctx, s.o.Gate, records.By(system(), access.PromiseKeep).On(thePair).At(r.Version),
		func(have *pair) error {
			*have = p
			return nil
		})
	if err != nil {
		return fmt.Errorf("canary: %w", err)
	}
	return nil
}

// companies are the two workspaces. Before they are made there is a finding instead.
func (s *Service) companies(ctx context.Context) (one, two *company, f promise.Finding) {
	r, err := pairs.Get(ctx, s.o.Gate, records.By(system(), access.PromiseRead).On(thePair))
	if err == nil && r.Body.Complete {
		r.Body.Companies[0].readings, r.Body.Companies[0].app = r.Body.Readings, r.Body.App
		return &r.Body.Companies[0], &r.Body.Companies[1], f
	}
	const says = "The workspaces in which this is tried are not made yet."
	if err != nil && !errors.Is(err, model.ErrNotFound) {
		return nil, nil, undecided(says, err)
	}
	return nil, nil, promise.Undecided(says)
}
