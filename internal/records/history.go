package records

import (
	"context"
	"fmt"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/audit"
	"github.com/tinyoperahouse/toh/internal/model"
)

// History reads the trail of the caller's scope, newest first. Reading it is itself an entry, durable before the page is returned.
func (g *Gate) History(ctx context.Context, c access.Caller, a access.Action, f audit.Filter, limit int, cursor string, notes ...Note) (audit.Page, error) {
	if err := g.mayRead(ctx, c, a, f, notes); err != nil {
		return audit.Page{}, err
	}
	page, err := g.trail.List(ctx, c.Scope, f, limit, cursor)
	if err != nil {
		return audit.Page{}, err
	}
	return page, g.trail.Disclose(ctx, audit.Of(c, a, f.Record, audit.Done, labels("", notes)))
}

// HistoryCounts counts the entries that each filter matches. It is for charts, and leaves one entry.
func (g *Gate) HistoryCounts(ctx context.Context, c access.Caller, a access.Action, filters []audit.Filter, notes ...Note) ([]int64, error) {
	if err := g.mayRead(ctx, c, a, audit.Filter{}, notes); err != nil {
		return nil, err
	}
	counts := make([]int64, len(filters))
	for i, f := range filters {
		n, err := g.trail.Count(ctx, c.Scope, f)
		if err != nil {
			return nil, err
		}
		counts[i] = n
	}
	return counts, g.trail.Disclose(ctx, audit.Of(c, a, "", audit.Done, labels("", notes)))
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
