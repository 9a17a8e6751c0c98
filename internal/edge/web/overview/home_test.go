package overview_test

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/edge/web/webtest"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/product/promise"
)

func TestTonightShowsEveryShowOfTheDay(t *testing.T) {
	t.Parallel()
	h := webtest.NewTheatre(t)
	run := h.WS + "/productions/" + webtest.LastPart(t, h.Organizer.Post(h.WS+"/productions", "title", "Away", "zone",
		"Europe/Berlin"))
	for n := range 12 {
		webtest.LastPart(t, h.Organizer.Post(run+"/performances", "day", h.Today(), "start", fmt.Sprintf("16:%02d", n),
			"type",
			"evening"))
	}
	for _, b := range []string{"reporter", "organizer"} {
		home := map[string]string{"reporter": h.Reporter.Get(h.WS + "/").Body, "organizer": h.Organizer.Get(h.WS + "/").
			Body}[b]
		if n := strings.Count(home, `class="title" href="/w/lyric/performances/`); n != 13 {
			t.Errorf("%s sees %d of 13 shows", b, n)
		}
	}
	webtest.LeadsTo(t, h.Organizer.Post(run+"/trash"), h.WS+"/productions")
	webtest.Shows(t, h.Reporter.Get(h.WS+"/"), 200, "Tosca")
	webtest.Lacks(t, h.Reporter.Get(h.WS+"/"), "Nothing is on tonight", ">Away<")
}

func TestCancelledShowLooksCancelledTonight(t *testing.T) {
	t.Parallel()
	h := webtest.NewTheatre(t)
	webtest.Shows(t, h.Reporter.Get(h.WS+"/"), 200, "File the report")
	h.Organizer.Post(h.WS + "/performances/" + h.Performance + "/cancel")
	home := h.Reporter.Get(h.WS + "/")
	webtest.Shows(t, home, 200, "Tosca", "Cancelled")
	webtest.Lacks(t, home, "File the report")
}

func TestReporterSeesYesterdaysMissingReport(t *testing.T) {
	t.Parallel()
	h := webtest.NewTheatre(t)
	webtest.Lacks(t, h.Reporter.Get(h.WS+"/"), "Report missing")
	h.Clock.Advance(20 * time.Hour)
	reporter := h.As(t, "lyric", "reporter")
	home := reporter.Get(h.WS + "/")
	webtest.Shows(t, home, 200, "Played, but no report yet", "Report missing", "/reports/new?performance="+
		h.Performance)
}

func TestFirstStepsEndOnceAndForAll(t *testing.T) {
	t.Parallel()
	h := webtest.NewTheatre(t)
	home := func() string { return h.Organizer.Get(h.WS + "/").Body }
	if !strings.Contains(home(), "First steps") {
		t.Fatal("no first steps")
	}
	id := h.Begin(t)
	h.Organizer.Post(h.WS+"/reports/"+strings.Repeat("a", 26)+"/autosave", h.Written()...)
	if !strings.Contains(home(), "2 of 3 done") {
		t.Error("a draft that saved itself counts as a filed report")
	}
	webtest.LeadsTo(t, h.Reporter.Post(h.WS+"/reports/"+id+"/edit", h.Written("do", "check")...), h.WS+"/reports/"+id+
		"/check")
	webtest.LeadsTo(t, h.File(h.Reporter, id, "1"), h.WS+"/reports/"+id+"/filed")
	if strings.Contains(home(), "First steps") {
		t.Error("all is done, and the steps stay")
	}
	h.Organizer.Post(h.WS + "/productions/" + h.Production + "/trash")
	if strings.Contains(home(), "First steps") {
		t.Error("the steps return")
	}
	h.Management.Post(h.WS + "/first-steps/hide")
	if strings.Contains(h.As(t, "lyric", "management").Get(h.WS+"/").Body, "First steps") {
		t.Error("hidden in one browser, they return in another")
	}
}

var waitingLinks = regexp.MustCompile(`class="title" href="/w/lyric/reports/([^/"]+)"`)

// TestSectionsGoOnBehindTheLastDays: the reports of the last two weeks are read once for all sections, and a section
// that they do not fill goes on with older ones.
func TestSectionsGoOnBehindTheLastDays(t *testing.T) {
	t.Parallel()
	h := webtest.NewTheatre(t)
	var filed []string // the latest first
	file := func(n int) {
		h.Reporter = h.As(t, "lyric", access.Reporter)
		for range n {
			id := model.NewID()
			webtest.LeadsTo(t, h.Reporter.Post(h.WS+"/reports/"+id+"/edit", "production", h.Production, "audience",
				"everyone", "do", "check"), h.WS+"/reports/"+id+"/check")
			webtest.LeadsTo(t, h.File(h.Reporter, id, "1"), h.WS+"/reports/"+id+"/filed")
			filed = slices.Insert(filed, 0, id)
			h.Clock.Advance(time.Minute)
		}
	}
	waiting := func() (ids []string, more bool) {
		home := h.As(t, "lyric", access.Management).Get(h.WS + "/")
		for _, m := range waitingLinks.FindAllStringSubmatch(home.Body, -1) {
			ids = append(ids, m[1])
		}
		return ids, home.Has("There are more than 8.")
	}
	file(5)
	h.Clock.Advance(20 * 24 * time.Hour)
	file(3)
	if ids, more := waiting(); more || !slices.Equal(ids, filed) {
		t.Errorf("of eight: %v, more: %v; want %v", ids, more, filed)
	}
	file(1)
	if ids, more := waiting(); !more || !slices.Equal(ids, filed[:8]) {
		t.Errorf("of nine: %v, more: %v; want %v", ids, more, filed[:8])
	}
	file(6)
	if ids, more := waiting(); !more || !slices.Equal(ids, filed[:8]) {
		t.Errorf("of many: %v, more: %v; want %v", ids, more, filed[:8])
	}
}

var instants = regexp.MustCompile(`<span>[^<]*<time [^>]*>[^<]*</time></span>`)

// TestOverviewSaysWhatEachTimeIs: when a report was filed and when its performance was stand beside each other, so both
// say it.
func TestOverviewSaysWhatEachTimeIs(t *testing.T) {
	t.Parallel()
	h := webtest.NewTheatre(t)
	id := h.Begin(t)
	webtest.LeadsTo(t, h.Reporter.Post(h.WS+"/reports/"+id+"/edit", h.Written("do", "check")...), h.WS+"/reports/"+id+
		"/check")
	webtest.LeadsTo(t, h.File(h.Reporter, id, "1"), h.WS+"/reports/"+id+"/filed")
	home := h.Management.Get(h.WS + "/")
	webtest.Shows(t, home, 200, "Waiting for review", "Performance: No. 1, ")
	_, waiting, _ := strings.Cut(home.Body, "Waiting for review")
	waiting, _, _ = strings.Cut(waiting, "</section>")
	if all := instants.FindAllString(waiting, -1); len(all) != 1 || !strings.HasPrefix(all[0], "<span>Filed: <time") ||
		strings.Count(waiting, "<time") != 1 {
		t.Errorf("the times of a report are %q in %s", all, waiting)
	}
}

// TestTonightIsOnTheVenuesClock: a company of one city may play in another.
func TestTonightIsOnTheVenuesClock(t *testing.T) {
	t.Parallel()
	h := webtest.NewTheatre(t)
	run := h.WS + "/productions/" + webtest.LastPart(t, h.Organizer.Post(h.WS+"/productions", "title", "On tour",
		"zone",
		"Asia/Kolkata"))
	webtest.LastPart(t, h.Organizer.Post(run+"/performances", "day", h.Today(), "start", "19:47", "type", "evening"))
	home := h.Reporter.Get(h.WS + "/")
	webtest.Shows(t, home, 200, "On tour", "T19:47:00+05:30", ">19:47<")
}

// TestManagementSeesWhetherPromisesHold: the numbers of the public page, for whoever answers for the company.
func TestManagementSeesWhetherPromisesHold(t *testing.T) {
	t.Parallel()
	h := webtest.NewTheatre(t)
	webtest.Lacks(t, h.Management.Get(h.WS+"/"), "What we promise you") // nothing was checked yet
	o := promise.Overview{At: h.Clock.Now(), LastRun: h.Clock.Now(), Kept: 45, Unchecked: 2,
		Promises: make([]promise.Standing, 47)}
	says := func(want ...string) {
		t.Helper()
		h.Promises.Says = o
		webtest.Shows(t, h.Management.Get(h.WS+"/"), 200, append(want, "What we promise you", `href="/security"`)...)
	}
	says("None is known to be broken", "45 of 47 promises kept, 0 broken, 2 not checked.")
	o.Late = true
	says("Not checked for a while")
	o.Broken, o.Kept = 1, 44
	says("1 is broken")
	o.Late, o.Broken, o.Unchecked, o.Kept = false, 0, 0, 47
	says("All hold")
	for _, b := range []*webtest.Browser{h.Reporter, h.Organizer} {
		webtest.Lacks(t, b.Get(h.WS+"/"), "What we promise you")
	}
}
