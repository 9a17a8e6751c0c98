package frame

import (
	"sync"
	"time"
)

// When is an instant for people and for machines.
type When struct{ Exact, Text string }

// Zoned is an instant on the clock of the venue.
func Zoned(t time.Time, zone *time.Location) time.Time {
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
	local := Zoned(t, zone)
	if form == "" {
		form = "Mon 2 Jan 2006, 15:04"
		if local.Year() == Zoned(now, zone).Year() {
			form = "Mon 2 Jan, 15:04"
		}
	}
	return When{Exact: local.Format(time.RFC3339), Text: local.Format(form)}
}

// LocalWhen is an instant on the clock of a zone that may differ from the workspace's.
func LocalWhen(t time.Time, zone, form string) When {
	place, err := LoadZone(zone)
	if err != nil {
		place = time.UTC
	}
	return when(t, place, t, form)
}

// DayText is a stored date as "14 Mar 2026", or "" if there is none.
func DayText(day string) string {
	t, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return ""
	}
	return t.Format("2 Jan 2006")
}

// zones caches time zones. There are only some hundred valid names.
var zones sync.Map

// LoadZone is a time zone by its name.
func LoadZone(name string) (*time.Location, error) {
	if zone, ok := zones.Load(name); ok {
		return zone.(*time.Location), nil
	}
	zone, err := time.LoadLocation(name)
	if err != nil {
		return nil, err
	}
	zones.Store(name, zone)
	return zone, nil
}

// commonZones are suggestions; any name of the time zone database is accepted.
var commonZones = []string{
	"Africa/Cairo", "Africa/Johannesburg", "Africa/Lagos", "Africa/Nairobi", "America/Argentina/Buenos_Aires",
	"America/Bogota", "America/Chicago",
	"America/Denver", "America/Halifax", "America/Lima", "America/Los_Angeles", "America/Mexico_City",
	"America/New_York", "America/Santiago",
	"America/Sao_Paulo", "America/Toronto", "America/Vancouver", "Asia/Bangkok", "Asia/Dubai", "Asia/Hong_Kong",
	"Asia/Jakarta", "Asia/Jerusalem",
	"Asia/Kolkata", "Asia/Manila", "Asia/Seoul", "Asia/Shanghai", "Asia/Singapore", "Asia/Taipei", "Asia/Tokyo",
	"Atlantic/Reykjavik", "Australia/Brisbane",
	"Australia/Melbourne", "Australia/Perth", "Australia/Sydney", "Europe/Amsterdam", "Europe/Athens", "Europe/Berlin",
	"Europe/Brussels", "Europe/Bucharest",
	"Europe/Budapest", "Europe/Copenhagen", "Europe/Dublin", "Europe/Helsinki", "Europe/Istanbul", "Europe/Kyiv",
	"Europe/Lisbon", "Europe/London",
	"Europe/Madrid", "Europe/Oslo", "Europe/Paris", "Europe/Prague", "Europe/Rome", "Europe/Sofia", "Europe/Stockholm",
	"Europe/Vienna", "Europe/Warsaw",
	"Europe/Zurich", "Pacific/Auckland", "Pacific/Honolulu", "UTC",
}
