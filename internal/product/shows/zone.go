package shows

import (
	"context"
	"fmt"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/wallclock"
)

// Coming is what happens to upcoming performances when the time zone of their production is changed.
type Coming string

// The choices.
const (
	KeepClock   Coming = "clock"   // 19:30 stays 19:30, in local time of the new zone
	KeepInstant Coming = "instant" // the instant stays, and is shown in local time of the new zone
	KeepAll     Coming = "as-is"   // performances stay in the zone in which they were scheduled
)

// rezone applies the choice to the upcoming performances of a production. Without a choice it returns an error that
// asks for one. Performances that have begun are not changed.
func (s *Service) rezone(ctx context.Context, tx *records.Tx, c access.Caller, production, zone string,
	answer Coming) error {
	to, err := wallclock.LoadZone(zone)
	if err != nil {
		return err
	}
	all, err := s.run(ctx, tx, c, access.ProductionUpdate, production)
	if err != nil {
		return err
	}
	coming := 0
	for _, n := range all {
		if !n.Start.After(s.now()) || n.Zone == zone {
			continue
		}
		coming++
		if answer != KeepClock && answer != KeepInstant {
			continue
		}
		if err := s.moveZone(ctx, tx, c, n.id, to, answer); err != nil {
			return err
		}
	}
	if coming == 0 || answer == KeepClock || answer == KeepInstant || answer == KeepAll {
		return nil
	}
	text := fmt.Sprintf("%d upcoming performances are scheduled in another time zone. Choose what happens to them.",
		coming)
	if coming == 1 {
		text = "One upcoming performance is scheduled in another time zone. Choose what happens to it."
	}
	return &model.Error{Kind: model.ErrDoubtful, Public: "The time zone changes. Choose what happens to the upcoming " +
		"performances.", Fields: map[string]string{"coming": text}}
}

func (s *Service) moveZone(ctx context.Context, tx *records.Tx, c access.Caller, id string, to *time.Location,
	answer Coming) error {
	_, err := performances.Update(ctx, tx, records.By(c, access.PerformanceUpdate).Note("zone", to.String()).On(id),
		func(p *Performance) error {
			from, err := wallclock.LoadZone(p.Zone)
			if err != nil {
				return err
			}
			if answer == KeepClock {
				for _, t := range p.instants() {
					if *t, err = sameClock(*t, from, to); err != nil {
						return err
					}
				}
			}
			p.Zone, p.Day = to.String(), p.Start.In(to).Format(time.DateOnly)
			return nil
		})
	return err
}

// instants are all times of a performance.
func (p *Performance) instants() []*time.Time {
	list := []*time.Time{&p.Start, &p.HouseOpen, &p.End}
	for i := range p.Intervals {
		list = append(list, &p.Intervals[i].Start)
	}
	return list
}

// sameClock returns the instant that has the same local date and time in another zone.
func sameClock(at time.Time, from, to *time.Location) (time.Time, error) {
	if at.IsZero() {
		return at, nil
	}
	local := at.In(from)
	clock := wallclock.Time(60*local.Hour() + local.Minute())
	found := clock.On(local, to)
	if len(found) == 0 {
		return at, model.InvalidFields(map[string]string{"coming": fmt.Sprintf(
			"In %s there is no %s on %s, because the clocks go forward. Move that performance first.", to, clock,
			local.Format(time.DateOnly))})
	}
	return found[0], nil
}
