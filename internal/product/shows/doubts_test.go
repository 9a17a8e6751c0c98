package shows_test

import (
	"errors"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/shows"
)

var managersOnly = access.Audience{Level: access.Managers}

func is(err, kind error) bool { return errors.Is(err, kind) }

func TestDoubtfulPlansAreAskedAbout(t *testing.T) {
	t.Parallel()
	at := func(start string, more func(*shows.PerformanceInput)) shows.PerformanceInput {
		in := shows.PerformanceInput{Day: ptr("2026-03-20"), Start: &start}
		if more != nil {
			more(&in)
		}
		return in
	}
	for name, x := range map[string]struct {
		in    shows.PerformanceInput
		field string
	}{
		"house after curtain": {at("1930", func(in *shows.PerformanceInput) {
			in.HouseOpen = ptr("20:00")
		}), "house_open"},
		"house half a day ago": {at("1930", func(in *shows.PerformanceInput) {
			in.HouseOpen = ptr("7:00")
		}), "house_open"},
		"end before start": {at("1930", func(in *shows.PerformanceInput) { in.End = ptr("18:00") }), "end"},
		"end next morning": {at("1930", func(in *shows.PerformanceInput) { in.End = ptr("10:30") }), "end"},
		"early morning":    {at("7:30", nil), "start"},
		"same minute":      {shows.PerformanceInput{Day: ptr("2026-03-14"), Start: ptr("1930")}, "start"},
		"same number":      {at("1930", func(in *shows.PerformanceInput) { in.Number = 1 }), "number"},
		"interval outside": {at("1930", func(in *shows.PerformanceInput) {
			in.Intervals = []shows.BreakInput{{Start: "18:00", Minutes: 20}}
		}), "intervals"},
	} {
		t.Run(name, func(t *testing.T) {
			c := inMarch(t)
			p := c.production(t, "Tosca")
			organizer := c.people["organizer"]
			c.performance(t, p.ID, "2026-03-14", "1930")
			_, err := c.s.CreatePerformance(t.Context(), organizer, p.ID, x.in)
			if !is(err, model.ErrDoubtful) || model.FieldTexts(err)[x.field] == "" || len(model.FieldTexts(err)) != 1 {
				t.Fatalf("asked %v, want about %s: %v", model.FieldTexts(err), x.field, err)
			}
			if n := len(c.nights(t, p.ID)); n != 1 {
				t.Fatalf("%d performances before the answer", n)
			}
			x.in.Confirm = "0123456789abcdef01234567"
			if _, err := c.s.CreatePerformance(t.Context(), organizer, p.ID, x.in); !is(err, model.ErrDoubtful) {
				t.Fatalf("confirmed with something else: %v", err)
			}
			x.in.Confirm = model.ConfirmOf(err)
			made := must[records.Record[shows.Performance]](t)(c.s.CreatePerformance(t.Context(), organizer, p.ID,
				x.in))
			if n := len(c.nights(t, p.ID)); n != 2 {
				t.Fatalf("%d performances after the answer", n)
			}
			must[records.Record[shows.Performance]](t)(c.s.UpdatePerformance(t.Context(), organizer, made.ID, 0,
				shows.PerformanceInput{Notes: ptr("Bring cake.")}))
		})
	}
}

func TestUsualPlansAreNotAskedAbout(t *testing.T) {
	t.Parallel()
	c := inMarch(t)
	p := c.production(t, "Tosca")
	for _, in := range []shows.PerformanceInput{
		{Day: ptr("2026-03-20"), Start: ptr("1930"), HouseOpen: ptr("19:00"), End: ptr("22:30"),
			Intervals: []shows.BreakInput{{Start: "20:45", Minutes: 20}}},
		{Day: ptr("2026-03-20"), Start: ptr("1100"), HouseOpen: ptr("1030"), End: ptr("12:10")},
		{Day: ptr("2026-03-21"), Start: ptr("2330"), End: ptr("1:10"), HouseOpen: ptr("23:00")},
		{Day: ptr("2026-03-22"), Start: ptr("0:00"), HouseOpen: ptr("23:30")},
	} {
		must[records.Record[shows.Performance]](t)(c.s.CreatePerformance(t.Context(), c.people["organizer"], p.ID, in))
	}
}

func TestDoubtfulReportsAreAskedAboutWhenFiled(t *testing.T) {
	t.Parallel()
	show := func(times ...shows.StampInput) shows.ReportInput { return shows.ReportInput{Times: times} }
	for name, x := range map[string]struct {
		in    shows.ReportInput
		now   string
		field string
	}{
		"half a day late": {show(shows.StampInput{Event: shows.ActUp, N: 1, Actual: "7:32"}),
			"2026-03-16T00:00:00Z", "times.act-up.1"},
		"house after curtain": {show(shows.StampInput{Event: "house-open", Actual: "19:40"},
			shows.StampInput{Event: shows.ActUp, N: 1, Actual: "19:31"}), "2026-03-16T00:00:00Z", "times.house-open"},
		"cleared before the end": {show(shows.StampInput{Event: shows.ActUp, N: 1, Actual: "19:31"},
			shows.StampInput{Event: shows.ActDown, N: 1, Actual: "22:00"}, shows.StampInput{Event: "clear",
				Actual: "21:00"}), "2026-03-16T00:00:00Z", "times.clear"},
		"before it began":        {show(), "2026-03-14T18:00:00Z", "early"},
		"before its planned end": {show(), "2026-03-14T20:00:00Z", "early"},
	} {
		t.Run(name, func(t *testing.T) {
			c := inMarch(t)
			p := c.production(t, "Tosca")
			night := must[records.Record[shows.Performance]](t)(c.s.CreatePerformance(t.Context(),
				c.people["organizer"], p.ID, shows.PerformanceInput{
					Day: ptr("2026-03-14"), Start: ptr("1930"), End: ptr("2230"),
				}))
			now, err := time.Parse(time.RFC3339, x.now)
			if err != nil {
				t.Fatal(err)
			}
			c.Clock.Advance(now.Sub(c.Clock.Now()))
			x.in.Performance = &night.ID
			r := c.draft(t, p.ID, x.in)
			_, err = c.s.FileReport(t.Context(), c.people["author"], r.ID, r.Version)
			if !is(err, model.ErrDoubtful) || model.FieldTexts(err)[x.field] == "" || len(model.FieldTexts(err)) != 1 {
				t.Fatalf("asked %v, want about %s: %v", model.FieldTexts(err), x.field, err)
			}
			if asked := c.s.FilingDoubts(t.Context(), c.people["author"], r); model.ConfirmOf(asked) != model.ConfirmOf(
				err) {
				t.Error("the page asks something else than filing")
			}
			filed := must[records.Record[shows.Report]](t)(c.s.FileConfirmed(t.Context(), c.people["author"], r.ID,
				r.Version, model.ConfirmOf(err)))
			if filed.Body.State != shows.Filed || filed.Body.Number != 1 {
				t.Errorf("%s, number %d", filed.Body.State, filed.Body.Number)
			}
		})
	}
}

// A second report about one performance is asked about, unless the caller may not know of the first: then nothing
// reveals it.
func TestSecondReportIsAskedAbout(t *testing.T) {
	t.Parallel()
	for name, hidden := range map[string]bool{"open": false, "hidden": true} {
		t.Run(name, func(t *testing.T) {
			c := inMarch(t)
			p := c.production(t, "Tosca")
			night := c.performance(t, p.ID, "2026-03-08", "1930")
			begin := func(by string) records.Record[shows.Report] {
				in := shows.ReportInput{Production: &p.ID, Performance: &night.ID}
				if hidden {
					in.Audience = &managersOnly
				}
				return must[records.Record[shows.Report]](t)(c.s.CreateReport(t.Context(), c.people[by], in))
			}
			c.file(t, begin("author"))
			second := begin("other")
			_, err := c.s.FileReport(t.Context(), c.people["other"], second.ID, second.Version)
			if asked := is(err, model.ErrDoubtful) && model.FieldTexts(err)["second"] != ""; asked == hidden {
				t.Errorf("asked: %v", err)
			}
		})
	}
}

func TestAmendmentAsksOnlyAboutWhatItBrings(t *testing.T) {
	t.Parallel()
	c := inMarch(t)
	p := c.production(t, "Tosca")
	night := c.performance(t, p.ID, "2026-03-08", "1930")
	r := c.draft(t, p.ID, shows.ReportInput{Performance: &night.ID, Times: []shows.StampInput{{Event: shows.ActUp, N: 1,
		Actual: "19:31"}}})
	r = c.file(t, r)
	slip := shows.ReportInput{Times: []shows.StampInput{{Event: shows.ActUp, N: 1, Actual: "7:32"}}}
	_, err := c.s.AmendReport(t.Context(), c.people["author"], r.ID, r.Version, "The clock was wrong.", slip)
	if !is(err, model.ErrDoubtful) {
		t.Fatalf("not asked: %v", err)
	}
	slip.Confirm = model.ConfirmOf(err)
	r = must[records.Record[shows.Report]](t)(c.s.AmendReport(t.Context(), c.people["author"], r.ID, r.Version,
		"The clock was wrong.", slip))
	must[records.Record[shows.Report]](t)(c.s.AmendReport(t.Context(), c.people["author"], r.ID, r.Version, "A word.",
		shows.ReportInput{Text: ptr("Late, truly.")}))
}
