package shows

import (
	"fmt"
	"strings"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/wallclock"
)

// Performance is one performance of a production, as it is stored.
type Performance struct {
	Production string       `json:"production"`
	Number     int          `json:"number"`            // of the run
	Counted    bool         `json:"counted,omitempty"` // the number follows the calendar; otherwise somebody chose it
	Type       string       `json:"type"`              // a key of PerformanceTypes
	Start      time.Time    `json:"start"`
	Zone       string       `json:"zone"` // of the venue, as it was when the performance was scheduled
	Day        string       `json:"day"`  // the local date
	HouseOpen  time.Time    `json:"house_open,omitzero"`
	Intervals  []Break      `json:"intervals,omitempty"`
	End        time.Time    `json:"end,omitzero"` // expected
	Notes      string       `json:"notes,omitempty"`
	Status     PerformState `json:"state"`
	Trashed    *Done        `json:"trashed,omitempty"`
	Made       string       `json:"made,omitempty"` // the fingerprint of the input that it was made from
}

func (p *Performance) madeOf() string { return p.Made }

// Break is a planned interval.
type Break struct {
	Start   time.Time `json:"start,omitzero"`
	Minutes int       `json:"minutes"`
}

// PerformState is whether a performance takes place.
type PerformState string

// The states of a performance.
const (
	Scheduled PerformState = "scheduled"
	Cancelled PerformState = "cancelled"
)

// performances is the kind of all performances.
var performances = records.Declare(records.Spec[Performance]{
	Name: "performances",
	In:   model.WorkspaceScope,
	About: model.About{
		Heading: model.OfShows, Name: "Performances",
		Purpose: "When and where a show takes place, and what it was like: times, house, state.",
		Until:   untilTrashed,
	},
	Label: PerformanceLabelOf,
	Only:  performanceConditions,
	Under: records.Under{
		records.Read: {access.PerformanceRead},
		records.List: {access.PerformanceList, access.TrashList},
		records.Serve: {
			access.PerformanceCreate, access.PerformanceUpdate, access.ProductionUpdate, access.ReportCreate,
			access.ReportUpdate, access.ReportFile, access.TrashEmpty,
		},
		records.Create: {access.PerformanceCreate},
		records.Change: {access.PerformanceUpdate, access.PerformanceTrash},
		records.Remove: {access.TrashEmpty},
	},
	Fields: []records.Field{
		{Name: "at", Type: records.Time}, // the start; absent in the trash
		{Name: "trashed", Type: records.Time},
		{Name: "production", Type: records.String},
		{Name: "state", Type: records.String},
	},
	Index: func(p *Performance) records.Fields {
		f := lively(p.Start, p.Trashed)
		f["production"], f["state"] = p.Production, string(p.Status)
		return f
	},
	Queries: []records.Query{
		{Name: "run", Equal: []string{"production", "state"}, Range: "at", Order: []records.Order{{Field: "at"}}},
		{Name: "trash", Range: "trashed", Order: newest("trashed")},
		{Name: "expired", Range: "trashed", Order: []records.Order{{Field: "trashed"}}},
		{Name: "of", Equal: []string{"production"}, Order: []records.Order{{Field: "state"}}},
	},
})

// PerformanceInput is what can be set in a performance. What is nil stays as it is. Times are typed in the venue's
// zone.
type PerformanceInput struct {
	ID        string // of a new one, if the edge wants to choose it
	Number    int    // 0: by the calendar; or unchanged
	Counted   bool   // the number follows the calendar again
	Type      *string
	Day       *string // the local date
	Start     *string // the local time, or RFC 3339, and then no day is needed
	HouseOpen *string
	End       *string
	Intervals []BreakInput
	Notes     *string
	Status    *PerformState
	Confirm   string // the confirmation of a doubtful input: see model.Doubtful
}

// BreakInput is an interval as given: a start, which may be missing, and a length.
type BreakInput struct {
	Start   string
	Minutes int
}

// put applies the input to a performance whose zone is set.
func (in PerformanceInput) put(to *Performance) error {
	p := problems{}
	in.putStart(p, to)
	if in.Type != nil {
		to.Type = *in.Type
	}
	if _, ok := label(PerformanceTypes, to.Type); !ok {
		p.add("type", "Choose a type of performance.")
	}
	if in.Number < 0 || in.Number > 100_000 {
		p.add("number", "Give a number between 1 and 100000.")
	}
	if in.Number > 0 && in.Number != to.Number {
		to.Number, to.Counted = in.Number, false
	}
	if in.Counted {
		to.Counted = true
	}
	if in.Notes != nil {
		to.Notes = p.text("notes", *in.Notes, maxNote)
	}
	in.putStatus(p, to)
	if len(p) == 0 {
		in.putSchedule(p, to)
	}
	return p.err()
}

func (in PerformanceInput) putStatus(p problems, to *Performance) {
	if in.Status != nil {
		to.Status = *in.Status
	}
	if to.Status != Scheduled && to.Status != Cancelled {
		p.add("state", "Choose scheduled or cancelled.")
	}
}

// putStart finds the instant of a local date and time.
func (in PerformanceInput) putStart(p problems, to *Performance) {
	zone, err := wallclock.LoadZone(to.Zone)
	if err != nil {
		p.note("zone", err)
		return
	}
	local := to.Start.In(zone)
	day, clock := local.Format(time.DateOnly), local.Format("15:04")
	if in.Start == nil && in.Day == nil && !to.Start.IsZero() {
		return
	}
	if to.Start.IsZero() {
		day, clock = "", ""
	}
	if in.Day != nil {
		day = *in.Day
	}
	if in.Start != nil {
		clock = strings.TrimSpace(*in.Start)
	}
	at, err := startAt(p, day, clock, zone)
	if err != nil || at.IsZero() {
		p.note("start", err)
		return
	}
	to.Start, to.Day = at, at.In(zone).Format(time.DateOnly)
}

func startAt(p problems, day, clock string, zone *time.Location) (time.Time, error) {
	if at, err := time.Parse(time.RFC3339, clock); err == nil {
		if at.Year() < 1900 || at.Year() > 2200 {
			return time.Time{}, model.Invalid("This is too far away.")
		}
		return at.UTC().Truncate(time.Second), nil
	}
	date, err := wallclock.ParseDay(day)
	p.note("day", err)
	t, clockErr := wallclock.Parse(clock)
	if err != nil || clockErr != nil {
		return time.Time{}, clockErr
	}
	found := t.On(date, zone)
	if len(found) == 0 {
		return time.Time{}, model.Invalid("The clocks skip %s on that day.", t)
	}
	return found[0], nil
}

// putSchedule reads the times around the start.
func (in PerformanceInput) putSchedule(p problems, to *Performance) {
	zone, _ := wallclock.LoadZone(to.Zone)
	e := wallclock.Evening{Zone: zone, Start: to.Start}
	read := func(field string, to *time.Time, given *string, before bool) {
		switch {
		case given == nil:
		case *given == "":
			*to = time.Time{}
		default:
			at, err := e.At(*given, before, time.Time{})
			p.note(field, err)
			*to = at
		}
	}
	read("house_open", &to.HouseOpen, in.HouseOpen, true)
	read("end", &to.End, in.End, false)
	if in.Intervals == nil {
		return
	}
	to.Intervals = nil
	if len(in.Intervals) > 10 {
		p.add("intervals", "At most 10 intervals.")
		return
	}
	for i, b := range in.Intervals {
		var planned Break
		if b.Minutes < 0 || b.Minutes > 240 {
			p.add(fmt.Sprintf("intervals.%d.minutes", i), "Give between 0 and 240 minutes.")
		}
		planned.Minutes = b.Minutes
		read(fmt.Sprintf("intervals.%d.start", i), &planned.Start, &b.Start, false)
		to.Intervals = append(to.Intervals, planned)
	}
}
