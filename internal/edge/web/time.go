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

// commonZones are suggestions; any name of the zone database will do.
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
