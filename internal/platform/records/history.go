package records

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
)

// Reading asks for a page of the trail, and for the numbers of entries that some other filters match, for charts.
type Reading struct {
	Filter audit.Filter
	Limit  int // 1..500
	Cursor string
	Counts []audit.Filter
}

// History reads a page of the trail of the caller's scope, newest first. Reading it is itself an entry, durable before
// anything is returned.
func (g *Gate) History(ctx context.Context, a Ask, f audit.Filter, limit int, cursor string) (audit.Page, error) {
	page, _, err := g.Survey(ctx, a, Reading{Filter: f, Limit: limit, Cursor: cursor})
	return page, err
}

// Survey is History with counts beside it. It leaves one entry for all.
func (g *Gate) Survey(ctx context.Context, a Ask, r Reading) (audit.Page, []audit.Number, error) {
	if err := g.mayRead(ctx, a, r.Filter); err != nil {
		return audit.Page{}, nil, err
	}
	counts, err := g.trail.Counts(ctx, a.caller.Scope, r.Counts)
	if err != nil {
		return audit.Page{}, nil, err
	}
	page, err := g.trail.List(ctx, a.caller.Scope, r.Filter, r.Limit, r.Cursor)
	if err != nil {
		return audit.Page{}, nil, err
	}
	if err := g.trail.Disclose(ctx, a.entry(named(r.Filter.Record), audit.Done, "")); err != nil {
		return audit.Page{}, nil, err
	}
	return page, counts, nil
}

// Looked reads up to pages pages of the trail as one look, with one entry. It reports whether there was more.
func (g *Gate) Looked(ctx context.Context, a Ask, f audit.Filter, limit, pages int) (list []*audit.Entry, more bool,
	err error) {
	if err := g.mayRead(ctx, a, f); err != nil {
		return nil, false, err
	}
	cursor := ""
	for range pages {
		page, err := g.trail.List(ctx, a.caller.Scope, f, limit, cursor)
		if err != nil {
			return nil, false, err
		}
		list = append(list, page.Entries...)
		if cursor = page.Next; cursor == "" {
			break
		}
	}
	return list, cursor != "", g.trail.Disclose(ctx, a.entry(named(f.Record), audit.Done, ""))
}

// OwnReadings are the latest entries of what the caller did by an action, from one instant until another (exclusive;
// zero for now). They reveal nothing that the caller does not know, and what they are read for has an entry of its own,
// so this leaves none.
func (g *Gate) OwnReadings(ctx context.Context, a Ask, since, until time.Time, limit int) ([]*audit.Entry, error) {
	if !access.Can(a.caller, a.action) {
		return nil, nil
	}
	page, err := g.trail.List(ctx, a.caller.Scope, audit.Filter{Since: since, Until: until, Actor: a.caller.Account,
		Action: a.action, Outcome: audit.Done}, limit, "")
	return page.Entries, err
}

// Export reads the trail to the end, newest first, and calls f with each entry. It leaves one entry, which is durable
// before the first call of f.
func (g *Gate) Export(ctx context.Context, a Ask, filter audit.Filter, f func(*audit.Entry) error) error {
	if err := g.mayRead(ctx, a, filter); err != nil {
		return err
	}
	for cursor, told := "", false; ; told = true {
		page, err := g.trail.List(ctx, a.caller.Scope, filter, maxPage, cursor)
		if err == nil && !told {
			err = g.trail.Disclose(ctx, a.entry(named(filter.Record), audit.Done, ""))
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

// CheckTrail runs a check of the trail of the caller's scope. Its result reveals nothing that anybody wrote. The entry
// says that the trail was checked, and is durable before this returns.
func (g *Gate) CheckTrail(ctx context.Context, c access.Caller, check func(context.Context, model.Scope) error) error {
	a := By(c, access.AuditCheck)
	if !access.Can(c, a.action) {
		return a.refuse(ctx, g, false, "", model.ErrDenied)
	}
	if err := check(ctx, c.Scope); err != nil {
		return err
	}
	return g.trail.Disclose(ctx, a.entry("", audit.Done, ""))
}

// named is a record's name, "" for a bare id.
func named(record string) string {
	if !strings.Contains(record, "/") {
		return ""
	}
	return record
}

// trailActions are the actions under which a trail may be read.
var trailActions = []access.Action{access.AuditRead, access.AuditExport, access.ReportSeen}

func (g *Gate) mayRead(ctx context.Context, a Ask, f audit.Filter) error {
	if !slices.Contains(trailActions, a.action) {
		return fmt.Errorf("records: read a trail under %q: %w", a.action, ErrForeign)
	}
	if !access.Can(a.caller, a.action) {
		return a.refuse(ctx, g, false, f.Record, model.ErrDenied)
	}
	if a.caller.Scope.Kind == model.WorkspaceScope {
		if err := audit.CheckRecord(f.Record); err != nil {
			return err
		}
	}
	if f.Outcome != "" && !audit.ValidOutcome(f.Outcome) {
		return fmt.Errorf("outcome %q: %w", f.Outcome, model.Invalid("There is no outcome %q.", string(f.Outcome)))
	}
	return nil
}
