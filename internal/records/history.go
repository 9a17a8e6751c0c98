package records

import (
	"context"
	"fmt"

	"golang.org/x/sync/errgroup"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/audit"
	"github.com/tinyoperahouse/toh/internal/model"
)

// Reading asks for a page of the trail, and for how many entries some other filters match, for charts.
type Reading struct {
	Filter audit.Filter
	Limit  int // 1..500
	Cursor string
	Counts []audit.Filter
}

// maxCounts is how many counts are under way at once.
const maxCounts = 8

// History reads a page of the trail of the caller's scope, newest first. Reading it is itself an entry, durable before anything is
// returned.
func (g *Gate) History(ctx context.Context, c access.Caller, a access.Action, f audit.Filter, limit int, cursor string, notes ...Note) (audit.Page, error) {
	page, _, err := g.Survey(ctx, c, a, Reading{Filter: f, Limit: limit, Cursor: cursor}, notes...)
	return page, err
}

// Survey is History with counts beside it. It leaves one entry for all.
func (g *Gate) Survey(ctx context.Context, c access.Caller, a access.Action, r Reading, notes ...Note) (audit.Page, []int64, error) {
	if err := g.mayRead(ctx, c, a, r.Filter, notes); err != nil {
		return audit.Page{}, nil, err
	}
	counts, err := g.counts(ctx, c.Scope, r.Counts)
	if err != nil {
		return audit.Page{}, nil, err
	}
	page, err := g.trail.List(ctx, c.Scope, r.Filter, r.Limit, r.Cursor)
	if err != nil {
		return audit.Page{}, nil, err
	}
	if err := g.trail.Disclose(ctx, audit.Of(c, a, r.Filter.Record, audit.Done, labels("", notes))); err != nil {
		return audit.Page{}, nil, err
	}
	return page, counts, nil
}

func (g *Gate) counts(ctx context.Context, scope model.Scope, filters []audit.Filter) ([]int64, error) {
	counts := make([]int64, len(filters))
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(maxCounts)
	for i, f := range filters {
		group.Go(func() (err error) {
			counts[i], err = g.trail.Count(ctx, scope, f)
			return err
		})
	}
	return counts, group.Wait()
}

func (g *Gate) mayRead(ctx context.Context, c access.Caller, a access.Action, f audit.Filter, notes []Note) error {
	if !access.Can(c, a) {
		return refuse(ctx, g, false, c, a, f.Record, model.ErrDenied, notes)
	}
	if f.Outcome != "" && !audit.ValidOutcome(f.Outcome) {
		return fmt.Errorf("outcome %q: %w", f.Outcome, model.Invalid("There is no outcome %q.", string(f.Outcome)))
	}
	return nil
}
