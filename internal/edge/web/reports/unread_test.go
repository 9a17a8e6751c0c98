package reports_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/tinyoperahouse/toh/internal/edge/web/webtest"
)

// answered is what the script of the page is told.
type answered struct {
	Version int64
	Saved   string
	Error   string
	Unread  []struct {
		Field, Label, Text string
		Kept               bool
	}
	Notes map[string]string
}

// autosave sends a form as the script does.
func autosave(h *webtest.Theatre, t *testing.T, id string, form ...string) (answered, webtest.Page) {
	t.Helper()
	h.Reporter.Header.Set("Accept", "application/json")
	defer h.Reporter.Header.Del("Accept")
	p := h.Reporter.Post(h.WS+"/reports/"+id+"/autosave", form...)
	var a answered
	if err := json.Unmarshal([]byte(p.Body), &a); err != nil {
		t.Fatalf("%d %s: %v", p.Status, p.Body, err)
	}
	return a, p
}

// draftPairs is a form of a draft with the usual fields, some of them with other texts.
func draftPairs(h *webtest.Theatre, version int64, other map[string]string) []string {
	pairs := h.Written("version", fmt.Sprint(version), "title", "", "v.capacity", "400", "v.total-house", "",
		"v.weather", "Rain.", "n.0.cue", "Q 12", "n.1.cue", "")
	for i := 0; i < len(pairs); i += 2 {
		if text, there := other[pairs[i]]; there && pairs[i] != "note" {
			pairs[i+1] = text
			delete(other, pairs[i])
		}
	}
	for name, text := range other {
		pairs = append(pairs, name, text)
	}
	return pairs
}

// TestAutosaveTellsTheTruth: a slip is named, kept as it was typed and shown again with its sentence; everything beside
// it is saved; the report cannot be filed before it is put right, with and without the script.
func TestAutosaveTellsTheTruth(t *testing.T) {
	t.Parallel()
	h := webtest.NewTheatre(t)
	id := h.Begin(t)
	path := h.WS + "/reports/" + id
	first, _ := autosave(h, t, id, draftPairs(h, 0, nil)...)
	version := first.Version
	for name, slip := range map[string]struct{ text, label, says string }{
		"t.act-up.1":    {"25:99", "Act 1 up", "This is not a time. Type it like 19:32, 1932 or 7.32pm."},
		"v.capacity":    {"400 ca.", "Capacity", "Give a number."},
		"v.total-house": {"1,234", "Total house", "Give a whole number, 0 or more."},
		"title":         {strings.Repeat("long ", 60), "Title", "At most 200 characters."},
		"n.0.cue":       {strings.Repeat("cue ", 20), "Note 1, Scene, cue or page", "At most 60 characters."},
		"n.1.topic":     {"weather", "Note 2, Sensitive topic", "There is no such topic."},
	} {
		t.Run(name, func(t *testing.T) {
			beside := "Saved beside " + name
			a, p := autosave(h, t, id, draftPairs(h, version, map[string]string{name: slip.text, "text": beside})...)
			if p.Status != 200 || len(a.Unread) != 1 || a.Unread[0].Field != name || a.Unread[0].Label != slip.label ||
				a.Unread[0].Text != slip.says || !a.Unread[0].Kept {
				t.Fatalf("%d %s", p.Status, p.Body)
			}
			page := h.Reporter.Get(path + "/edit")
			webtest.Shows(t, page, 200, beside, slip.label, slip.says, `href="#f-`+name+`"`,
				"Saved, but not everything can be read")
			if name != "n.1.topic" && !page.Has(strings.TrimSpace(slip.text)) {
				t.Error("what was typed is not shown again")
			}
			webtest.Shows(t, h.Reporter.Get(path+"/check"), 409, slip.says)
			webtest.Shows(t, h.Reporter.Post(path+"/file", "version", fmt.Sprint(a.Version)), 400, slip.says)
			// after a lost answer
			again, _ := autosave(h, t, id, draftPairs(h, a.Version-1, map[string]string{name: slip.text,
				"text": beside})...)
			if again.Version != a.Version || len(again.Unread) != 1 || again.Unread[0].Field != name {
				t.Errorf("sent again: %+v", again)
			}
			plain := h.Reporter.Post(path+"/edit", draftPairs(h, a.Version, map[string]string{name: slip.text,
				"text": beside,
				"do":   "check"})...)
			webtest.LeadsTo(t, plain, path+"/edit")
			webtest.Shows(t, h.Reporter.Get(path+"/edit"), 200, "not everything in it can be read", slip.says)
			right, _ := autosave(h, t, id, draftPairs(h, a.Version+1, nil)...)
			if version = right.Version; len(right.Unread) > 0 {
				t.Errorf("put right: %+v", right)
			}
			webtest.Lacks(t, h.Reporter.Get(path+"/edit"), slip.says)
		})
	}
	webtest.LeadsTo(t, h.File(h.Reporter, id, fmt.Sprint(version)), path+"/filed")
}

// What the script is answered when nothing can be saved is JSON, too, and says why.
func TestScriptsAreAnsweredInJSON(t *testing.T) {
	t.Parallel()
	h := webtest.NewTheatre(t)
	id := h.Begin(t)
	a, p := autosave(h, t, id, draftPairs(h, 0, map[string]string{"production": "x"})...)
	if p.Status != 400 && p.Status != 404 || a.Error == "" {
		t.Errorf("no such production: %d %s", p.Status, p.Body)
	}
	if a, p = autosave(h, t, id,
		draftPairs(h, 0, map[string]string{"text": strings.Repeat("x", 1<<20)})...); p.Status != 413 ||
		a.Error == "" {
		t.Errorf("too large: %d %s", p.Status, p.Body)
	}
	h.Reporter.Post("/signout")
	a, p = autosave(h, t, id, draftPairs(h, 0, nil)...)
	if p.Status != 401 || a.Error == "" || p.Location != "" || p.Has("Lamp 14") {
		t.Errorf("signed out: %d %s", p.Status, p.Body)
	}
}

// A note without a text stays, and is named; the ids of notes come back, so that the next save knows them.
func TestNotesWithoutATextAreNamed(t *testing.T) {
	t.Parallel()
	h := webtest.NewTheatre(t)
	id := h.Begin(t)
	more := map[string]string{"note": "2", "n.2.department": "props", "n.2.severity": "note", "n.2.cue": "Page 4"}
	a, _ := autosave(h, t, id, draftPairs(h, 0, more)...)
	if len(a.Unread) != 1 || a.Unread[0].Field != "n.2.text" || !a.Unread[0].Kept || len(a.Notes) != 3 ||
		a.Notes["2"] == "" {
		t.Fatalf("%+v", a)
	}
	path := h.WS + "/reports/" + id
	edit := h.Reporter.Get(path + "/edit")
	webtest.Shows(t, edit, 200, "Page 4")
	if got := webtest.Value(t, edit, "n.2.id"); got != a.Notes["2"] {
		t.Errorf("the note is %q, and %q was said", got, a.Notes["2"])
	}
	webtest.Shows(t, h.Reporter.Get(path+"/check"), 409, "Write what the note is about, or remove it.", "Page 4")
	// With its id a note can say that it is about nothing sensitive any more.
	b, _ := autosave(h, t, id, draftPairs(h, a.Version, map[string]string{"n.0.id": a.Notes["0"],
		"n.1.id":    a.Notes["1"],
		"n.1.topic": ""})...)
	edit = h.Reporter.Get(path + "/edit")
	if edit.Has(`value="injury" selected`) || len(b.Notes) != 2 {
		t.Errorf("the topic stays; %+v", b)
	}
}

// What no part of the form reads is named, and never saved by silence.
func TestFieldsThatNobodyReadsAreNamed(t *testing.T) {
	t.Parallel()
	h := webtest.NewTheatre(t)
	id := h.Begin(t)
	path := h.WS + "/reports/" + id
	version := int64(0)
	for name, form := range map[string][]string{
		"t.act-up.21": {"time", "act-up.21", "t.act-up.21", "2301"}, "t.curtsy.0": {"time", "curtsy.0", "t.curtsy.0",
			"2301"},
		"n.4.text": {"n.4.text", "no such note"}, "n.x.text": {"note", "x", "n.x.text", "no number"},
		"mood":  {"mood", "good"},
		"title": {"title", "One", "title", "Another"}, "v.door-cash": {"v.door-cash", "12 EUR"},
	} {
		a, p := autosave(h, t, id, append(draftPairs(h, version, nil), form...)...)
		if p.Status != 200 || !slices.ContainsFunc(a.Unread, func(u struct {
			Field, Label, Text string
			Kept               bool
		}) bool {
			return u.Field == name && !u.Kept
		}) {
			t.Errorf("%s: %d %s", name, p.Status, p.Body)
		}
		version = a.Version
		plain := h.Reporter.Post(path+"/edit", append(draftPairs(h, version, nil), append(form, "do", "save")...)...)
		webtest.Shows(t, plain, 400, "This page does not know what is in", name, "Lamp 14 is out.")
		if now := webtest.Value(t, h.Reporter.Get(path+"/edit"), "version"); now != fmt.Sprint(version) {
			t.Errorf("%s: version %s is saved after %d all the same", name, now, version)
		}
		for _, button := range []string{"add-note:props", "add-act"} {
			webtest.Shows(t, h.Reporter.Post(path+"/edit", append(draftPairs(h, version, nil),
				append(form, "do", button)...)...), 200,
				"This page does not know what is in", name)
		}
	}
	twenty := h.Written("do", "add-act")
	for n := 3; n <= 20; n++ {
		twenty = append(twenty, "time", fmt.Sprintf("act-up.%d", n))
	}
	webtest.Shows(t, h.Reporter.Post(path+"/edit", twenty...), 200, "at most 20 acts")
	last, _ := autosave(h, t, id, draftPairs(h, version, nil)...)
	webtest.LeadsTo(t, h.File(h.Reporter, id, fmt.Sprint(last.Version)), path+"/filed")
	filed := id
	amend := h.Reporter.Get(h.WS + "/reports/" + filed + "/amend")
	form := append(amendment(h, t, amend, "Lamp 15 is out."), "do", "amend", "reason", "r", "mood", "good")
	webtest.Shows(t, h.Reporter.Post(h.WS+"/reports/"+filed+"/amend", form...), 400,
		"This page does not know what is in: mood")
	webtest.Lacks(t, h.Viewer.Get(h.WS+"/reports/"+filed), "Lamp 15")
}

// People who are ticked beside other readers are never simply left out.
func TestTickedPeopleAreNotLeftOut(t *testing.T) {
	t.Parallel()
	h := webtest.NewTheatre(t)
	id, viewer := h.Begin(t), h.ID(t, "viewer@lyric.example")
	a, _ := autosave(h, t, id, draftPairs(h, 0, map[string]string{"people": viewer})...)
	if len(a.Unread) != 1 || a.Unread[0].Field != "people" || !a.Unread[0].Kept {
		t.Fatalf("%+v", a)
	}
	webtest.Shows(t, h.Reporter.Get(h.WS+"/reports/"+id+"/edit"), 200, `name="people" value="`+viewer+`" checked`)
	a, _ = autosave(h, t, id, draftPairs(h, a.Version, map[string]string{"people": viewer, "audience": "people"})...)
	if len(a.Unread) != 0 {
		t.Errorf("%+v", a)
	}
}

// Any form of a draft: what was typed is in the form that is opened again, or named as not kept, or the whole is
// refused by a name.
func TestNothingTypedIntoAFormIsEverGone(t *testing.T) {
	t.Parallel()
	h := webtest.NewTheatre(t)
	id := h.Begin(t)
	random := rand.New(rand.NewPCG(3, 5))
	names := []string{
		"title", "text", "t.act-up.1", "t.house-open.0", "t.act-down.2", "v.capacity", "v.weather", "v.total-house",
		"n.0.text", "n.0.cue", "n.1.cue", "n.1.text",
		"n.0.severity", "n.1.audience", "n.0.department", "t.act-up.21", "n.7.text", "v.bar", "mood",
	}
	texts := []string{"", "1934", "25:99", "7.32pm", "411", "400 ca.", "1,234", "-3", strings.Repeat("long ", 60),
		"a\x01b", "\xff", webtest.Card, "ünïcode", "urgent"}
	same := map[string]string{"1934": "19:34", "7.32pm": "19:32", "411": "04:11"}
	version, refused, lost := int64(0), 0, 0
	for round := range 120 {
		other, typed := map[string]string{}, map[string]string{}
		for range 1 + random.IntN(5) {
			name := names[random.IntN(len(names))]
			other[name] = strings.ReplaceAll(texts[random.IntN(len(texts))], "long", fmt.Sprintf("long%d", round))
			typed[name] = other[name]
		}
		a, p := autosave(h, t, id, draftPairs(h, version, other)...)
		if p.Status != 200 {
			refused++
			if a.Error == "" || p.Status != 400 {
				t.Fatalf("round %d: %d %s of %q", round, p.Status, p.Body, typed)
			}
			continue
		}
		version = a.Version
		reopened := draftForm(h, t, "/reports/"+id+"/edit")
		for name, text := range typed {
			named := slices.ContainsFunc(a.Unread, func(u struct {
				Field, Label, Text string
				Kept               bool
			}) bool {
				return u.Field == name && !u.Kept
			})
			if named {
				lost++
				continue
			}
			held := false
			for i := 0; i < len(reopened.Holds); i += 2 {
				v := strings.TrimSpace(reopened.Holds[i+1])
				held = held || reopened.Holds[i] == name && (v == strings.TrimSpace(text) || v == same[text])
			}
			if !held && text != "" && !strings.HasSuffix(name, "severity") && !strings.HasSuffix(name, "audience") {
				t.Errorf("round %d: %q typed into %s is gone; told %+v", round, text, name, a.Unread)
			}
		}
	}
	if refused > 30 || lost == 0 {
		t.Errorf("%d of 120 were refused, %d fields named as not kept", refused, lost)
	}
}
