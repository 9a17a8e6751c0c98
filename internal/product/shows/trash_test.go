package shows_test

import (
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/shows"
)

func (c *company) trash(t testing.TB, who string, r records.Record[shows.Report]) {
	t.Helper()
	must[records.Record[shows.Report]](t)(c.s.TrashReport(t.Context(), c.people[who], r.ID, 0))
}

func (c *company) count(t testing.TB, who string, in shows.ReportList) int {
	t.Helper()
	return len(must[records.Page[shows.Report]](t)(c.s.Reports(t.Context(), c.people[who], in)).Records)
}

func (c *company) inTrash(t testing.TB, who string) int {
	t.Helper()
	return len(must[records.Page[shows.Report]](t)(c.s.TrashedReports(t.Context(), c.people[who], shows.ListInput{})).
		Records)
}

func TestTheTrashHidesAndGivesBack(t *testing.T) {
	t.Parallel()
	c := open(t)
	p := c.production(t, "Tosca")
	filed, draft := c.in(t, p.ID, shows.Accepted), c.in(t, p.ID, shows.Draft)
	c.trash(t, "organizer", filed)
	c.trash(t, "author", draft)
	for name, who := range c.people {
		if got := c.count(t, name, shows.ReportList{}) + c.count(t, name, shows.ReportList{Search: "night"}) +
			c.count(t, name, shows.ReportList{State: shows.Accepted}); got != 0 {
			t.Errorf("%s finds %d in lists", name, got)
		}
		for _, id := range []string{filed.ID, draft.ID} {
			for what, err := range map[string]error{
				"read":     second(c.s.Report(t.Context(), who, id)),
				"versions": second(c.s.Versions(t.Context(), who, id)),
				"seen":     second(c.s.SeenBy(t.Context(), who, id)),
			} {
				if kindOf(err) != model.ErrNotFound {
					t.Errorf("%s for %s: %v", what, name, err)
				}
			}
		}
	}
	if _, err := c.s.AmendReport(t.Context(), c.people["management"], filed.ID, 0, "r",
		shows.ReportInput{}); kindOf(err) != model.ErrNotFound {
		t.Errorf("amending in the trash: %v", err)
	}
	for name, want := range map[string]int{"management": 1, "organizer": 1, "author": 1, "other": 0} {
		if got := c.inTrash(t, name); got != want {
			t.Errorf("%s sees %d in the trash, want %d", name, got, want)
		}
	}
	if _, err := c.s.TrashedReports(t.Context(), c.people["viewer"],
		shows.ListInput{}); kindOf(err) != model.ErrDenied {
		t.Errorf("a viewer looks into the trash: %v", err)
	}
	back := must[records.Record[shows.Report]](t)(c.s.RestoreReport(t.Context(), c.people["management"], filed.ID))
	if back.Body.State != shows.Accepted || back.Body.Number != filed.Body.Number ||
		c.count(t, "viewer", shows.ReportList{}) != 1 || c.inTrash(t, "organizer") != 0 {
		t.Errorf("restored %+v", back.Body)
	}
	must[records.Record[shows.Report]](t)(c.s.RestoreReport(t.Context(), c.people["author"], draft.ID))
}

func TestTheTrashIsEmptiedAfterExactlyThirtyDays(t *testing.T) {
	t.Parallel()
	c := open(t)
	p := c.production(t, "Tosca")
	old := c.in(t, p.ID, shows.Filed)
	old = must[records.Record[shows.Report]](t)(c.s.AmendReport(t.Context(), c.people["author"], old.ID, 0, "r",
		shows.ReportInput{Text: ptr("x")}))
	kept, other := c.in(t, p.ID, shows.Filed), join(t, c.Fixture)
	foreign := other.in(t, other.production(t, "Tosca").ID, shows.Filed)
	c.trash(t, "organizer", old)
	other.trash(t, "organizer", foreign)
	empty := func(want int) {
		t.Helper()
		if got := must[int](t)(c.s.EmptyTrash(t.Context(), c.system())); got != want {
			t.Errorf("emptied %d, want %d", got, want)
		}
	}
	c.Clock.Advance(30*day - time.Microsecond)
	empty(0)
	if c.inTrash(t, "organizer") != 1 {
		t.Error("gone from the trash too early")
	}
	c.Clock.Advance(time.Microsecond)
	if c.inTrash(t, "organizer") != 0 {
		t.Error("still offered after 30 days")
	}
	if _, err := c.s.RestoreReport(t.Context(), c.people["organizer"], old.ID); kindOf(err) != model.ErrNotFound {
		t.Errorf("restored after 30 days: %v", err)
	}
	empty(1)
	empty(0)
	c.goneForGood(t, old.ID, kept.ID, foreign.ID)
}

func (c *company) goneForGood(t testing.TB, gone, kept, foreign string) {
	t.Helper()
	versions := must[records.Page[shows.Version]](t)(versionKind.Find(t.Context(), c.Gate.Serving(),
		records.By(c.system(), access.TrashEmpty), records.Find{Query: "all"}))
	if len(versions.Records) != 1 || versions.Records[0].Body.Report != kept {
		t.Errorf("%d versions are left", len(versions.Records))
	}
	docs, err := c.Store.GetAll(t.Context(), reportKind.Ref(c.scope, gone), reportKind.Ref(c.scope, kept))
	if err != nil || docs[0] != nil || docs[1] == nil {
		t.Errorf("documents %v, %v", docs, err)
	}
	filter := audit.Filter{Action: access.TrashEmpty, Outcome: audit.Done}
	records := map[string]bool{}
	for _, e := range must[audit.Page](t)(c.Trail.List(t.Context(), c.scope, filter, 100, "")).Entries {
		records[e.Record] = true
	}
	for _, want := range []string{"reports/" + gone, "versions/" + gone + "-1", "versions/" + gone + "-2"} {
		if !records[want] {
			t.Errorf("no entry of the removal of %s", want)
		}
	}
	if records["reports/"+kept] || records["reports/"+foreign] {
		t.Error("an entry of a removal that was not")
	}
}

func TestOnlyTheSystemEmptiesTheTrash(t *testing.T) {
	t.Parallel()
	c := open(t)
	for name, who := range c.people {
		if _, err := c.s.EmptyTrash(t.Context(), who); kindOf(err) != model.ErrDenied {
			t.Errorf("%s empties the trash: %v", name, err)
		}
	}
}

func TestATrashedProductionTakesItsRunWithItAndLeavesItsReports(t *testing.T) {
	t.Parallel()
	c := open(t)
	p, q := c.production(t, "Tosca"), c.production(t, "Carmen")
	night, stays := c.performance(t, p.ID, "2026-03-14", "1930"), c.performance(t, q.ID, "2026-03-14", "2000")
	report, unfiled := c.in(t, p.ID, shows.Filed), c.in(t, p.ID, shows.Draft)
	organizer := c.people["organizer"]
	must[records.Record[shows.Production]](t)(c.s.TrashProduction(t.Context(), organizer, p.ID, p.Version))
	tonight := must[[]shows.Playing](t)(c.s.PerformancesBetween(t.Context(), c.people["author"],
		night.Body.Start.Add(-time.Hour), night.Body.Start.Add(time.Hour), 50))
	if len(tonight) != 1 || tonight[0].Performance.ID != stays.ID || tonight[0].Production.Body.Title != "Carmen" {
		t.Errorf("tonight %+v", tonight)
	}
	if list := must[records.Page[shows.Production]](t)(c.s.Productions(t.Context(), organizer, shows.ListInput{})); len(
		list.Records) != 1 {
		t.Errorf("%d productions are offered", len(list.Records))
	}
	for what, err := range map[string]error{
		"read": second(c.s.Production(t.Context(), organizer, p.ID)),
		"run":  second(c.s.PerformancesOf(t.Context(), organizer, p.ID, shows.ListInput{})),
		"change": second(c.s.UpdateProduction(t.Context(), organizer, p.ID, 0,
			shows.ProductionInput{Title: ptr("x")})),
		"schedule": second(c.s.CreatePerformance(t.Context(), organizer, p.ID,
			shows.PerformanceInput{Day: ptr("2026-03-15"), Start: ptr("1930")})),
		"again": second(c.s.TrashProduction(t.Context(), organizer, p.ID, 0)),
	} {
		if kindOf(err) != model.ErrNotFound {
			t.Errorf("%s a production in the trash: %v", what, err)
		}
	}
	if _, err := c.s.FileReport(t.Context(), c.people["author"], unfiled.ID, 0); kindOf(err) != model.ErrInvalid {
		t.Errorf("filing for a production in the trash: %v", err)
	}
	c.Clock.Advance(30 * day)
	if got := must[int](t)(c.s.EmptyTrash(t.Context(), c.system())); got != 1 {
		t.Errorf("emptied %d", got)
	}
	docs, err := c.Store.GetAll(t.Context(), productionKind.Ref(c.scope, p.ID), performanceKind.Ref(c.scope,
		night.ID), performanceKind.Ref(c.scope, stays.ID))
	if err != nil || docs[0] != nil || docs[1] != nil || docs[2] == nil {
		t.Errorf("left: %v, %v", docs, err)
	}
	if got := must[records.Record[shows.Report]](t)(c.s.Report(t.Context(), c.people["viewer"],
		report.ID)); got.Body.ProductionTitle != "Tosca" {
		t.Errorf("the report of a removed production: %+v", got.Body)
	}
}

func TestRestoredInBetweenIsKept(t *testing.T) {
	t.Parallel()
	c := open(t)
	p := c.production(t, "Tosca")
	night := c.performance(t, p.ID, "2026-03-14", "1930")
	organizer := c.people["organizer"]
	must[records.Record[shows.Production]](t)(c.s.TrashProduction(t.Context(), organizer, p.ID, 0))
	must[records.Record[shows.Performance]](t)(c.s.TrashPerformance(t.Context(), organizer, night.ID, 0))
	c.Clock.Advance(29 * day)
	if n := len(must[records.Page[shows.Production]](t)(c.s.TrashedProductions(t.Context(), organizer,
		shows.ListInput{})).Records); n != 1 {
		t.Errorf("%d productions in the trash", n)
	}
	if n := len(must[records.Page[shows.Performance]](t)(c.s.TrashedPerformances(t.Context(), organizer,
		shows.ListInput{})).Records); n != 1 {
		t.Errorf("%d performances in the trash", n)
	}
	must[records.Record[shows.Production]](t)(c.s.RestoreProduction(t.Context(), organizer, p.ID))
	must[records.Record[shows.Performance]](t)(c.s.RestorePerformance(t.Context(), organizer, night.ID))
	c.Clock.Advance(2 * day)
	if got := must[int](t)(c.s.EmptyTrash(t.Context(), c.system())); got != 0 {
		t.Errorf("emptied %d", got)
	}
	for what, err := range map[string]error{
		"production":  second(c.s.RestoreProduction(t.Context(), organizer, p.ID)),
		"performance": second(c.s.RestorePerformance(t.Context(), organizer, night.ID)),
	} {
		if kindOf(err) != model.ErrConflict {
			t.Errorf("restoring a %s that is not in the trash: %v", what, err)
		}
	}
}
