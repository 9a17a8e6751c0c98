package webtest

import (
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
)

// Theatre is a company with a production that plays tonight, and a browser per role.
type Theatre struct {
	*Fixture
	WS, Production, Performance             string
	Management, Organizer, Reporter, Viewer *Browser
}

// NewTheatre builds one.
func NewTheatre(t *testing.T) *Theatre {
	t.Helper()
	h := &Theatre{Fixture: New(t), WS: "/w/lyric"}
	h.Clock.Advance(untilAfternoon(h.Clock.Now()))
	h.Company(t, "Lyric", "lyric")
	h.Management, h.Organizer = h.As(t, "lyric", access.Management), h.As(t, "lyric", access.Organizer)
	h.Reporter, h.Viewer = h.As(t, "lyric", access.Reporter), h.As(t, "lyric", access.Viewer)
	p := h.Organizer.Post(h.WS+"/productions", "title", "Tosca", "zone", "Europe/Berlin", "venue", "The Shed")
	h.Production = LastPart(t, p)
	p = h.Organizer.Post(h.WS+"/productions/"+h.Production+"/performances", "day", h.Today(), "start", "1930",
		"house_open", "7pm", "intervals", "20", "type", "evening")
	h.Performance = LastPart(t, p)
	return h
}

// untilAfternoon is how long it is to the next 15:00 UTC, so that tonight's performance is still to come at any hour
// that tests run.
func untilAfternoon(now time.Time) time.Duration {
	now = now.UTC()
	next := time.Date(now.Year(), now.Month(), now.Day(), 15, 0, 0, 0, time.UTC)
	if next.Before(now) {
		next = next.AddDate(0, 0, 1)
	}
	return next.Sub(now)
}

// Today is the date of tonight's performance.
func (h *Theatre) Today() string { return h.Clock.Now().Format(time.DateOnly) }

// halfPastSeven is the start of tonight's performance, with the offset of the day.
func (h *Theatre) halfPastSeven() string {
	berlin, _ := time.LoadLocation("Europe/Berlin")
	now := h.Clock.Now()
	return time.Date(now.Year(), now.Month(), now.Day(), 19, 30, 0, 0, berlin).Format(time.RFC3339)
}

// Begin opens the form of tonight's report and gives the id that it was made with.
func (h *Theatre) Begin(t *testing.T) string {
	t.Helper()
	p := h.Reporter.Get(h.WS + "/reports/new?performance=" + h.Performance)
	Shows(t, p, 200, "Tosca", "Scheduled 19:30", "Scheduled 19:00")
	m := SaveTo.FindStringSubmatch(p.Body)
	if m == nil {
		t.Fatal("the form does not say where it is saved")
	}
	return m[1]
}

// Written is a report with an open note and a sealed one, as the form posts it.
func (h *Theatre) Written(more ...string) []string {
	return append([]string{
		"production", h.Production, "performance", h.Performance, "zone", "Europe/Berlin", "text", "A full house.",
		"audience", "everyone",
		"time", "house-open.0", "t.house-open.0", "1902", "time", "act-up.1", "t.act-up.1", "7.34pm",
		"t.act-up.1.planned", h.halfPastSeven(),
		"time", "act-down.1", "t.act-down.1", "20:40", "time", "act-up.2", "t.act-up.2", "2101", "time", "act-down.2",
		"t.act-down.2", "22:15",
		"note", "0", "n.0.department", "lighting", "n.0.severity", "urgent", "n.0.text", "Lamp 14 is out.",
		"n.0.audience", "everyone",
		"note", "1", "n.1.department", "stage management", "n.1.severity", "attention", "n.1.topic", "injury",
		"n.1.text", "Ankle, " + Canary + ".",
	}, more...)
}

// Filed is the id of a report that the reporter has filed.
func (h *Theatre) Filed(t *testing.T) string {
	t.Helper()
	id := h.Begin(t)
	LeadsTo(t, h.Reporter.Post(h.WS+"/reports/"+id+"/edit", h.Written("do", "check")...), h.WS+"/reports/"+id+"/check")
	LeadsTo(t, h.File(h.Reporter, id, "1"), h.WS+"/reports/"+id+"/filed")
	return id
}

// File files a draft from the page that checks it, saying yes to what is asked there.
func (h *Theatre) File(b *Browser, id, version string) Page {
	path := h.WS + "/reports/" + id
	return b.Post(path+"/file", "version", version, "confirm", Confirmed(b.Get(path+"/check")))
}
