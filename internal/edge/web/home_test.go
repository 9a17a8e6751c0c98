package web_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestTonightShowsEveryShowOfTheDay(t *testing.T) {
	h := newTheatre(t)
	run := h.ws + "/productions/" + lastPart(t, h.organizer.Post(h.ws+"/productions", "title", "Away", "zone",
		"Europe/Berlin"))
	for n := range 12 {
		lastPart(t, h.organizer.Post(run+"/performances", "day", h.today(), "start", fmt.Sprintf("16:%02d", n), "type",
			"evening"))
	}
	for _, b := range []string{"reporter", "organizer"} {
		home := map[string]string{"reporter": h.reporter.Get(h.ws + "/").Body, "organizer": h.organizer.Get(h.ws + "/").
			Body}[b]
		if n := strings.Count(home, `class="title" href="/w/lyric/performances/`); n != 13 {
			t.Errorf("%s sees %d of 13 shows", b, n)
		}
	}
	leadsTo(t, h.organizer.Post(run+"/trash"), h.ws+"/productions")
	shows(t, h.reporter.Get(h.ws+"/"), 200, "Tosca")
	lacks(t, h.reporter.Get(h.ws+"/"), "Nothing plays tonight", ">Away<")
}

func TestCancelledShowLooksCancelledTonight(t *testing.T) {
	h := newTheatre(t)
	shows(t, h.reporter.Get(h.ws+"/"), 200, "File the report")
	h.organizer.Post(h.ws + "/performances/" + h.performance + "/cancel")
	home := h.reporter.Get(h.ws + "/")
	shows(t, home, 200, "Tosca", "Cancelled")
	lacks(t, home, "File the report")
}

func TestReporterSeesYesterdaysMissingReport(t *testing.T) {
	h := newTheatre(t)
	lacks(t, h.reporter.Get(h.ws+"/"), "Report missing")
	h.Clock.Advance(20 * time.Hour)
	reporter := h.As(t, "lyric", "reporter")
	home := reporter.Get(h.ws + "/")
	shows(t, home, 200, "Played, and no report yet", "Report missing", "/reports/new?performance="+h.performance)
}

func TestFirstStepsEndOnceAndForAll(t *testing.T) {
	h := newTheatre(t)
	home := func() string { return h.organizer.Get(h.ws + "/").Body }
	if !strings.Contains(home(), "First steps") {
		t.Fatal("no first steps")
	}
	id := h.begin(t)
	h.organizer.Post(h.ws+"/reports/"+strings.Repeat("a", 26)+"/autosave", h.written()...)
	if !strings.Contains(home(), "2 of 3 done") {
		t.Error("a draft that saved itself counts as a filed report")
	}
	leadsTo(t, h.reporter.Post(h.ws+"/reports/"+id+"/edit", h.written("do", "check")...), h.ws+"/reports/"+id+"/check")
	leadsTo(t, h.file(h.reporter, id, "1"), h.ws+"/reports/"+id+"/filed")
	if strings.Contains(home(), "First steps") {
		t.Error("all is done, and the steps stay")
	}
	h.organizer.Post(h.ws + "/productions/" + h.production + "/trash")
	if strings.Contains(home(), "First steps") {
		t.Error("the steps return")
	}
	h.management.Post(h.ws + "/first-steps/hide")
	if strings.Contains(h.As(t, "lyric", "management").Get(h.ws+"/").Body, "First steps") {
		t.Error("hidden in one browser, they return in another")
	}
}

var instants = regexp.MustCompile(`<span>[^<]*<time [^>]*>[^<]*</time></span>`)

// TestOverviewSaysWhatEachTimeIs: when a report was filed and when its performance was stand beside each other, so both
// say it.
func TestOverviewSaysWhatEachTimeIs(t *testing.T) {
	h := newTheatre(t)
	id := h.begin(t)
	leadsTo(t, h.reporter.Post(h.ws+"/reports/"+id+"/edit", h.written("do", "check")...), h.ws+"/reports/"+id+"/check")
	leadsTo(t, h.file(h.reporter, id, "1"), h.ws+"/reports/"+id+"/filed")
	home := h.management.Get(h.ws + "/")
	shows(t, home, 200, "Waiting for review", "Performance: No. 1, ")
	_, waiting, _ := strings.Cut(home.Body, "Waiting for review")
	waiting, _, _ = strings.Cut(waiting, "</section>")
	if all := instants.FindAllString(waiting, -1); len(all) != 1 || !strings.HasPrefix(all[0], "<span>Filed: <time") ||
		strings.Count(waiting, "<time") != 1 {
		t.Errorf("the times of a report are %q in %s", all, waiting)
	}
}

// TestTonightIsOnTheVenuesClock: a company of one city may play in another.
func TestTonightIsOnTheVenuesClock(t *testing.T) {
	h := newTheatre(t)
	run := h.ws + "/productions/" + lastPart(t, h.organizer.Post(h.ws+"/productions", "title", "On tour", "zone",
		"Asia/Kolkata"))
	lastPart(t, h.organizer.Post(run+"/performances", "day", h.today(), "start", "19:47", "type", "evening"))
	home := h.reporter.Get(h.ws + "/")
	shows(t, home, 200, "On tour", "T19:47:00+05:30", ">19:47<")
}
