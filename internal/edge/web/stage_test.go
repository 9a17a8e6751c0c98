package web_test

import (
	"fmt"
	"html"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/edge/web/webtest"
)

func TestReportFromDraftToAmendment(t *testing.T) {
	h := newTheatre(t)
	shows(t, h.reporter.Get(h.ws+"/"), 200, "File the report", "Tosca")
	id := h.filed(t)
	path := h.ws + "/reports/" + id
	shows(t, h.reporter.Get(path+"/filed"), 200, "Show report 1 is filed")
	leadsTo(t, h.file(h.reporter, id, "1"), path+"/filed") // a double tap
	if n := strings.Count(h.organizer.Get(h.ws+"/reports").Body, `href="`+path+`"`); n != 1 {
		t.Errorf("filed %d times", n)
	}
	shows(t, h.viewer.Get(path), 200, "Show report 1", "2 h 20", "2 h 41", "4 min late", "Lamp 14 is out.", "Urgent",
		"1 sealed note", "Content hash")
	shows(t, h.management.Get(path), 200, canary, "For Management")
	shows(t, h.organizer.Get(path), 200, "1 sealed note", "Ask the author")

	leadsTo(t, h.organizer.Post(path+"/query", "text", "Which lamp?", "version", "2"), path)
	shows(t, h.reporter.Get(h.ws+"/"), 200, "Questions to you", "Answer")
	amend := h.reporter.Get(path + "/amend")
	shows(t, amend, 200, "Which lamp?", canary)
	changed := h.amendment(t, amend, "Lamp 15 is out.")
	shows(t, h.reporter.Post(path+"/amend", append(changed, "do", "preview")...), 200, "What will change", "Before:")
	shows(t, h.viewer.Get(path), 200, "Lamp 14 is out.") // nothing has changed yet
	shows(t, h.reporter.Post(path+"/amend", append(changed, "do", "amend")...), 400, "Reason: This is needed.",
		"Lamp 15 is out.")
	leadsTo(t, h.reporter.Post(path+"/amend", append(changed, "do", "amend", "reason", "It was the other one.")...),
		path+"/versions")
	p := h.viewer.Get(path + "/versions")
	shows(t, p, 200, "Version 2", "It was the other one.", "As it stands", `<del class="before">`,
		`<ins class="after">`)
	lacks(t, p, canary)
	leadsTo(t, h.organizer.Post(path+"/accept", "version", "4"), path)
	p = h.viewer.Get(path)
	shows(t, p, 200, "Accepted", "Amended", "1 sealed note")
	lacks(t, p, canary, "Which lamp?")
	shows(t, h.reporter.Get(path+"/seen"), 200, "The viewer of Lyric", "Maud of Lyric")
}

// amendment is the form of the amend page with another text of the first note.
func (h *theatre) amendment(t *testing.T, p webtest.Page, text string) []string {
	t.Helper()
	return []string{
		"version", value(t, p, "version"), "zone", "Europe/Berlin", "text", "A full house.", "audience", "everyone",
		"time", "act-up.1", "t.act-up.1", "19:34", "t.act-up.1.exact", value(t, p, "t.act-up.1.exact"),
		"t.act-up.1.planned", value(t, p, "t.act-up.1.planned"),
		"note", "0", "n.0.id", value(t, p, "n.0.id"), "n.0.department", "lighting", "n.0.severity", "urgent",
		"n.0.text", text, "n.0.audience", "everyone",
		"note", "1", "n.1.id", value(t, p, "n.1.id"), "n.1.department", "stage management", "n.1.severity", "attention",
		"n.1.topic", "injury",
		"n.1.audience", "management", "n.1.text", "Ankle, " + canary + ".",
	}
}

// A viewer's pages hold nothing of a sealed note, wherever the report shows.
func TestSealedNotesAreInNoPageOfOthers(t *testing.T) {
	h := newTheatre(t)
	id := h.filed(t)
	paths := []string{
		"/", "/reports", "/reports?q=" + canary, "/reports?q=ankle", "/reports?state=filed", "/reports/" + id,
		"/reports/" + id + "/versions", "/reports/" + id + "/seen",
		"/reports/" + id + "/filed", "/reports/" + id + "/amend", "/reports/" + id + "/query", "/productions",
		"/productions/" + h.production, "/performances/" + h.performance, "/trash", "/members",
	}
	for _, b := range []*webtest.Browser{h.viewer, h.organizer} {
		for _, path := range paths {
			p := b.Get(h.ws + path)
			lacks(t, webtest.Page{Body: strings.ReplaceAll(p.Body, "q="+canary, "")}, "Ankle")
			if strings.Contains(strings.NewReplacer(`value="`+canary+`"`, "", "Search: "+canary, "", "q="+canary, "").
				Replace(p.Body), canary) {
				t.Errorf("%s holds the sealed note", path)
			}
		}
		shows(t, b.Get(h.ws+"/reports?q="+canary), 200, "Nothing fits")
	}
	shows(t, h.management.Get(h.ws+"/reports?q="+canary), 200, "Show report 1, Tosca")
}

func TestDraftsAreTheirAuthorsOnly(t *testing.T) {
	h := newTheatre(t)
	id := h.begin(t)
	leadsTo(t, h.reporter.Post(h.ws+"/reports/"+id+"/edit", h.written("do", "save")...), h.ws+"/")
	leadsTo(t, h.reporter.Get(h.ws+"/reports/new?performance="+h.performance), h.ws+"/reports/"+id+"/edit")
	shows(t, h.reporter.Get(h.ws+"/"), 200, "Continue the draft", "The draft is saved.")
	shows(t, h.reporter.Get(h.ws+"/reports/"+id), 200, "Only you can see it", canary)
	for _, b := range []*webtest.Browser{h.management, h.organizer, h.viewer} {
		shows(t, b.Get(h.ws+"/reports/"+id), 404)
		lacks(t, b.Get(h.ws+"/reports"), id)
		lacks(t, b.Get(h.ws+"/productions/"+h.production), id)
	}
	for _, b := range []*webtest.Browser{h.management, h.organizer} {
		shows(t, b.Get(h.ws+"/reports/"+id+"/edit"), 404)
		shows(t, b.Get(h.ws+"/reports/"+id+"/check"), 404)
		shows(t, b.Post(h.ws+"/reports/"+id+"/file", "version", "1"), 404)
		shows(t, b.Post(h.ws+"/reports/"+id+"/edit", h.written("version", "1", "do", "save")...), 404)
	}
	shows(t, h.viewer.Get(h.ws+"/reports/"+id+"/edit"), 403)
	shows(t, h.viewer.Get(h.ws+"/reports/new"), 403)
}

func TestDraftKeepsWhatWasEntered(t *testing.T) {
	h := newTheatre(t)
	id := h.begin(t)
	path := h.ws + "/reports/" + id + "/edit"
	wrong := h.written("do", "check", "time", "clear.0", "t.clear.0", "25:99")
	p := h.reporter.Post(path, h.written("do", "check", "time", "clear.0", "t.clear.0", "22:5O", "title",
		"4111 1111 1111 1111")...)
	shows(t, p, 400, "Building clear: This is not a time", `href="#f-t.clear.0"`, `value="22:5O"`,
		"Title: This looks like a payment card number.", "Lamp 14 is out.", canary)
	leadsTo(t, h.reporter.Post(path, append(wrong, "version", value(t, p, "version"))...), path)
	shows(t, h.reporter.Get(path), 200, "Building clear: This is not a time", `href="#f-t.clear.0"`, `value="25:99"`,
		"Lamp 14 is out.", canary, `value="19:34"`)
	p = h.reporter.Post(path, h.written("do", "add-note:props")...)
	shows(t, p, 200, "Lamp 14 is out.", `name="n.2.text"`, canary)
	p = h.reporter.Post(path, h.written("do", "remove-note:0")...)
	shows(t, p, 200, canary)
	lacks(t, p, "Lamp 14 is out.")
	shows(t, h.reporter.Post(path, h.written("do", "add-act")...), 200, "Act 3 up", "Lamp 14 is out.")
	third := []string{"do", "save", "note", "2", "n.2.department", "props", "n.2.severity", "note", "n.2.text",
		"For one", "n.2.audience", "people"}
	leadsTo(t, h.reporter.Post(path, h.written(append(third, "version", "1")...)...), path)
	shows(t, h.reporter.Get(path), 200, "Name at least one person.")
	leadsTo(t, h.reporter.Post(path, h.written(append(third, "version", "2", "n.2.people",
		"aaaaaaaaaaaaaaaaaaaaaaaaaa")...)...), path)
	shows(t, h.reporter.Get(path), 200, "Choose among the members", `value="aaaaaaaaaaaaaaaaaaaaaaaaaa" checked`)
	late := h.written("do", "check", "version", "3")
	for i := range late {
		if late[i] == "20:40" {
			late[i] = "19:20"
		}
	}
	leadsTo(t, h.reporter.Post(path, late...), h.ws+"/reports/"+id+"/check")
	shows(t, h.reporter.Get(h.ws+"/reports/"+id+"/check"), 409, "Act 1 cannot come down before it went up.",
		"Lamp 14 is out.")
	shows(t, h.reporter.Post(h.ws+"/reports/"+id+"/file", "version", "4"), 400,
		"Act 1 cannot come down before it went up.", "Lamp 14 is out.")
	leadsTo(t, h.reporter.Post(path, h.written("do", "check", "version", "4")...), h.ws+"/reports/"+id+"/check")
	shows(t, h.reporter.Get(h.ws+"/reports/"+id+"/check"), 200, "Who will read it", "Management")
}

func TestNothingToReport(t *testing.T) {
	h := newTheatre(t)
	id := h.begin(t)
	check := h.ws + "/reports/" + id + "/check"
	leadsTo(t, h.reporter.Post(h.ws+"/reports/"+id+"/edit", "performance", h.performance, "production", h.production,
		"audience", "everyone", "do", "nothing"), check)
	shows(t, h.reporter.Get(check), 200, "Nothing to report.", "File the report")
	leadsTo(t, h.file(h.reporter, id, "1"), h.ws+"/reports/"+id+"/filed")
	shows(t, h.viewer.Get(h.ws+"/"), 200, "Tosca, report 1")
}

func TestAutosave(t *testing.T) {
	h := newTheatre(t)
	id := h.begin(t)
	save, edit := h.ws+"/reports/"+id+"/autosave", h.ws+"/reports/"+id+"/edit"
	p := h.reporter.Post(save, h.written("time", "clear.0", "t.clear.0", "22:")...) // a time that is half typed
	shows(t, p, 200)
	if !strings.HasPrefix(p.Header.Get("Content-Type"), "application/json") || !p.Has(`"version":1`) ||
		!p.Has(`"saved":"`) {
		t.Errorf("autosave: %s", p.Body)
	}
	// as after a lost answer
	shows(t, h.reporter.Post(save, h.written("time", "clear.0", "t.clear.0", "22:")...), 200, `"version":1`,
		"Building clear")
	shows(t, h.reporter.Post(save, h.written("version", "1", "title", "Full")...), 200, `"version":2`)
	shows(t, h.reporter.Post(save, h.written("version", "1", "title", "Other")...), 409)
	p = h.reporter.Post(edit, h.written("version", "1", "title", "Other", "do", "save")...)
	shows(t, p, 409, "was saved somewhere else", "Keep what is in the form", "Full", `value="Other"`)
	if v := value(t, p, "version"); v != "2" {
		t.Errorf("the form would replace version %s", v)
	}
	leadsTo(t, h.reporter.Post(edit, h.written("version", "2", "title", "Other", "do", "save")...), h.ws+"/")
	shows(t, h.reporter.Get(edit), 200, `value="Other"`)
	shows(t, h.viewer.Post(save, h.written()...), 403)
	shows(t, h.reporter.Post(h.ws+"/reports/UPPER/autosave", h.written()...), 404)
	leadsTo(t, h.file(h.reporter, id, "3"), h.ws+"/reports/"+id+"/filed")
	shows(t, h.reporter.Post(save, h.written("version", "3", "title", "Later")...), 409)
	shows(t, h.reporter.Post(edit, h.written("version", "3", "title", "Later", "do", "save")...), 409,
		"filed in between", `value="Later"`)
	leadsTo(t, h.reporter.Get(edit), h.ws+"/reports/"+id)
}

func TestProductionsAndPerformances(t *testing.T) {
	h := newTheatre(t)
	path, day := h.ws+"/productions/"+h.production, h.Clock.Now().AddDate(0, 0, 5)
	date := day.Format(time.DateOnly)
	shows(t, h.organizer.Post(h.ws+"/productions", "title", "", "zone", "Mars/Olympus"), 400, "Title: This is needed.",
		"Mars/Olympus")
	shows(t, h.organizer.Post(h.ws+"/productions", "title", "X", "zone", "Mars/Olympus"), 400,
		"There is no time zone of this name")
	shows(t, h.organizer.Post(path+"/performances", "day", date, "start", "half eight", "type", "evening"), 400,
		"This is not a time")
	shows(t, h.organizer.Post(path+"/performances", "day", date, "start", "1930", "type", "evening", "intervals",
		"twenty"), 400, "Enter minutes")
	twice := []string{"day", date, "start", "1930", "type", "matinee", "id", "abcdefgh"}
	leadsTo(t, h.organizer.Post(path+"/performances", twice...), h.ws+"/performances/abcdefgh")
	leadsTo(t, h.organizer.Post(path+"/performances", twice...), h.ws+"/performances/abcdefgh")
	shows(t, h.viewer.Get(path), 200, day.Format("Mon 2 Jan 2006"), "Matinee", "No. 2", "No report yet")
	lacks(t, h.viewer.Get(path), "No. 3", "Start a report", "Add a run", "Put in the trash")

	leadsTo(t, h.organizer.Post(h.ws+"/performances/abcdefgh/edit", "day", date, "start", "20:00", "type", "gala",
		"intervals", "20, 15", "version", "1"), h.ws+"/performances/abcdefgh")
	shows(t, h.viewer.Get(h.ws+"/performances/abcdefgh"), 200, "20:00", "Gala", "20 minutes, 15 minutes")
	shows(t, h.organizer.Post(h.ws+"/performances/abcdefgh/edit", "day", date, "start", "20:00", "type", "gala",
		"version", "1"), 412)
	leadsTo(t, h.organizer.Post(h.ws+"/performances/abcdefgh/cancel"), h.ws+"/performances/abcdefgh")
	shows(t, h.viewer.Get(path), 200, "Cancelled")
	leadsTo(t, h.organizer.Post(h.ws+"/performances/abcdefgh/reinstate"), h.ws+"/performances/abcdefgh")
	shows(t, h.viewer.Post(h.ws+"/performances/abcdefgh/cancel"), 403)
}

func TestRun(t *testing.T) {
	h := newTheatre(t)
	path, tuesday := h.ws+"/productions/"+h.production, h.Clock.Now().AddDate(0, 0, 1)
	for tuesday.Weekday() != time.Tuesday {
		tuesday = tuesday.AddDate(0, 0, 1)
	}
	date := func(n int) string { return tuesday.AddDate(0, 0, n).Format(time.DateOnly) }
	shown := func(n int) string { return tuesday.AddDate(0, 0, n).Format("Mon 2 Jan 2006") }
	form := []string{"from", date(0), "until", date(12), "weekdays", "5", "weekdays", "6", "start", "1930", "type",
		"evening", "id", "runrun"}
	shows(t, h.organizer.Post(path+"/run", append([]string{"until", "x"}, form...)...), 400)
	leadsTo(t, h.organizer.Post(path+"/run", form...), path)
	leadsTo(t, h.organizer.Post(path+"/run", form...), path)
	p := h.viewer.Get(path)
	shows(t, p, 200, shown(3), shown(4), shown(10), shown(11), "No. 5")
	lacks(t, p, "No. 6", shown(5))
	every := []string{"from", date(0), "start", "1930", "type", "evening", "id", "longrun", "weekdays", "0", "weekdays",
		"1", "weekdays", "2", "weekdays", "3", "weekdays", "4", "weekdays", "5", "weekdays", "6"}
	shows(t, h.organizer.Post(path+"/run", append(every, "until", date(60))...), 400, "more than 60")
	shows(t, h.organizer.Post(path+"/run", append(every, "until", date(-1))...), 400, "None of the chosen days")
	shows(t, h.viewer.Post(path+"/run", form...), 403)
}

func TestTrashAndUndo(t *testing.T) {
	h := newTheatre(t)
	id := h.filed(t)
	path := h.ws + "/reports/" + id
	shows(t, h.organizer.Get(h.ws+"/trash"), 200, "The trash is empty")
	shows(t, h.reporter.Post(path+"/trash", "version", "2"), 403)
	sealed := "Something in this report is sealed from you"
	shows(t, h.organizer.Get(path), 200, sealed)
	lacks(t, h.organizer.Get(path), path+"/trash")
	shows(t, h.organizer.Post(path+"/trash", "version", "2"), 403, sealed)
	leadsTo(t, h.management.Post(path+"/trash", "version", "1"), path) // somebody else changed it
	lacks(t, h.management.Get(path), sealed)
	leadsTo(t, h.management.Post(path+"/trash", "version", "2"), h.ws+"/reports")
	shows(t, h.management.Get(h.ws+"/reports"), 200, "in the trash", `action="`+path+`/restore"`)
	shows(t, h.viewer.Get(path), 404)
	p := h.management.Get(h.ws + "/trash")
	gone := h.Clock.Now().In(time.UTC).AddDate(0, 0, 30).Format("2 January 2006")
	shows(t, p, 200, "Show report 1 · Tosca", "Maud of Lyric", gone, path+"/restore")
	p = h.organizer.Get(h.ws + "/trash")
	shows(t, p, 200, "Show report 1 · Tosca", "Something in it is sealed from you")
	lacks(t, p, path+"/restore")
	shows(t, h.organizer.Post(path+"/restore"), 403, sealed)
	leadsTo(t, h.management.Post(path+"/restore"), path)
	shows(t, h.viewer.Get(path), 200, "Lamp 14")

	leadsTo(t, h.organizer.Post(h.ws+"/performances/"+h.performance+"/trash"), h.ws+"/productions/"+h.production)
	leadsTo(t, h.organizer.Post(h.ws+"/productions/"+h.production+"/trash"), h.ws+"/productions")
	shows(t, h.organizer.Get(h.ws+"/trash"), 200, "Tosca", "No. 1,")
	shows(t, h.viewer.Get(h.ws+"/productions/"+h.production), 404)
	leadsTo(t, h.organizer.Post(h.ws+"/productions/"+h.production+"/restore"), h.ws+"/productions/"+h.production)
	leadsTo(t, h.organizer.Post(h.ws+"/performances/"+h.performance+"/restore"), h.ws+"/performances/"+h.performance)
}

// A full trash goes on over pages, each kind for itself.
func TestTrashHasPages(t *testing.T) {
	h := newTheatre(t)
	for n := range 51 {
		p := h.organizer.Post(h.ws+"/productions", "title", fmt.Sprintf("Farewell %02d", n), "zone", "Europe/Berlin")
		h.organizer.Post(h.ws + "/productions/" + lastPart(t, p) + "/trash")
		h.Clock.Advance(time.Second)
	}
	leadsTo(t, h.organizer.Post(h.ws+"/performances/"+h.performance+"/trash"), h.ws+"/productions/"+h.production)
	first := h.organizer.Get(h.ws + "/trash")
	shows(t, first, 200, "Farewell 50", "Farewell 01", "No. 1,", "kind=productions")
	lacks(t, first, "Farewell 00", "kind=performances")
	next := regexp.MustCompile(`href="([^"]*kind=productions[^"]*)"`).FindStringSubmatch(first.Body)
	second := h.organizer.Get(html.UnescapeString(next[1]))
	shows(t, second, 200, "Farewell 00", `href="`+h.ws+`/trash"`)
	lacks(t, second, "Farewell 01", "No. 1,", `rel="next"`)
	shows(t, h.organizer.Get(h.ws+"/trash?kind=productions&cursor=forged"), 400)
	lacks(t, h.viewer.Get(h.ws+"/trash?kind=productions"), "Farewell")
}

// Every address of another workspace's thing looks like one that never was.
func TestForeignThingsAreAbsent(t *testing.T) {
	h := newTheatre(t)
	id := h.filed(t)
	h.Company(t, "Other", "other")
	thief := h.As(t, "other", access.Management)
	for _, r := range h.Site.Routes() {
		if !strings.Contains(r.Path, "{production}") && !strings.Contains(r.Path, "{performance}") &&
			!strings.Contains(r.Path, "{report}") {
			continue
		}
		at := func(production, performance, report string) webtest.Page {
			path := strings.NewReplacer("{ws}", "other", "{production}", production, "{performance}", performance,
				"{report}", report).Replace(r.Path)
			if r.Method == "GET" {
				return thief.Get(path)
			}
			return thief.Post(path, h.written("version", "1", "reason", "r", "title", "x", "zone", "Europe/Berlin",
				"day", "2026-12-01", "start", "1930", "type", "evening",
				"from", "2026-12-01", "until", "2026-12-03", "weekdays", "2", "id", "freshfresh")...)
		}
		foreign, random := at(h.production, h.performance, id), at("aaaaaaaaaaaaaaaaaaaaaaaaaa",
			"bbbbbbbbbbbbbbbbbbbbbbbbbb", "cccccccccccccccccccccccccc")
		if foreign.Status != 404 || foreign.Body != random.Body {
			t.Errorf("%s %s: %d and %d", r.Method, r.Path, foreign.Status, random.Status)
		}
		lacks(t, foreign, canary, "Tosca", "Lamp 14")
	}
	shows(t, thief.Get("/w/other/reports/new?performance="+h.performance), 404)
	shows(t, thief.Get("/w/other/reports/new?production="+h.production), 404)
	shows(t, thief.Get("/w/other/reports?production="+h.production), 200, "Nothing fits")
}

func TestEmptyListsSayWhy(t *testing.T) {
	h := webtest.New(t)
	h.Company(t, "Lyric", "lyric")
	o, v := h.As(t, "lyric", access.Organizer), h.As(t, "lyric", access.Viewer)
	shows(t, o.Get("/w/lyric/productions"), 200, "No productions yet", "New production")
	shows(t, v.Get("/w/lyric/productions"), 200, "No productions yet")
	lacks(t, v.Get("/w/lyric/productions"), "/productions/new")
	shows(t, o.Get("/w/lyric/reports"), 200, "No reports yet", "Start a report")
	shows(t, v.Get("/w/lyric/reports"), 200, "meant for you")
	shows(t, o.Get("/w/lyric/reports/new"), 200, "No productions yet")
	shows(t, v.Get("/w/lyric/reports?state=nonsense"), 400)
	shows(t, v.Get("/w/lyric/reports?cursor=forged"), 400)
}

func TestHomeShowsWhatIsMissingAndToCome(t *testing.T) {
	h := newTheatre(t)
	path := h.ws + "/productions/" + h.production + "/performances"
	day := func(n int) string { return h.Clock.Now().AddDate(0, 0, n).Format(time.DateOnly) }
	for _, n := range []int{-20, -3, 2, 9} {
		leadsTo(t, h.organizer.Post(path, "day", day(n), "start", "1930", "type", "evening", "id", "night-"+day(n)),
			h.ws+"/performances/night-"+day(n))
	}
	home := h.organizer.Get(h.ws + "/")
	shows(t, home, 200, "Played, and no report yet", "Report missing", "/reports/new?performance=night-"+day(-3),
		"The next days", "/performances/night-"+day(2))
	lacks(t, home, "night-"+day(-20), "night-"+day(9))
	begun := saveTo.FindStringSubmatch(h.organizer.Get(h.ws + "/reports/new?performance=night-" + day(-3)).Body)[1]
	leadsTo(t, h.organizer.Post(h.ws+"/reports/"+begun+"/edit", "performance", "night-"+day(-3), "production",
		h.production, "audience", "everyone", "do", "nothing"), h.ws+"/reports/"+begun+"/check")
	shows(t, h.organizer.Get(h.ws+"/"), 200, "Report missing", "Continue the draft") // a draft is no report
	leadsTo(t, h.file(h.organizer, begun, "1"), h.ws+"/reports/"+begun+"/filed")
	p := h.organizer.Get(h.ws + "/")
	shows(t, p, 200, "No report is missing", "Waiting for review")
	lacks(t, p, "Report missing")
	lacks(t, h.viewer.Get(h.ws+"/"), "Played, and no report yet", "File the report")
}
