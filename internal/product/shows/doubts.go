package shows

import (
	"context"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/wallclock"
)

// What is asked about before it is accepted. None of it is impossible, so none of it is refused: see model.Doubtful.
const (
	longHouse   = 3 * time.Hour // between house open and curtain
	longEvening = 8 * time.Hour // from the curtain to the end
	lateCurtain = 2 * time.Hour
	earlyStart  = time.Hour
	unplanned   = time.Hour // the least that a performance without a planned end is assumed to last
)

// doubts asks about a schedule that looks like a slip.
func (p *Performance) doubts(asks problems) {
	zone, err := wallclock.LoadZone(p.Zone)
	if err != nil || p.Start.IsZero() {
		return
	}
	clock := func(t time.Time) string { return t.In(zone).Format("15:04 on 2 Jan") }
	if hour := p.Start.In(zone).Hour(); hour > 0 && hour < 8 && p.Type != "get-out" {
		asks.add("start", "The curtain would rise at %s, in the early morning. Is that meant, or is it %s?",
			clock(p.Start), clock(p.Start.Add(12*time.Hour)))
	}
	if !p.HouseOpen.IsZero() {
		switch before := p.Start.Sub(p.HouseOpen); {
		case before < 0:
			asks.add("house_open", "The house would open at %s, after the curtain at %s. Is that meant?",
				clock(p.HouseOpen), clock(p.Start))
		case before > longHouse:
			asks.add("house_open", "The house would open at %s, long before the curtain at %s. Is that meant?",
				clock(p.HouseOpen), clock(p.Start))
		}
	}
	if !p.End.IsZero() {
		switch length := p.End.Sub(p.Start); {
		case length <= 0:
			asks.add("end", "The end at %s is not after the start at %s. Is that meant?", clock(p.End), clock(p.Start))
		case length > longEvening:
			asks.add("end", "It would end at %s, more than %d hours after its start. Is that meant?", clock(p.End),
				int(longEvening.Hours()))
		}
	}
	for _, b := range p.Intervals {
		if !b.Start.IsZero() && (b.Start.Before(p.Start) || !p.End.IsZero() && b.Start.After(p.End)) {
			asks.add("intervals", "An interval at %s lies outside the performance. Is that meant?", clock(b.Start))
		}
	}
}

// sameSchedule reports whether nothing changed that doubts asks about.
func (p *Performance) sameSchedule(old *Performance) bool {
	if !p.Start.Equal(old.Start) || !p.HouseOpen.Equal(old.HouseOpen) || !p.End.Equal(old.End) || p.Type != old.Type ||
		len(p.Intervals) != len(old.Intervals) {
		return false
	}
	for i := range p.Intervals {
		if !p.Intervals[i].Start.Equal(old.Intervals[i].Start) {
			return false
		}
	}
	return true
}

// doubts asks about times of a report that look like slips.
func (r *Report) doubts(asks problems) {
	zone, err := wallclock.LoadZone(r.Zone)
	if err != nil {
		return
	}
	clock := func(t time.Time) string { return t.In(zone).Format("15:04 on 2 Jan") }
	planned, up := r.curtain()
	if !planned.IsZero() && !up.IsZero() {
		switch late := up.Sub(planned); {
		case late > lateCurtain:
			asks.add("times.act-up.1", "Act 1 up at %s is %d minutes after the planned %s. Is that meant?", clock(up),
				wholeMinutes(late), clock(planned))
		case late < -earlyStart:
			asks.add("times.act-up.1", "Act 1 up at %s is %d minutes before the planned %s. Is that meant?", clock(up),
				-wholeMinutes(late), clock(planned))
		}
	}
	r.askOrder(asks, clock)
	if length := r.Computed().ShowTime; length > longEvening {
		asks.add("times.end", "The show would have lasted %d hours. Is that meant?", int(length.Hours()))
	}
}

// askOrder asks about moments that belong before the curtain but were recorded after it, and about an end before the
// last act.
func (r *Report) askOrder(asks problems, clock func(time.Time) string) {
	up, last := r.actual(ActUp, 1), time.Time{}
	for _, s := range r.Times {
		if s.Event == ActUp || s.Event == ActDown {
			last = later(last, s.Actual)
		}
	}
	for _, s := range r.Times {
		event, ok := EventOf(s.Event)
		if !ok || s.Actual.IsZero() {
			continue
		}
		key := "times." + s.Event
		switch {
		case event.Before && !up.IsZero() && s.Actual.After(up):
			asks.add(key, "%s at %s is after the curtain at %s. Is that meant?", event.Label, clock(s.Actual),
				clock(up))
		case !event.Before && !event.Repeat && !last.IsZero() && s.Actual.Before(last):
			asks.add(key, "%s at %s is before the last act was over at %s. Is that meant?", event.Label,
				clock(s.Actual), clock(last))
		}
	}
}

// early asks about a report that is filed before its performance can have ended.
func (r *Report) early(asks problems, now time.Time, end time.Time) {
	if r.Start.IsZero() {
		return
	}
	for _, s := range r.Times {
		if s.Event == ActDown || s.Event == FinalCurtain {
			end = later(time.Time{}, s.Actual)
		}
		if s.Actual.After(now) {
			asks.add("times.future", "%s is said to have been at a time that is still to come. Is that meant?",
				momentLabel(s))
		}
	}
	if end.IsZero() {
		end = r.Start.Add(unplanned)
	}
	if now.Before(end) {
		asks.add("early", "This performance should not be over yet. File its report all the same?")
	}
}

func momentLabel(s Stamp) string {
	event, _ := EventOf(s.Event)
	return event.Label
}

// FilingDoubts is what would be asked if the draft were filed now: an ErrDoubtful with its confirmation, or nil.
func (s *Service) FilingDoubts(ctx context.Context, c access.Caller, r records.Record[Report]) error {
	return s.askFiling(ctx, s.gate.Serving(), c, r.ID, &r.Body, "")
}

// askFiling asks about times that look like slips, a performance that is not over, and a second report of one
// performance.
func (s *Service) askFiling(ctx context.Context, v records.Via, c access.Caller, id string, r *Report,
	confirm string) error {
	asks := problems{}
	r.doubts(asks)
	if r.Performance != "" {
		night, err := performances.Get(ctx, v, records.By(c, access.ReportFile).On(r.Performance))
		if err != nil && !isNotFound(err) {
			return err
		}
		if kind, _ := TypeOf(r.Type); kind.Evening {
			r.early(asks, s.now(), night.Body.End)
		}
		if err := s.askSecond(ctx, v, c, id, r, asks); err != nil {
			return err
		}
	}
	return model.Doubtful(asks, confirm)
}

// askSecond asks about another filed report of the same type, as far as the caller may read it.
func (s *Service) askSecond(ctx context.Context, v records.Via, c access.Caller, id string, r *Report,
	asks problems) error {
	list, err := s.others(ctx, v, c, access.ReportFile, id, r)
	for _, other := range list {
		asks.add("second", "%s by %s already covers this performance. File a second one?", other.Label, other.Author)
	}
	return err
}
