package shows_test

import (
	"testing"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/shows"
)

// said is what a person gets to read of an error.
func said(t testing.TB, err error) string {
	t.Helper()
	return text(t, []any{kindOf(err).Error(), model.PublicText(err), model.FieldTexts(err)})
}

func TestForeignIDsLookLikeRandomOnes(t *testing.T) {
	t.Parallel()
	a := open(t)
	b := join(t, a.Fixture)
	p := b.production(t, "Canary Foreign")
	night := b.performance(t, p.ID, "2026-03-14", "1930")
	report := b.in(t, p.ID, shows.Filed)
	who, ctx := a.people["management"], t.Context()
	ways := map[string]func(id string) error{
		"report":      func(id string) error { return second(a.s.Report(ctx, who, id)) },
		"versions":    func(id string) error { return second(a.s.Versions(ctx, who, id)) },
		"difference":  func(id string) error { return second(a.s.Difference(ctx, who, id, 1, 1)) },
		"seen by":     func(id string) error { return second(a.s.SeenBy(ctx, who, id)) },
		"production":  func(id string) error { return second(a.s.Production(ctx, who, id)) },
		"performance": func(id string) error { return second(a.s.Performance(ctx, who, id)) },
		"run":         func(id string) error { return second(a.s.PerformancesOf(ctx, who, id, shows.ListInput{})) },
		"schedule": func(id string) error {
			return second(a.s.CreatePerformance(ctx, who, id, shows.PerformanceInput{Day: ptr("2026-03-14"),
				Start: ptr("1930")}))
		},
		"change production": func(id string) error {
			return second(a.s.UpdateProduction(ctx, who, id, 0, shows.ProductionInput{}))
		},
		"change performance": func(id string) error {
			return second(a.s.UpdatePerformance(ctx, who, id, 0, shows.PerformanceInput{}))
		},
		"trash production":  func(id string) error { return second(a.s.TrashProduction(ctx, who, id, 0)) },
		"trash performance": func(id string) error { return second(a.s.TrashPerformance(ctx, who, id, 0)) },
	}
	for name, step := range steps {
		ways[name] = func(id string) error { return step(ctx, a, who, id) }
	}
	for name, way := range ways {
		random := said(t, way(model.NewID()))
		for _, id := range []string{report.ID, p.ID, night.ID, report.ID + "-1", "../x", "", "A", "é"} {
			if err := way(id); kindOf(err) != model.ErrNotFound || said(t, err) != random {
				t.Errorf("%s of %q says %v, of a random id %s", name, id, err, random)
			}
		}
	}
}

func TestForeignReferencesAreRefusedAsRandomOnes(t *testing.T) {
	t.Parallel()
	a := open(t)
	b := join(t, a.Fixture)
	own, foreign := a.production(t, "Tosca"), b.production(t, "Carmen")
	night := b.performance(t, foreign.ID, "2026-03-14", "1930")
	second, author := a.production(t, "Aida"), a.people["author"]
	elsewhere := a.performance(t, second.ID, "2026-03-14", "1930")
	try := func(in shows.ReportInput) string {
		_, err := a.s.CreateReport(t.Context(), author, in)
		if kindOf(err) != model.ErrInvalid {
			t.Errorf("%+v: %v", in, err)
		}
		return said(t, err)
	}
	people := func(id string) shows.ReportInput {
		return shows.ReportInput{Production: &own.ID, Sections: []shows.SectionInput{{Department: "sound", Text: "x",
			Audience: access.Only(id)}}}
	}
	for name, same := range map[string][]string{
		"production": {try(shows.ReportInput{Production: &foreign.ID}),
			try(shows.ReportInput{Production: ptr(model.NewID())}), try(shows.ReportInput{}),
			try(shows.ReportInput{Production: ptr("../x")})},
		"performance": {try(shows.ReportInput{Production: &own.ID, Performance: &night.ID}),
			try(shows.ReportInput{Production: &own.ID, Performance: ptr(model.NewID())}),
			try(shows.ReportInput{Production: &own.ID, Performance: &elsewhere.ID})},
		"section": {try(people(b.people["viewer"].Account)), try(people(model.NewID())), try(people("no id"))},
		"report": {
			try(shows.ReportInput{Production: &own.ID, Audience: ptr(access.Only(b.people["viewer"].Account))}),
			try(shows.ReportInput{Production: &own.ID, Audience: ptr(access.Only(model.NewID()))}),
		},
		"owner": {
			try(shows.ReportInput{Production: &own.ID,
				Sections: []shows.SectionInput{{Department: "a", Owner: b.people["viewer"].Account}}}),
			try(shows.ReportInput{Production: &own.ID,
				Sections: []shows.SectionInput{{Department: "a", Owner: model.NewID()}}}),
		},
	} {
		for _, got := range same {
			if got != same[0] {
				t.Errorf("%s: %s and %s", name, same[0], got)
			}
		}
	}
}

func TestCursorsAndFiltersStayInTheirWorkspace(t *testing.T) {
	t.Parallel()
	a := open(t)
	b := join(t, a.Fixture)
	pa, pb := a.production(t, "Tosca"), b.production(t, "Carmen")
	for range 3 {
		a.in(t, pa.ID, shows.Filed)
		b.in(t, pb.ID, shows.Filed)
	}
	page := must[records.Page[shows.Report]](t)(b.s.Reports(t.Context(), b.people["viewer"],
		shows.ReportList{Limit: 2}))
	if page.Next == "" {
		t.Fatal("no next page")
	}
	if _, err := a.s.Reports(t.Context(), a.people["viewer"], shows.ReportList{Limit: 2, Cursor: page.Next}); kindOf(
		err) != model.ErrInvalid {
		t.Errorf("a foreign cursor: %v", err)
	}
	for _, in := range []shows.ReportList{{Production: pb.ID}, {Author: b.people["author"].Account}, {Search: "Carmen"},
		{Production: "no id"}, {Performance: "../x"}} {
		if got := must[records.Page[shows.Report]](t)(a.s.Reports(t.Context(), a.people["management"], in)); len(
			got.Records) != 0 {
			t.Errorf("%+v finds %d", in, len(got.Records))
		}
	}
}

func TestWhoLeftStaysWhereTheyWereNamed(t *testing.T) {
	t.Parallel()
	c := open(t)
	named := c.people["named"].Account
	section := shows.SectionInput{Department: "sound", Text: "x", Audience: access.Only(named), Owner: named}
	r := c.draft(t, c.production(t, "Tosca").ID, shows.ReportInput{Sections: []shows.SectionInput{section}})
	c.gone = []string{named}
	section.Text = "y"
	r = must[records.Record[shows.Report]](t)(c.s.UpdateReport(t.Context(), c.people["author"], r.ID, r.Version,
		shows.ReportInput{Sections: []shows.SectionInput{section}}))
	_, err := c.s.UpdateReport(t.Context(), c.people["author"], r.ID, 0,
		shows.ReportInput{Audience: ptr(access.Only(c.people["viewer"].Account, model.NewID()))})
	if kindOf(err) != model.ErrInvalid || model.FieldTexts(err)["people"] == "" {
		t.Errorf("a stranger is named: %v", err)
	}
	r = must[records.Record[shows.Report]](t)(c.s.UpdateReport(t.Context(), c.people["author"], r.ID, 0,
		shows.ReportInput{Sections: []shows.SectionInput{}}))
	if _, err := c.s.UpdateReport(t.Context(), c.people["author"], r.ID, 0,
		shows.ReportInput{Sections: []shows.SectionInput{section}}); kindOf(err) != model.ErrInvalid {
		t.Errorf("who left is named anew: %v", err)
	}
}
