package shows_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/platform/records/recordstest"
	"github.com/tinyoperahouse/toh/internal/product/shows"
)

var (
	productionKind  = recordstest.KindOf[shows.Production](shows.Kinds())
	performanceKind = recordstest.KindOf[shows.Performance](shows.Kinds())
	reportKind      = recordstest.KindOf[shows.Report](shows.Kinds())
	versionKind     = recordstest.KindOf[shows.Version](shows.Kinds())
)

// company is a workspace with people in it, on the real gate.
type company struct {
	*recordstest.Fixture
	s      *shows.Service
	scope  model.Scope
	people map[string]access.Caller // by name; named is a viewer, other a second reporter
	gone   []string                 // accounts that are no longer members
}

var roles = map[string]access.Role{
	"management": access.Management, "organizer": access.Organizer, "author": access.Reporter, "other": access.Reporter,
	"viewer": access.Viewer, "named": access.Viewer,
}

func open(t testing.TB) *company {
	t.Helper()
	return join(t, recordstest.New(t, shows.Kinds()...))
}

// join makes another workspace in the same environment.
func join(t testing.TB, h *recordstest.Fixture) *company {
	t.Helper()
	c := &company{Fixture: h, scope: h.Workspace(t), people: map[string]access.Caller{}}
	for name, role := range roles {
		c.people[name] = access.Caller{Scope: c.scope, Account: model.NewID(), Name: "Name of " + name, Role: role,
			Request: "r-" + name}
	}
	c.s = shows.New(shows.Options{Gate: h.Gate, Clock: h.Clock, Members: c.members})
	return c
}

func (c *company) members(_ context.Context, by access.Caller, accounts []string) (map[string]string, error) {
	found := map[string]string{}
	for _, p := range c.people {
		if p.Scope == by.Scope && slices.Contains(accounts, p.Account) && !slices.Contains(c.gone, p.Account) {
			found[p.Account] = p.Name
		}
	}
	return found, nil
}

func (c *company) system() access.Caller {
	return access.SystemCaller(c.scope, "task:trash", "r-system")
}

func ptr[T any](v T) *T { return &v }

func must[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatalf("%v (fields %v)", err, model.FieldTexts(err))
		}
		return v
	}
}

func (c *company) production(t testing.TB, title string) records.Record[shows.Production] {
	t.Helper()
	return must[records.Record[shows.Production]](t)(c.s.CreateProduction(t.Context(), c.people["organizer"],
		shows.ProductionInput{
			Title: &title, VenueName: ptr("The Little House"), City: ptr("Berlin"), Zone: ptr("Europe/Berlin"),
		}))
}

func (c *company) performance(t testing.TB, production, day, start string) records.Record[shows.Performance] {
	t.Helper()
	return must[records.Record[shows.Performance]](t)(c.s.CreatePerformance(t.Context(), c.people["organizer"],
		production, shows.PerformanceInput{
			Day: &day, Start: &start,
		}))
}

func (c *company) draft(t testing.TB, production string, in shows.ReportInput) records.Record[shows.Report] {
	t.Helper()
	in.Production = &production
	return must[records.Record[shows.Report]](t)(c.s.CreateReport(t.Context(), c.people["author"], in))
}

func (c *company) file(t testing.TB, r records.Record[shows.Report]) records.Record[shows.Report] {
	t.Helper()
	return must[records.Record[shows.Report]](t)(c.s.FileReport(t.Context(), c.people["author"], r.ID, r.Version))
}

// in brings a filed report into a state.
func (c *company) in(t testing.TB, production string, state shows.State) records.Record[shows.Report] {
	t.Helper()
	r := c.draft(t, production, shows.ReportInput{Title: ptr("A night"),
		Sections: []shows.SectionInput{{Department: "sound", Text: "Fine."}}})
	if state == shows.Draft {
		return r
	}
	r = c.file(t, r)
	to := must[records.Record[shows.Report]](t)
	switch state {
	case shows.Accepted:
		r = to(c.s.AcceptReport(t.Context(), c.people["organizer"], r.ID, r.Version))
	case shows.Queried:
		r = to(c.s.QueryReport(t.Context(), c.people["organizer"], r.ID, r.Version, "Is this all?"))
	}
	return r
}

// kindOf is the kind of an error, for tables.
func kindOf(err error) error {
	for _, kind := range []error{
		model.ErrNotFound, model.ErrConflict, model.ErrStale, model.ErrDenied, model.ErrInvalid, model.ErrTooLarge,
		model.ErrUnavailable, model.ErrLocked,
	} {
		if errors.Is(err, kind) {
			return kind
		}
	}
	return err
}

const day = 24 * time.Hour
