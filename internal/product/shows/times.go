package shows

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/tinyoperahouse/toh/internal/product/wallclock"
)

// StampInput is a moment as given: times of day as people type them, or RFC 3339. Empty is not known.
type StampInput struct {
	Event     string
	N         int
	Scheduled string
	Actual    string
}

// putTimes replaces the report's moments.
func (p problems) putTimes(r *Report, given []StampInput) {
	if given == nil {
		return
	}
	if len(given) > maxStamps {
		p.add("times", "At most %d times.", maxStamps)
		return
	}
	e, err := r.evening()
	if err != nil {
		p.note("times", err)
		return
	}
	p.readTimes(r, e, given)
}

// readTimes reads the moments in the order of the evening, so that each knows what came before it.
func (p problems) readTimes(r *Report, e wallclock.Evening, given []StampInput) {
	order := make([]int, len(given))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Compare(rank(given[a].Event, given[a].N), rank(given[b].Event, given[b].N))
	})
	var scheduled, actual time.Time
	times, seen := []Stamp{}, map[Stamp]bool{}
	for _, i := range order {
		name := fmt.Sprintf("times.%d", i)
		s, ok := p.readStamp(e, name, given[i], scheduled, actual)
		if !ok {
			continue
		}
		if key := (Stamp{Event: s.Event, N: s.N}); seen[key] {
			p.add(name+".event", "This moment is given twice.")
		} else {
			seen[key] = true
		}
		scheduled, actual = later(scheduled, s.Scheduled), later(actual, s.Actual)
		times = append(times, s)
	}
	r.Times = times
}

func (p problems) readStamp(e wallclock.Evening, name string, in StampInput,
	scheduled, actual time.Time) (Stamp, bool) {
	event, ok := EventOf(in.Event)
	if !ok {
		p.add(name+".event", "There is no such moment.")
		return Stamp{}, false
	}
	s := Stamp{Event: event.Key}
	if event.Repeat {
		s.N = max(in.N, 1)
	}
	if s.N > 20 {
		p.add(name+".n", "At most 20.")
	}
	var err error
	if in.Scheduled != "" {
		s.Scheduled, err = e.At(in.Scheduled, event.Before, scheduled)
		p.note(name+".scheduled", err)
	}
	if in.Actual != "" {
		s.Actual, err = e.At(in.Actual, event.Before, actual)
		p.note(name+".actual", err)
	}
	return s, !s.Scheduled.IsZero() || !s.Actual.IsZero()
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// rank orders moments as they come in an evening: calls, then act 1 up, down, interval 1, act 2, and the end.
func rank(event string, n int) int {
	i := slices.IndexFunc(Events, func(e Event) bool { return e.Key == event })
	if i >= 0 && Events[i].Repeat {
		return 1000 + max(n, 1)*100 + i
	}
	if i >= 0 && Events[i].Before {
		return i
	}
	return 100000 + i
}

// actual is when something happened, zero if that is not known.
func (r *Report) actual(event string, n int) time.Time { return r.stamp(event, n).Actual }

func (r *Report) stamp(event string, n int) Stamp {
	for _, s := range r.Times {
		if s.Event == event && s.N == n {
			return s
		}
	}
	return Stamp{}
}

// checkTimes finds what is impossible, before a report is filed.
func (r *Report) checkTimes(p problems) {
	for n := 1; n <= 20; n++ {
		r.inOrder(p, ActUp, ActDown, n, n, "Act %d cannot come down before it went up.")
		r.inOrder(p, IntervalStart, IntervalEnd, n, n, "Interval %d cannot end before it began.")
		r.inOrder(p, ActDown, ActUp, n, n+1, "The act after act %d cannot go up before it came down.")
	}
}

func (r *Report) inOrder(p problems, first, then string, n, m int, says string) {
	a, b := r.actual(first, n), r.actual(then, m)
	if !a.IsZero() && !b.IsZero() && b.Before(a) {
		p.add("times", says, n)
	}
}

// evening is the report's. Without a scheduled start it is noon of the day.
func (r *Report) evening() (wallclock.Evening, error) {
	zone, err := wallclock.LoadZone(r.Zone)
	if err != nil {
		return wallclock.Evening{}, err
	}
	if !r.Start.IsZero() {
		return wallclock.Evening{Zone: zone, Start: r.Start}, nil
	}
	day, err := wallclock.ParseDay(r.Day)
	if err != nil {
		return wallclock.Evening{}, err
	}
	start := time.Date(day.Year(), day.Month(), day.Day(), 12, 0, 0, 0, zone)
	return wallclock.Evening{Zone: zone, Start: start}, nil
}
