package web_test

import (
	"html"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/edge/web/webtest"
)

// theatre is a company with a production that plays tonight, and a browser per role.
type theatre struct {
	*webtest.House
	ws, production, performance             string
	management, organizer, reporter, viewer *webtest.Browser
}

func newTheatre(t *testing.T) *theatre {
	t.Helper()
	h := &theatre{House: webtest.New(t), ws: "/w/lyric"}
	h.Clock.Advance(untilAfternoon(h.Clock.Now()))
	h.Company(t, "Lyric", "lyric")
	h.management, h.organizer = h.As(t, "lyric", access.Management), h.As(t, "lyric", access.Organizer)
	h.reporter, h.viewer = h.As(t, "lyric", access.Reporter), h.As(t, "lyric", access.Viewer)
	p := h.organizer.Post(h.ws+"/productions", "title", "Tosca", "zone", "Europe/Berlin", "venue", "The Shed")
	h.production = lastPart(t, p)
	p = h.organizer.Post(h.ws+"/productions/"+h.production+"/performances", "day", h.today(), "start", "1930",
		"house_open", "7pm", "intervals", "20", "type", "evening")
	h.performance = lastPart(t, p)
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

func (h *theatre) today() string { return h.Clock.Now().Format(time.DateOnly) }

// halfPastSeven is the start of tonight's performance, with the offset of the day.
func (h *theatre) halfPastSeven() string {
	berlin, _ := time.LoadLocation("Europe/Berlin")
	now := h.Clock.Now()
	return time.Date(now.Year(), now.Month(), now.Day(), 19, 30, 0, 0, berlin).Format(time.RFC3339)
}

// lastPart is the id that an answer leads to.
func lastPart(t *testing.T, p webtest.Page) string {
	t.Helper()
	if p.Status != 303 {
		t.Fatalf("status %d\n%s", p.Status, problems(p))
	}
	return lastOf(p.Location)
}

func lastOf(path string) string { return path[strings.LastIndex(path, "/")+1:] }

var saveTo = regexp.MustCompile(`data-autosave="[^"]*/reports/([a-z0-9-]+)/autosave"`)

// begin opens the form of tonight's report and gives the id that it was made with.
func (h *theatre) begin(t *testing.T) string {
	t.Helper()
	p := h.reporter.Get(h.ws + "/reports/new?performance=" + h.performance)
	shows(t, p, 200, "Tosca", "Scheduled 19:30", "Scheduled 19:00")
	m := saveTo.FindStringSubmatch(p.Body)
	if m == nil {
		t.Fatal("the form does not say where it is saved")
	}
	return m[1]
}

// canary stands in what only some may read; no other page may hold it.
const canary = "zebrafinch"

// written is a report with an open note and a sealed one, as the form posts it.
func (h *theatre) written(more ...string) []string {
	return append([]string{
		"production", h.production, "performance", h.performance, "zone", "Europe/Berlin", "text", "A full house.",
		"audience", "everyone",
		"time", "house-open.0", "t.house-open.0", "1902", "time", "act-up.1", "t.act-up.1", "7.34pm",
		"t.act-up.1.planned", h.halfPastSeven(),
		"time", "act-down.1", "t.act-down.1", "20:40", "time", "act-up.2", "t.act-up.2", "2101", "time", "act-down.2",
		"t.act-down.2", "22:15",
		"note", "0", "n.0.department", "lighting", "n.0.severity", "urgent", "n.0.text", "Lamp 14 is out.",
		"n.0.audience", "everyone",
		"note", "1", "n.1.department", "stage management", "n.1.severity", "attention", "n.1.topic", "injury",
		"n.1.text", "Ankle, " + canary + ".",
	}, more...)
}

// filed is the id of a report that the reporter has filed.
func (h *theatre) filed(t *testing.T) string {
	t.Helper()
	id := h.begin(t)
	leadsTo(t, h.reporter.Post(h.ws+"/reports/"+id+"/edit", h.written("do", "check")...), h.ws+"/reports/"+id+"/check")
	leadsTo(t, h.file(h.reporter, id, "1"), h.ws+"/reports/"+id+"/filed")
	return id
}

// value is what a field of a page holds.
func value(t *testing.T, p webtest.Page, name string) string {
	t.Helper()
	m := regexp.MustCompile(`name="` + regexp.QuoteMeta(name) + `"[^>]* value="([^"]*)"`).FindStringSubmatch(p.Body)
	if m == nil {
		t.Fatalf("the page has no field %q", name)
	}
	return html.UnescapeString(m[1])
}

func lacks(t *testing.T, p webtest.Page, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if p.Has(text) {
			t.Errorf("the page has %q", text)
		}
	}
}

var confirmation = regexp.MustCompile(`name="confirm" value="([0-9a-f]+)"`)

// confirmed is what the tick on a page sends back, "" if nothing is asked.
func confirmed(p webtest.Page) string {
	if m := confirmation.FindStringSubmatch(p.Body); m != nil {
		return m[1]
	}
	return ""
}

// file files a draft from the page that checks it, saying yes to what is asked there.
func (h *theatre) file(b *webtest.Browser, id, version string) webtest.Page {
	path := h.ws + "/reports/" + id
	return b.Post(path+"/file", "version", version, "confirm", confirmed(b.Get(path+"/check")))
}
