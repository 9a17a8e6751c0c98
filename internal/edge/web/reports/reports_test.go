package reports_test

import (
	"strings"
	"testing"

	"github.com/tinyoperahouse/toh/internal/edge/web/webtest"
)

func TestReportFromDraftToAmendment(t *testing.T) {
	t.Parallel()
	h := webtest.NewTheatre(t)
	webtest.Shows(t, h.Reporter.Get(h.WS+"/"), 200, "File the report", "Tosca")
	id := h.Filed(t)
	path := h.WS + "/reports/" + id
	webtest.Shows(t, h.Reporter.Get(path+"/filed"), 200, "Show report 1 is filed")
	webtest.LeadsTo(t, h.File(h.Reporter, id, "1"), path+"/filed") // a double tap
	if n := strings.Count(h.Organizer.Get(h.WS+"/reports").Body, `href="`+path+`"`); n != 1 {
		t.Errorf("filed %d times", n)
	}
	webtest.Shows(t, h.Viewer.Get(path), 200, "Show report 1", "2 h 20", "2 h 41", "4 min late", "Lamp 14 is out.",
		"Urgent",
		"1 withheld note", "Content hash")
	webtest.Shows(t, h.Management.Get(path), 200, webtest.Canary, "For Management")
	webtest.Shows(t, h.Organizer.Get(path), 200, "1 withheld note", "Ask the author")

	webtest.LeadsTo(t, h.Organizer.Post(path+"/query", "text", "Which lamp?", "version", "2"), path)
	webtest.Shows(t, h.Reporter.Get(h.WS+"/"), 200, "Questions for you", "Answer")
	amend := h.Reporter.Get(path + "/amend")
	webtest.Shows(t, amend, 200, "Which lamp?", webtest.Canary)
	changed := amendment(h, t, amend, "Lamp 15 is out.")
	webtest.Shows(t, h.Reporter.Post(path+"/amend", append(changed, "do", "preview")...), 200, "What will change",
		"Before:")
	webtest.Shows(t, h.Viewer.Get(path), 200, "Lamp 14 is out.") // nothing has changed yet
	webtest.Shows(t, h.Reporter.Post(path+"/amend", append(changed, "do", "amend")...), 400, "Reason: Please fill "+
		"this in.",
		"Lamp 15 is out.")
	webtest.LeadsTo(t, h.Reporter.Post(path+"/amend", append(changed, "do", "amend", "reason",
		"It was the other one.")...),
		path+"/versions")
	p := h.Viewer.Get(path + "/versions")
	webtest.Shows(t, p, 200, "Version 2", "It was the other one.", "Current version", `<del class="before">`,
		`<ins class="after">`)
	webtest.Lacks(t, p, webtest.Canary)
	webtest.LeadsTo(t, h.Organizer.Post(path+"/accept", "version", "4"), path)
	p = h.Viewer.Get(path)
	webtest.Shows(t, p, 200, "Accepted", "Amended", "1 withheld note")
	webtest.Lacks(t, p, webtest.Canary, "Which lamp?")
	webtest.Shows(t, h.Reporter.Get(path+"/seen"), 200, "The viewer of Lyric", "Maud of Lyric")
}

// amendment is the form of the amend page with another text of the first note.
func amendment(h *webtest.Theatre, t *testing.T, p webtest.Page, text string) []string {
	t.Helper()
	return []string{
		"version", webtest.Value(t, p, "version"), "zone", "Europe/Berlin", "text", "A full house.", "audience",
		"everyone",
		"time", "act-up.1", "t.act-up.1", "19:34", "t.act-up.1.exact", webtest.Value(t, p, "t.act-up.1.exact"),
		"t.act-up.1.planned", webtest.Value(t, p, "t.act-up.1.planned"),
		"note", "0", "n.0.id", webtest.Value(t, p, "n.0.id"), "n.0.department", "lighting", "n.0.severity", "urgent",
		"n.0.text", text, "n.0.audience", "everyone",
		"note", "1", "n.1.id", webtest.Value(t, p, "n.1.id"), "n.1.department", "stage management", "n.1.severity",
		"attention",
		"n.1.topic", "injury",
		"n.1.audience", "management", "n.1.text", "Ankle, " + webtest.Canary + ".",
	}
}

// A viewer's pages hold nothing of a withheld note, wherever the report shows.
func TestWithheldNotesAreInNoPageOfOthers(t *testing.T) {
	t.Parallel()
	h := webtest.NewTheatre(t)
	id := h.Filed(t)
	paths := []string{
		"/", "/reports", "/reports?q=" + webtest.Canary, "/reports?q=ankle", "/reports?state=filed", "/reports/" + id,
		"/reports/" + id + "/versions", "/reports/" + id + "/seen",
		"/reports/" + id + "/filed", "/reports/" + id + "/amend", "/reports/" + id + "/query", "/productions",
		"/productions/" + h.Production, "/performances/" + h.Performance, "/trash", "/members",
	}
	for _, b := range []*webtest.Browser{h.Viewer, h.Organizer} {
		for _, path := range paths {
			p := b.Get(h.WS + path)
			webtest.Lacks(t, webtest.Page{Body: strings.ReplaceAll(p.Body, "q="+webtest.Canary, "")}, "Ankle")
			if strings.Contains(strings.NewReplacer(`value="`+webtest.Canary+`"`, "", "Search: "+webtest.Canary, "",
				"q="+webtest.Canary, "").
				Replace(p.Body), webtest.Canary) {
				t.Errorf("%s holds the withheld note", path)
			}
		}
		webtest.Shows(t, b.Get(h.WS+"/reports?q="+webtest.Canary), 200, "No matches")
	}
	webtest.Shows(t, h.Management.Get(h.WS+"/reports?q="+webtest.Canary), 200, "Show report 1, Tosca")
}

// TestASearchForSmallWords: small words alone are answered with why, beside others they are left out, and authors find
// their drafts by words.
func TestASearchForSmallWords(t *testing.T) {
	t.Parallel()
	h := webtest.NewTheatre(t)
	id := h.Begin(t)
	webtest.LeadsTo(t, h.Reporter.Post(h.WS+"/reports/"+id+"/edit", h.Written("do", "save")...), h.WS+"/")
	webtest.Shows(t, h.Reporter.Get(h.WS+"/reports?q=the+of"), 400, "Add a longer word.", `value="the of"`)
	webtest.Shows(t, h.Reporter.Get(h.WS+"/reports?q=the+"+webtest.Canary), 200, "/reports/"+id)
	webtest.Lacks(t, h.Management.Get(h.WS+"/reports?q=the+"+webtest.Canary), "/reports/"+id)
}

func TestDraftsAreTheirAuthorsOnly(t *testing.T) {
	t.Parallel()
	h := webtest.NewTheatre(t)
	id := h.Begin(t)
	webtest.LeadsTo(t, h.Reporter.Post(h.WS+"/reports/"+id+"/edit", h.Written("do", "save")...), h.WS+"/")
	webtest.LeadsTo(t, h.Reporter.Get(h.WS+"/reports/new?performance="+h.Performance), h.WS+"/reports/"+id+"/edit")
	webtest.Shows(t, h.Reporter.Get(h.WS+"/"), 200, "Continue the draft", "The draft was saved.")
	webtest.Shows(t, h.Reporter.Get(h.WS+"/reports/"+id), 200, "Only you can see it", webtest.Canary)
	for _, b := range []*webtest.Browser{h.Management, h.Organizer, h.Viewer} {
		webtest.Shows(t, b.Get(h.WS+"/reports/"+id), 404)
		webtest.Lacks(t, b.Get(h.WS+"/reports"), id)
		webtest.Lacks(t, b.Get(h.WS+"/productions/"+h.Production), id)
	}
	for _, b := range []*webtest.Browser{h.Management, h.Organizer} {
		webtest.Shows(t, b.Get(h.WS+"/reports/"+id+"/edit"), 404)
		webtest.Shows(t, b.Get(h.WS+"/reports/"+id+"/check"), 404)
		webtest.Shows(t, b.Post(h.WS+"/reports/"+id+"/file", "version", "1"), 404)
		webtest.Shows(t, b.Post(h.WS+"/reports/"+id+"/edit", h.Written("version", "1", "do", "save")...), 404)
	}
	webtest.Shows(t, h.Viewer.Get(h.WS+"/reports/"+id+"/edit"), 403)
	webtest.Shows(t, h.Viewer.Get(h.WS+"/reports/new"), 403)
}

func TestDraftKeepsWhatWasEntered(t *testing.T) {
	t.Parallel()
	h := webtest.NewTheatre(t)
	id := h.Begin(t)
	path := h.WS + "/reports/" + id + "/edit"
	wrong := h.Written("do", "check", "time", "clear.0", "t.clear.0", "25:99")
	p := h.Reporter.Post(path, h.Written("do", "check", "time", "clear.0", "t.clear.0", "22:5O", "title",
		"4111 1111 1111 1111")...)
	webtest.Shows(t, p, 400, "Building clear: This is not a time", `href="#f-t.clear.0"`, `value="22:5O"`,
		"Title: This looks like a payment card number.", "Lamp 14 is out.", webtest.Canary)
	webtest.LeadsTo(t, h.Reporter.Post(path, append(wrong, "version", webtest.Value(t, p, "version"))...), path)
	webtest.Shows(t, h.Reporter.Get(path), 200, "Building clear: This is not a time", `href="#f-t.clear.0"`,
		`value="25:99"`,
		"Lamp 14 is out.", webtest.Canary, `value="19:34"`)
	p = h.Reporter.Post(path, h.Written("do", "add-note:props")...)
	webtest.Shows(t, p, 200, "Lamp 14 is out.", `name="n.2.text"`, webtest.Canary)
	p = h.Reporter.Post(path, h.Written("do", "remove-note:0")...)
	webtest.Shows(t, p, 200, webtest.Canary)
	webtest.Lacks(t, p, "Lamp 14 is out.")
	webtest.Shows(t, h.Reporter.Post(path, h.Written("do", "add-act")...), 200, "Act 3 up", "Lamp 14 is out.")
	third := []string{"do", "save", "note", "2", "n.2.department", "props", "n.2.severity", "note", "n.2.text",
		"For one", "n.2.audience", "people"}
	webtest.LeadsTo(t, h.Reporter.Post(path, h.Written(append(third, "version", "1")...)...), path)
	webtest.Shows(t, h.Reporter.Get(path), 200, "Name at least one person.")
	webtest.LeadsTo(t, h.Reporter.Post(path, h.Written(append(third, "version", "2", "n.2.people",
		"aaaaaaaaaaaaaaaaaaaaaaaaaa")...)...), path)
	webtest.Shows(t, h.Reporter.Get(path), 200, "Choose among the members",
		`value="aaaaaaaaaaaaaaaaaaaaaaaaaa" checked`)
	late := h.Written("do", "check", "version", "3")
	for i := range late {
		if late[i] == "20:40" {
			late[i] = "19:20"
		}
	}
	webtest.LeadsTo(t, h.Reporter.Post(path, late...), h.WS+"/reports/"+id+"/check")
	webtest.Shows(t, h.Reporter.Get(h.WS+"/reports/"+id+"/check"), 409, "Act 1 cannot come down before it went up.",
		"Lamp 14 is out.")
	webtest.Shows(t, h.Reporter.Post(h.WS+"/reports/"+id+"/file", "version", "4"), 400,
		"Act 1 cannot come down before it went up.", "Lamp 14 is out.")
	webtest.LeadsTo(t, h.Reporter.Post(path, h.Written("do", "check", "version", "4")...), h.WS+"/reports/"+id+"/check")
	webtest.Shows(t, h.Reporter.Get(h.WS+"/reports/"+id+"/check"), 200, "Who will read it", "Management")
}

func TestNothingToReport(t *testing.T) {
	t.Parallel()
	h := webtest.NewTheatre(t)
	id := h.Begin(t)
	check := h.WS + "/reports/" + id + "/check"
	webtest.LeadsTo(t, h.Reporter.Post(h.WS+"/reports/"+id+"/edit", "performance", h.Performance, "production",
		h.Production,
		"audience", "everyone", "do", "nothing"), check)
	webtest.Shows(t, h.Reporter.Get(check), 200, "Nothing to report.", "File the report")
	webtest.LeadsTo(t, h.File(h.Reporter, id, "1"), h.WS+"/reports/"+id+"/filed")
	webtest.Shows(t, h.Viewer.Get(h.WS+"/"), 200, "Tosca, report 1")
}

func TestAutosave(t *testing.T) {
	t.Parallel()
	h := webtest.NewTheatre(t)
	id := h.Begin(t)
	save, edit := h.WS+"/reports/"+id+"/autosave", h.WS+"/reports/"+id+"/edit"
	p := h.Reporter.Post(save, h.Written("time", "clear.0", "t.clear.0", "22:")...) // a time that is half typed
	webtest.Shows(t, p, 200)
	if !strings.HasPrefix(p.Header.Get("Content-Type"), "application/json") || !p.Has(`"version":1`) ||
		!p.Has(`"saved":"`) {
		t.Errorf("autosave: %s", p.Body)
	}
	// as after a lost answer
	webtest.Shows(t, h.Reporter.Post(save, h.Written("time", "clear.0", "t.clear.0", "22:")...), 200, `"version":1`,
		"Building clear")
	webtest.Shows(t, h.Reporter.Post(save, h.Written("version", "1", "title", "Full")...), 200, `"version":2`)
	webtest.Shows(t, h.Reporter.Post(save, h.Written("version", "1", "title", "Other")...), 409)
	p = h.Reporter.Post(edit, h.Written("version", "1", "title", "Other", "do", "save")...)
	webtest.Shows(t, p, 409, "was saved somewhere else", "Keep what is in the form", "Full", `value="Other"`)
	if v := webtest.Value(t, p, "version"); v != "2" {
		t.Errorf("the form would replace version %s", v)
	}
	webtest.LeadsTo(t, h.Reporter.Post(edit, h.Written("version", "2", "title", "Other", "do", "save")...), h.WS+"/")
	webtest.Shows(t, h.Reporter.Get(edit), 200, `value="Other"`)
	webtest.Shows(t, h.Viewer.Post(save, h.Written()...), 403)
	webtest.Shows(t, h.Reporter.Post(h.WS+"/reports/UPPER/autosave", h.Written()...), 404)
	webtest.LeadsTo(t, h.File(h.Reporter, id, "3"), h.WS+"/reports/"+id+"/filed")
	webtest.Shows(t, h.Reporter.Post(save, h.Written("version", "3", "title", "Later")...), 409)
	webtest.Shows(t, h.Reporter.Post(edit, h.Written("version", "3", "title", "Later", "do", "save")...), 409,
		"filed in the meantime", `value="Later"`)
	webtest.LeadsTo(t, h.Reporter.Get(edit), h.WS+"/reports/"+id)
}
