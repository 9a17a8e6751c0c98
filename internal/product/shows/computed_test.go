package shows

import (
	"testing"
	"time"
)

func instant(t testing.TB, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func night(t testing.TB, start string, times ...StampInput) *Report {
	t.Helper()
	r := &Report{Type: "show", Zone: "Europe/Berlin", Start: instant(t, start)}
	p := problems{}
	p.putTimes(r, times)
	if len(p) > 0 {
		t.Fatal(p)
	}
	return r
}

func TestComputed(t *testing.T) {
	t.Parallel()
	r := night(t, "2026-01-10T22:30:00+01:00",
		StampInput{Event: FinalCurtain, Actual: "0118"},
		StampInput{Event: ActUp, N: 1, Actual: "2237"},
		StampInput{Event: "house-open", Scheduled: "2200", Actual: "2204"},
		StampInput{Event: ActDown, N: 1, Actual: "2350"},
		StampInput{Event: ActUp, N: 2, Actual: "0012"},
		StampInput{Event: ActDown, N: 2, Actual: "1:15 am"},
	)
	c := r.Computed()
	if c.RunTime != 73*time.Minute+63*time.Minute || c.ShowTime != 158*time.Minute || !c.Started || c.Late != 7 {
		t.Errorf("computed %+v", c)
	}
	if len(c.Intervals) != 1 || c.Intervals[0].Length != 22*time.Minute {
		t.Errorf("intervals %+v", c.Intervals)
	}
	if got := r.Times[0].Event; got != "house-open" {
		t.Errorf("the evening begins with %s", got)
	}
}

func TestComputedTakesTheFinalCurtainAndStampedIntervals(t *testing.T) {
	t.Parallel()
	r := night(t, "2026-01-10T19:30:00+01:00",
		StampInput{Event: ActUp, Scheduled: "1935", Actual: "1934"}, StampInput{Event: ActDown, Actual: "2030"},
		StampInput{Event: IntervalStart, Actual: "2032"}, StampInput{Event: IntervalEnd, Actual: "2050"},
		StampInput{Event: ActUp, N: 2, Actual: "2052"}, StampInput{Event: FinalCurtain, Actual: "2152"})
	c := r.Computed()
	if c.Late != -1 || c.RunTime != 116*time.Minute || c.ShowTime != 138*time.Minute ||
		c.Intervals[0].Length != 18*time.Minute {
		t.Errorf("computed %+v", c)
	}
}

func TestComputedSaysNothingThatIsNotKnown(t *testing.T) {
	t.Parallel()
	for name, r := range map[string]*Report{
		"nothing": night(t, "2026-01-10T19:30:00+01:00"),
		"only up": night(t, "2026-01-10T19:30:00+01:00", StampInput{Event: ActUp, Actual: "1930"}),
		"wrong order": night(t, "2026-01-10T19:30:00+01:00", StampInput{Event: ActUp, Actual: "2030"},
			StampInput{Event: ActDown, Actual: "1931"}),
	} {
		if c := r.Computed(); c.RunTime != 0 || c.ShowTime != 0 || len(c.Intervals) != 0 {
			t.Errorf("%s: %+v", name, c)
		}
	}
}

func TestComputedOverTheClockChange(t *testing.T) {
	t.Parallel()
	r := night(t, "2026-10-24T23:00:00+02:00",
		StampInput{Event: ActUp, Actual: "2305"}, StampInput{Event: ActDown, Actual: "0100"},
		StampInput{Event: ActUp, N: 2, Actual: "0250"}, StampInput{Event: ActDown, N: 2, Actual: "0210"})
	if c := r.Computed(); c.RunTime != 115*time.Minute+20*time.Minute {
		t.Errorf("run time %v: 2:50 to 2:10 that night are 20 minutes", c.RunTime)
	}
}

func TestTimesThatCannotBe(t *testing.T) {
	t.Parallel()
	for name, times := range map[string][]StampInput{
		"no such moment": {{Event: "lunch", Actual: "1200"}},
		"no time":        {{Event: ActUp, Actual: "later"}},
		"twice":          {{Event: ActUp, N: 1, Actual: "1930"}, {Event: ActUp, Actual: "1931"}},
		"act 21":         {{Event: ActUp, N: 21, Actual: "1930"}},
		"next year":      {{Event: ActUp, Actual: "2027-01-10T19:30:00Z"}},
		"too many":       make([]StampInput, maxStamps+1),
	} {
		p := problems{}
		p.putTimes(&Report{Zone: "Europe/Berlin", Start: instant(t, "2026-01-10T19:30:00+01:00")}, times)
		if len(p) == 0 {
			t.Errorf("%s is taken", name)
		}
	}
	p := problems{}
	night(t, "2026-01-10T19:30:00+01:00", StampInput{Event: ActUp, Actual: "2030"}, StampInput{Event: ActDown,
		Actual: "1931"}).checkTimes(p)
	if p["times"] == "" {
		t.Error("an act that came down before it went up is filed")
	}
}
