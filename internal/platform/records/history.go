package records

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
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

// History reads a page of the trail of the caller's scope, newest first. Reading it is itself an entry, durable before
// anything is returned.
func (g *Gate) History(ctx context.Context, c access.Caller, a access.Action, f audit.Filter, limit int, cursor string,
	notes ...Note) (audit.Page, error) {
	page, _, err := g.Survey(ctx, c, a, Reading{Filter: f, Limit: limit, Cursor: cursor}, notes...)
	return page, err
}

// Survey is History with counts beside it. It leaves one entry for all.
func (g *Gate) Survey(ctx context.Context, c access.Caller, a access.Action, r Reading, notes ...Note) (audit.Page,
	[]int64, error) {
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
	if err := g.trail.Disclose(ctx, audit.Of(c, a, named(r.Filter.Record), audit.Done, labels("", notes))); err != nil {
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

// Looked reads up to pages pages of the trail as one look, with one entry. It reports whether there was more.
func (g *Gate) Looked(ctx context.Context, c access.Caller, a access.Action, f audit.Filter, limit,
	pages int) (list []*audit.Entry, more bool, err error) {
	if err := g.mayRead(ctx, c, a, f, nil); err != nil {
		return nil, false, err
	}
	cursor := ""
	for range pages {
		page, err := g.trail.List(ctx, c.Scope, f, limit, cursor)
		if err != nil {
			return nil, false, err
		}
		list = append(list, page.Entries...)
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	return list, cursor != "", g.trail.Disclose(ctx, audit.Of(c, a, named(f.Record), audit.Done, nil))
}

// OwnReadings are the latest entries of what the caller did by an action. They tell nobody anything new, and what they
// are read for has an entry of its own: so this leaves none.
func (g *Gate) OwnReadings(ctx context.Context, c access.Caller, a access.Action, since time.Time,
	limit int) ([]*audit.Entry, error) {
	if !access.Can(c, a) {
		return nil, nil
	}
	page, err := g.trail.List(ctx, c.Scope, audit.Filter{Since: since, Actor: c.Account, Action: a,
		Outcome: audit.Done}, limit, "")
	return page.Entries, err
}

// Export reads the trail to the end, newest first, and gives each entry to f. It leaves one entry, durable before f
// gets the first.
func (g *Gate) Export(ctx context.Context, c access.Caller, a access.Action, filter audit.Filter,
	f func(*audit.Entry) error, notes ...Note) error {
	if err := g.mayRead(ctx, c, a, filter, notes); err != nil {
		return err
	}
	for cursor, told := "", false; ; told = true {
		page, err := g.trail.List(ctx, c.Scope, filter, maxPage, cursor)
		if err == nil && !told {
			err = g.trail.Disclose(ctx, audit.Of(c, a, named(filter.Record), audit.Done, labels("", notes)))
		}
		if err != nil {
			return err
		}
		for _, e := range page.Entries {
			if err := f(e); err != nil {
				return err
			}
		}
		if cursor = page.Next; cursor == "" {
			return nil
		}
	}
}

// CheckTrail lets something check the trail of the caller's scope. What it finds tells nothing of what anybody wrote;
// the entry says that it was checked, and is durable before this returns.
func (g *Gate) CheckTrail(ctx context.Context, c access.Caller, check func(context.Context, model.Scope) error) error {
	if !access.Can(c, access.AuditCheck) {
		return refuse(ctx, g, false, c, access.AuditCheck, "", model.ErrDenied, nil)
	}
	if err := check(ctx, c.Scope); err != nil {
		return err
	}
	return g.trail.Disclose(ctx, audit.Of(c, access.AuditCheck, "", audit.Done, nil))
}

// named is a record's name, "" for a bare id.
func named(record string) string {
	if !strings.Contains(record, "/") {
		return ""
	}
	return record
}

// trailActions are those under which a trail is read.
var trailActions = []access.Action{access.AuditRead, access.AuditExport, access.ReportSeen}

func (g *Gate) mayRead(ctx context.Context, c access.Caller, a access.Action, f audit.Filter, notes []Note) error {
	if !slices.Contains(trailActions, a) {
		return fmt.Errorf("records: read a trail under %q: %w", a, ErrForeign)
	}
	if !access.Can(c, a) {
		return refuse(ctx, g, false, c, a, f.Record, model.ErrDenied, notes)
	}
	if c.Scope.Kind == model.WorkspaceScope {
		if err := audit.CheckRecord(f.Record); err != nil {
			return err
		}
	}
	if f.Outcome != "" && !audit.ValidOutcome(f.Outcome) {
		return fmt.Errorf("outcome %q: %w", f.Outcome, model.Invalid("There is no outcome %q.", string(f.Outcome)))
	}
	return nil
}
