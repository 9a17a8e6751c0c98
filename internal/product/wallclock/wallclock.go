// Package wallclock is about times as the clocks of a venue show them: reading what people type, and finding the
// instant that they mean on an evening that may go on after midnight or through a change of the clocks.
//
// It must never depend on the time zone of the machine.
package wallclock

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	_ "time/tzdata" // zones of venues must not depend on the machine

	"github.com/tinyoperahouse/toh/internal/model"
)

// Time is a time as shown by a wall clock, in minutes after midnight.
type Time int

var (
	clockForm = regexp.MustCompile(`^([0-9]{1,2})[:.h]([0-9]{2})(am|pm)?$`)
	plainForm = regexp.MustCompile(`^([0-9]{1,2})([0-9]{2})(am|pm)?$`)
	hourForm  = regexp.MustCompile(`^([0-9]{1,2})()(am|pm)$`)
)

// Parse reads a time of day as people type it: 1932, 19:32, 19.32, 7.32pm, 7:32 PM, 7pm.
func Parse(text string) (Time, error) {
	s := strings.ToLower(strings.Join(strings.Fields(text), ""))
	s = strings.Replace(strings.Replace(s, "a.m.", "am", 1), "p.m.", "pm", 1)
	for _, form := range []*regexp.Regexp{clockForm, plainForm, hourForm} {
		if m := form.FindStringSubmatch(s); m != nil {
			return timeOfDay(m[1], m[2], m[3])
		}
	}
	return 0, notATime()
}

func notATime() error {
	return model.Invalid("This is not a time. Type it like 19:32, 1932 or 7.32pm.")
}

func timeOfDay(hours, minutes, half string) (Time, error) {
	h, _ := strconv.Atoi(hours)
	m, _ := strconv.Atoi("0" + minutes)
	switch {
	case m > 59, half == "" && h > 23, half != "" && (h < 1 || h > 12):
		return 0, notATime()
	case half == "am" && h == 12:
		h = 0
	case half == "pm" && h < 12:
		h += 12
	}
	return Time(60*h + m), nil
}

// String is the time as in "19:32".
func (t Time) String() string {
	return time.Date(2000, 1, 1, 0, int(t), 0, 0, time.UTC).Format("15:04")
}

// On returns the instants at which the clocks of a place show this time on a day: one; none, when that hour is skipped
// in spring; or two, the earlier first, when it comes twice in autumn.
func (t Time) On(day time.Time, zone *time.Location) []time.Time {
	y, m, d := day.Date()
	guess := time.Date(y, m, d, int(t)/60, int(t)%60, 0, 0, zone)
	var found []time.Time
	for shift := -3 * time.Hour; shift <= 3*time.Hour; shift += 30 * time.Minute {
		at := guess.Add(shift)
		if ay, am, ad := at.Date(); ay == y && am == m && ad == d && at.Hour()*60+at.Minute() == int(t) {
			found = append(found, at.UTC())
		}
	}
	slices.SortFunc(found, time.Time.Compare)
	return found
}

// Evening is what typed times are interpreted against: the place, and the scheduled instant of the curtain.
type Evening struct {
	Zone  *time.Location
	Start time.Time
}

// How far from the curtain a typed time can be: moments before the curtain up to 20 hours earlier, all others up to 20
// hours later.
const (
	near = 4 * time.Hour
	far  = 24*time.Hour - near
)

// At finds the instant that a typed time means. A time that would be long before the curtain is after midnight. If the
// clocks show the time twice, the first instant that is not before earlier is meant.
func (e Evening) At(text string, before bool, earlier time.Time) (time.Time, error) {
	if at, err := time.Parse(time.RFC3339, strings.TrimSpace(text)); err == nil {
		return e.bounded(at)
	}
	t, err := Parse(text)
	if err != nil {
		return time.Time{}, err
	}
	candidates := e.candidates(t, before)
	if len(candidates) == 0 {
		return time.Time{}, model.Invalid("The clocks skipped %s that night. Type a time that they showed.", t)
	}
	for _, at := range candidates {
		if !at.Before(earlier) {
			return at, nil
		}
	}
	return candidates[0], nil
}

// dayBegins is when a theatre's day begins: anything earlier belongs to the night before.
const dayBegins Time = 5 * 60

// InDay is At for what is not a moment of the show, like a get-in: a time between five in the morning and five the next
// morning.
func (e Evening) InDay(text string) (time.Time, error) {
	if at, err := time.Parse(time.RFC3339, strings.TrimSpace(text)); err == nil {
		return e.bounded(at)
	}
	t, err := Parse(text)
	if err != nil {
		return time.Time{}, err
	}
	day := e.Start.In(e.Zone).Add(-time.Duration(dayBegins) * time.Minute)
	if t < dayBegins {
		day = day.AddDate(0, 0, 1)
	}
	shown := t.On(day, e.Zone)
	if len(shown) == 0 {
		return time.Time{}, model.Invalid("The clocks skipped %s that night. Type a time that they showed.", t)
	}
	return shown[0], nil
}

func (e Evening) bounded(at time.Time) (time.Time, error) {
	if d := at.Sub(e.Start); d < -7*24*time.Hour || d > 7*24*time.Hour {
		return time.Time{}, model.Invalid("This is more than a week away from the performance.")
	}
	return at.UTC().Truncate(time.Second), nil
}

// candidates are the instants that show the time within the day around the curtain, by the clocks of the place.
func (e Evening) candidates(t Time, before bool) []time.Time {
	earliest := -near
	if before {
		earliest = -far
	}
	start := e.Start.In(e.Zone)
	curtain := Time(60*start.Hour() + start.Minute())
	after := time.Duration(t-curtain) * time.Minute // on the day itself
	switch {
	case after < earliest:
		return t.On(start.AddDate(0, 0, 1), e.Zone)
	case after >= earliest+24*time.Hour:
		return t.On(start.AddDate(0, 0, -1), e.Zone)
	}
	return t.On(start, e.Zone)
}

// LoadZone finds a time zone by its IANA name. "Local" and "" are not accepted.
func LoadZone(name string) (*time.Location, error) {
	if name == "" || name == "Local" || len(name) > 64 {
		return nil, model.Invalid("Choose a time zone, such as Europe/Berlin.")
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, model.Invalid("There is no time zone of this name. Choose one such as Europe/Berlin.")
	}
	return zone, nil
}

// ParseDay reads a date like 2026-03-14.
func ParseDay(text string) (time.Time, error) {
	day, err := time.Parse(time.DateOnly, strings.TrimSpace(text))
	if err != nil || day.Year() < 1900 || day.Year() > 2200 {
		return time.Time{}, model.Invalid("Type a date like 2026-03-14.")
	}
	return day, nil
}
