package shows_test

import (
	"sync"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/shows"
	"github.com/tinyoperahouse/toh/internal/product/wallclock"
)

func (c *company) nights(t testing.TB, production string) []records.Record[shows.Performance] {
	t.Helper()
	page := must[records.Page[shows.Performance]](t)(c.s.PerformancesOf(t.Context(), c.people["organizer"], production,
		shows.ListInput{Limit: 500}))
	return page.Records
}

// inMarch is a company on the evening of 10 March 2026.
func inMarch(t testing.TB) *company {
	t.Helper()
	c := open(t)
	c.Clock.Advance(time.Date(2026, 3, 10, 20, 0, 0, 0, time.UTC).Sub(c.Clock.Now()))
	return c
}

func runOf(id, start string, days ...string) shows.RunInput {
	return shows.RunInput{ID: id, Days: days, PerformanceInput: shows.PerformanceInput{Start: &start}}
}

// In the night to 29 March 2026 the clocks of Berlin skip the hour after two.
func TestRunIsScheduledWholeOrNotAtAll(t *testing.T) {
	t.Parallel()
	c := open(t)
	p := c.production(t, "Tosca")
	organizer := c.people["organizer"]
	id := model.NewID()
	_, err := c.s.CreateRun(t.Context(), organizer, p.ID, runOf(id, "0230", "2026-03-27", "2026-03-28", "2026-03-29"))
	if kindOf(err) != model.ErrInvalid || model.FieldTexts(err)["start"] == "" {
		t.Fatalf("a time that the clocks skip: %v", err)
	}
	if left := c.nights(t, p.ID); len(left) != 0 {
		t.Fatalf("a refused run left %d performances", len(left))
	}
	in := runOf(id, "1930", "2026-03-29", "2026-03-27", "2026-03-28")
	made := must[[]records.Record[shows.Performance]](t)(c.s.CreateRun(t.Context(), organizer, p.ID, in))
	if len(made) != 3 || len(c.nights(t, p.ID)) != 3 {
		t.Fatalf("%d made, %d there", len(made), len(c.nights(t, p.ID)))
	}
	for i, n := range c.nights(t, p.ID) {
		if n.Body.Number != i+1 {
			t.Errorf("performance %d of the calendar has number %d", i+1, n.Body.Number)
		}
	}
	if _, err := c.s.CreateRun(t.Context(), organizer, p.ID, runOf(id, "1930", "2026-03-27", "2026-03-28",
		"2026-03-29")); err != nil {
		t.Errorf("the same run once more: %v", err)
	}
	for name, other := range map[string]shows.RunInput{
		"another time": runOf(id, "2000", "2026-03-27", "2026-03-28", "2026-03-29"),
		"other days":   runOf(id, "1930", "2026-04-27", "2026-04-28"),
		"one day less": runOf(id, "1930", "2026-03-27", "2026-03-28"),
		"another house": {ID: id, Days: in.Days, PerformanceInput: shows.PerformanceInput{Start: ptr("1930"),
			HouseOpen: ptr("19:00")}},
	} {
		if _, err := c.s.CreateRun(t.Context(), organizer, p.ID, other); kindOf2(err) != model.ErrReused {
			t.Errorf("%s under the same id: %v", name, err)
		}
	}
	if n := len(c.nights(t, p.ID)); n != 3 {
		t.Errorf("%d performances in the end", n)
	}
}

func kindOf2(err error) error {
	for _, kind := range []error{model.ErrReused, model.ErrDoubtful} {
		if is(err, kind) {
			return kind
		}
	}
	return kindOf(err)
}

func TestWhatIsMadeTwiceAtOnceIsMadeOnce(t *testing.T) {
	t.Parallel()
	c := open(t)
	organizer := c.people["organizer"]
	id := model.NewID()
	add := func(title string) error {
		_, err := c.s.CreateProduction(t.Context(), organizer, shows.ProductionInput{ID: id, Title: &title,
			Zone: ptr("UTC")})
		return err
	}
	together(t, 3, func() error { return add("Norma") })
	page := must[records.Page[shows.Production]](t)(c.s.Productions(t.Context(), organizer, shows.ListInput{}))
	if len(page.Records) != 1 {
		t.Fatalf("%d productions", len(page.Records))
	}
	if err := add("Aida"); kindOf2(err) != model.ErrReused {
		t.Errorf("another production under the same id: %v", err)
	}
	night := model.NewID()
	schedule := func(start string) error {
		_, err := c.s.CreatePerformance(t.Context(), organizer, id, shows.PerformanceInput{ID: night,
			Day: ptr("2026-03-20"), Start: &start})
		return err
	}
	together(t, 3, func() error { return schedule("1930") })
	if n := len(c.nights(t, id)); n != 1 {
		t.Fatalf("%d performances", n)
	}
	if err := schedule("2000"); kindOf2(err) != model.ErrReused {
		t.Errorf("another performance under the same id: %v", err)
	}
}

func together(t *testing.T, n int, do func() error) {
	t.Helper()
	var wait sync.WaitGroup
	for range n {
		wait.Go(func() {
			if err := do(); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
}

func TestNumbersFollowTheCalendar(t *testing.T) {
	t.Parallel()
	c := inMarch(t)
	p := c.production(t, "Tosca")
	organizer := c.people["organizer"]
	c.performance(t, p.ID, "2026-03-20", "1930")
	later := c.performance(t, p.ID, "2026-03-24", "1930")
	c.performance(t, p.ID, "2026-03-22", "1930")
	numbers := func(want ...int) {
		t.Helper()
		for i, n := range c.nights(t, p.ID) {
			if n.Body.Number != want[i] {
				t.Errorf("%s has number %d, want %d", n.Body.Day, n.Body.Number, want[i])
			}
		}
	}
	numbers(1, 2, 3)
	now := c.nights(t, p.ID)[2]
	if now.ID != later.ID {
		t.Fatal("the calendar is out of order")
	}
	moved := must[records.Record[shows.Performance]](t)(c.s.UpdatePerformance(t.Context(), organizer, later.ID,
		now.Version, shows.PerformanceInput{Day: ptr("2026-03-19")}))
	if moved.Body.Number != 1 {
		t.Errorf("moved to the front it has number %d", moved.Body.Number)
	}
	numbers(1, 2, 3)
	chosen := must[records.Record[shows.Performance]](t)(c.s.UpdatePerformance(t.Context(), organizer, later.ID, 0,
		shows.PerformanceInput{Number: 7}))
	if chosen.Body.Number != 7 {
		t.Errorf("number %d", chosen.Body.Number)
	}
	numbers(7, 8, 9)
	must[records.Record[shows.Performance]](t)(c.s.UpdatePerformance(t.Context(), organizer, later.ID, 0,
		shows.PerformanceInput{Counted: true}))
	numbers(1, 2, 3)
	c.Clock.Advance(time.Date(2026, 3, 21, 12, 0, 0, 0, time.UTC).Sub(c.Clock.Now()))
	c.performance(t, p.ID, "2026-03-18", "1930") // those of the 19th and 20th have been played as numbers 1 and 2
	numbers(4, 1, 2, 3)
}

func TestZoneOfAProductionAsksAboutPerformancesToCome(t *testing.T) {
	t.Parallel()
	for answer, want := range map[shows.Coming]string{
		shows.KeepClock: "2026-03-20T19:30:00Z", shows.KeepInstant: "2026-03-20T18:30:00Z",
		shows.KeepAll: "2026-03-20T19:30:00+01:00",
	} {
		t.Run(string(answer), func(t *testing.T) {
			c := inMarch(t)
			p := c.production(t, "Tosca")
			organizer := c.people["organizer"]
			past := c.performance(t, p.ID, "2026-03-01", "1930")
			coming := c.performance(t, p.ID, "2026-03-20", "1930")
			in := shows.ProductionInput{Zone: ptr("Europe/London")}
			if _, err := c.s.UpdateProduction(t.Context(), organizer, p.ID, 0, in); kindOf2(err) != model.ErrDoubtful ||
				model.FieldTexts(err)["coming"] == "" {
				t.Fatalf("nothing was asked: %v", err)
			}
			if r := must[records.Record[shows.Production]](t)(c.s.Production(t.Context(), organizer,
				p.ID)); r.Body.Venue.Zone != "Europe/Berlin" {
				t.Fatal("the zone changed before the answer")
			}
			in.Coming = answer
			must[records.Record[shows.Production]](t)(c.s.UpdateProduction(t.Context(), organizer, p.ID, 0, in))
			r := must[records.Record[shows.Performance]](t)(c.s.Performance(t.Context(), organizer, coming.ID))
			zone, err := wallclock.LoadZone(r.Body.Zone)
			if err != nil {
				t.Fatal(err)
			}
			if got := r.Body.Start.In(zone).Format(time.RFC3339); got != want {
				t.Errorf("it begins at %s, want %s", got, want)
			}
			old := must[records.Record[shows.Performance]](t)(c.s.Performance(t.Context(), organizer, past.ID))
			if old.Version != past.Version {
				t.Error("a performance that was played changed")
			}
		})
	}
}

// A production in the trash does not take the place of one that plays.
func TestTrashedPerformancesTakeNoPlace(t *testing.T) {
	t.Parallel()
	c := open(t)
	organizer := c.people["organizer"]
	gone, plays := c.production(t, "Gone"), c.production(t, "Plays")
	var days []string
	for day := range 20 {
		days = append(days, time.Date(2026, 4, 1+day, 0, 0, 0, 0, time.UTC).Format(time.DateOnly))
	}
	must[[]records.Record[shows.Performance]](t)(c.s.CreateRun(t.Context(), organizer, gone.ID,
		runOf("", "1500", days...)))
	night := c.performance(t, plays.ID, "2026-04-20", "1930")
	must[records.Record[shows.Production]](t)(c.s.TrashProduction(t.Context(), organizer, gone.ID, 0))
	list := must[[]shows.Playing](t)(c.s.PerformancesBetween(t.Context(), organizer, time.Date(2026, 4, 1, 0, 0, 0, 0,
		time.UTC), time.Date(2026, 5, 1, 0, 0, 0, 0, time.UTC), 8))
	if len(list) != 1 || list[0].Performance.ID != night.ID {
		t.Errorf("%d performances", len(list))
	}
}
