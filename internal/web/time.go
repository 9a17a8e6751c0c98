package web

import "time"

// When is an instant for people and for machines.
type When struct{ Exact, Text string }

// zoned is an instant on the clock of the venue.
func zoned(t time.Time, zone *time.Location) time.Time {
	if zone == nil {
		zone = time.UTC
	}
	return t.In(zone)
}

// when is an instant as "Sat 21 Nov 2026, 19:32"; the year is left out if it is this one.
func when(t time.Time, zone *time.Location, now time.Time, form string) When {
	if t.IsZero() {
		return When{}
	}
	local := zoned(t, zone)
	if form == "" {
		form = "Mon 2 Jan 2006, 15:04"
		if local.Year() == zoned(now, zone).Year() {
			form = "Mon 2 Jan, 15:04"
		}
	}
	return When{Exact: local.Format(time.RFC3339), Text: local.Format(form)}
}
