package shows_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/shows"
)

func TestReportsAreListedByPerformanceNewestFirst(t *testing.T) {
	t.Parallel()
	c := open(t)
	p := c.production(t, "Tosca")
	var want []string
	for _, d := range []int{3, 1, 2, 5, 4} {
		night := c.performance(t, p.ID, fmt.Sprintf("2026-03-%02d", d), "19:30")
		c.file(t, c.draft(t, p.ID, shows.ReportInput{Performance: &night.ID, Title: ptr(fmt.Sprint("night ", d))}))
		want = append(want, fmt.Sprint("night ", d))
	}
	slices.Sort(want)
	slices.Reverse(want)
	for _, in := range []shows.ReportList{{Limit: 2}, {Limit: 2, Search: "night"}, {Limit: 2, Production: p.ID,
		State: shows.Filed, Type: "show"}} {
		var got []string
		for {
			page := must[records.Page[shows.Report]](t)(c.s.Reports(t.Context(), c.people["viewer"], in))
			for _, r := range page.Records {
				got = append(got, r.Body.Title)
			}
			if in.Cursor = page.Next; page.Next == "" {
				break
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%+v lists %q, want %q", in, got, want)
		}
	}
	from := time.Date(2026, 3, 2, 0, 0, 0, 0, time.UTC)
	if n := c.count(t, "viewer", shows.ReportList{From: from, Until: from.Add(48 * time.Hour)}); n != 2 {
		t.Errorf("%d within two days", n)
	}
}

func TestListsCanBeNarrowedByEveryCombination(t *testing.T) {
	t.Parallel()
	c := open(t)
	p, q := c.production(t, "Tosca"), c.production(t, "Carmen")
	night := c.performance(t, p.ID, "2026-03-14", "1930")
	hit := c.file(t, c.draft(t, p.ID, shows.ReportInput{Performance: &night.ID, Title: ptr("needle")}))
	c.in(t, q.ID, shows.Accepted)
	c.draft(t, q.ID, shows.ReportInput{Type: ptr("day-log")})
	for mask := range 1 << 6 {
		var in shows.ReportList
		for i, set := range []func(){
			func() { in.Production = p.ID }, func() { in.Performance = night.ID }, func() { in.Type = "show" },
			func() {
				in.State = shows.Filed
			}, func() { in.Author = c.people["author"].Account }, func() { in.Search = "needle" },
		} {
			if mask&(1<<i) != 0 {
				set()
			}
		}
		page := must[records.Page[shows.Report]](t)(c.s.Reports(t.Context(), c.people["management"], in))
		if !slices.ContainsFunc(page.Records, func(r records.Record[shows.Report]) bool { return r.ID == hit.ID }) {
			t.Errorf("%+v does not find it", in)
		}
		if only := in.Production != "" || in.Performance != "" || in.State != "" || in.Search != ""; only &&
			len(page.Records) != 1 {
			t.Errorf("%+v finds %d", in, len(page.Records))
		}
	}
	for _, in := range []shows.ReportList{{State: "lost"}, {Limit: 501}, {Limit: -1},
		{Search: strings.Repeat("x", 201)}, {Cursor: "made up"}} {
		if _, err := c.s.Reports(t.Context(), c.people["viewer"], in); kindOf(err) != model.ErrInvalid {
			t.Errorf("%+v: %v", in, err)
		}
	}
	if drafts := must[records.Page[shows.Report]](t)(c.s.Reports(t.Context(), c.people["author"],
		shows.ReportList{State: shows.Draft, Author: c.people["author"].Account})); len(drafts.Records) != 1 {
		t.Errorf("%d drafts", len(drafts.Records))
	}
}

func TestProductions(t *testing.T) {
	t.Parallel()
	c := open(t)
	organizer := c.people["organizer"]
	for name, in := range map[string]shows.ProductionInput{
		"no title":     {Zone: ptr("Europe/Berlin")},
		"no zone":      {Title: ptr("Tosca")},
		"unknown zone": {Title: ptr("Tosca"), Zone: ptr("Europe/Atlantis")},
		"ends before": {Title: ptr("Tosca"), Zone: ptr("UTC"), FirstDay: ptr("2026-03-02"),
			LastDay: ptr("2026-03-01")},
		"no day":           {Title: ptr("Tosca"), Zone: ptr("UTC"), FirstDay: ptr("March")},
		"long title":       {Title: ptr(strings.Repeat("x", 201)), Zone: ptr("UTC")},
		"card":             {Title: ptr("4111 1111 1111 1111"), Zone: ptr("UTC")},
		"card for a venue": {Title: ptr("Tosca"), VenueName: ptr("4111 1111 1111 1111"), Zone: ptr("UTC")},
		"many departments": {Title: ptr("Tosca"), Zone: ptr("UTC"), Departments: strings.Split(strings.Repeat("a,", 3)+
			"b,c", ",")},
	} {
		_, err := c.s.CreateProduction(t.Context(), organizer, in)
		if taken := name == "many departments"; (err == nil) != taken || !taken && (kindOf(err) != model.ErrInvalid ||
			len(model.FieldTexts(err)) == 0) {
			t.Errorf("%s: %v", name, err)
		}
	}
	p := c.production(t, " Tosca ")
	if p.Body.Title != "Tosca" || len(p.Body.Departments) != len(shows.DefaultDepartments()) {
		t.Errorf("production %+v", p.Body)
	}
	changed := must[records.Record[shows.Production]](t)(c.s.UpdateProduction(t.Context(), organizer, p.ID, p.Version,
		shows.ProductionInput{Departments: []string{"Sound", "sound", "Lights"}}))
	if !slices.Equal(changed.Body.Departments, []string{"Sound", "Lights"}) || changed.Body.Title != "Tosca" {
		t.Errorf("changed %+v", changed.Body)
	}
	if _, err := c.s.UpdateProduction(t.Context(), organizer, p.ID, p.Version, shows.ProductionInput{}); kindOf(
		err) != model.ErrStale {
		t.Errorf("an old version: %v", err)
	}
	for name, role := range roles {
		_, err := c.s.CreateProduction(t.Context(), c.people[name], shows.ProductionInput{Title: ptr("x"),
			Zone: ptr("UTC")})
		if may := role.AtLeast(access.Organizer); (err == nil) != may || !may && kindOf(err) != model.ErrDenied {
			t.Errorf("%s adds a production: %v", name, err)
		}
		if _, err := c.s.Production(t.Context(), c.people[name], p.ID); err != nil {
			t.Errorf("%s reads a production: %v", name, err)
		}
	}
}

func TestPerformances(t *testing.T) {
	t.Parallel()
	c := open(t)
	organizer := c.people["organizer"]
	p := c.production(t, "Tosca")
	late := c.performance(t, p.ID, "2026-03-15", "8pm")
	early := must[records.Record[shows.Performance]](t)(c.s.CreatePerformance(t.Context(), organizer, p.ID,
		shows.PerformanceInput{
			Day: ptr("2026-03-14"), Start: ptr("23:30"), HouseOpen: ptr("2300"), End: ptr("0145"), Type: ptr("gala"),
			Intervals: []shows.BreakInput{{Start: "0030", Minutes: 20}, {Minutes: 5}},
		}))
	b := early.Body
	if late.Body.Number != 1 || b.Number != 2 || b.End.Sub(b.Start) != 135*time.Minute ||
		b.Start.Sub(b.HouseOpen) != 30*time.Minute || b.Intervals[0].Start.Sub(b.Start) != time.Hour {
		t.Errorf("performance %+v", b)
	}
	run := must[records.Page[shows.Performance]](t)(c.s.PerformancesOf(t.Context(), c.people["viewer"], p.ID,
		shows.ListInput{}))
	if len(run.Records) != 2 || run.Records[0].ID != early.ID {
		t.Errorf("run %+v", run.Records)
	}
	for name, x := range map[string]struct {
		in    shows.PerformanceInput
		field string
	}{
		"no time": {shows.PerformanceInput{Day: ptr("2026-03-14")}, "start"},
		"no day":  {shows.PerformanceInput{Start: ptr("1930")}, "day"},
		"skipped": {shows.PerformanceInput{Day: ptr("2026-03-29"), Start: ptr("0230")}, "start"},
		"type": {shows.PerformanceInput{Day: ptr("2026-03-14"), Start: ptr("1930"), Type: ptr("party")},
			"type"},
		"state": {shows.PerformanceInput{Day: ptr("2026-03-14"), Start: ptr("1930"),
			Status: ptr(shows.PerformState("maybe"))}, "state"},
		"number": {shows.PerformanceInput{Day: ptr("2026-03-14"), Start: ptr("1930"), Number: -1}, "number"},
		"interval": {shows.PerformanceInput{Day: ptr("2026-03-14"), Start: ptr("1930"),
			Intervals: []shows.BreakInput{{Minutes: 241}}}, "intervals.0.minutes"},
		"house": {shows.PerformanceInput{Day: ptr("2026-03-14"), Start: ptr("1930"), HouseOpen: ptr("early")},
			"house_open"},
		"notes": {shows.PerformanceInput{Day: ptr("2026-03-14"), Start: ptr("1930"),
			Notes: ptr("4111111111111111")}, "notes"},
		"far away":     {shows.PerformanceInput{Start: ptr("9999-01-01T00:00:00Z")}, "start"},
		"no such date": {shows.PerformanceInput{Day: ptr("2026-02-30"), Start: ptr("1930")}, "day"},
	} {
		if _, err := c.s.CreatePerformance(t.Context(), organizer, p.ID, x.in); kindOf(err) != model.ErrInvalid ||
			model.FieldTexts(err)[x.field] == "" {
			t.Errorf("%s: %v %v", name, err, model.FieldTexts(err))
		}
	}
	moved := must[records.Record[shows.Performance]](t)(c.s.UpdatePerformance(t.Context(), organizer, late.ID,
		late.Version, shows.PerformanceInput{Start: ptr("7.30pm"), Status: ptr(shows.Cancelled)}))
	if moved.Body.Day != "2026-03-15" || moved.Body.Status != shows.Cancelled ||
		shows.PerformanceLabelOf(&moved.Body) != "No. 1, Sun 15 Mar 2026, 19:30" {
		t.Errorf("moved %+v", moved.Body)
	}
	if next := c.performance(t, p.ID, "2026-03-16", "1930"); next.Body.Number != 3 {
		t.Errorf("refused ones took numbers: %d", next.Body.Number)
	}
}
