package reports_test

import (
	"html"
	"regexp"
	"strings"
	"testing"

	"github.com/tinyoperahouse/toh/internal/edge/web/webtest"
	"github.com/tinyoperahouse/toh/internal/product/shows"
)

var posted = regexp.MustCompile(`(?:input|textarea|select) id="[^"]*" name="([^"]+)"`)

// TestEveryTypeIsWrittenInTheBrowser begins, fills, files and reads a report of each type, with all of its fields, by
// pages alone, and amends it.
func TestEveryTypeIsWrittenInTheBrowser(t *testing.T) {
	t.Parallel()
	h := webtest.NewTheatre(t)
	start := h.Organizer.Get(h.WS + "/reports/new")
	for _, kind := range shows.ReportTypes {
		t.Run(kind.Key, func(t *testing.T) {
			webtest.Shows(t, start, 200, kind.Label, "type="+kind.Key)
			p := h.Organizer.Get(h.WS + "/reports/new?type=" + kind.Key + "&production=" + h.Production)
			path := h.WS + "/reports/" + webtest.SaveTo.FindStringSubmatch(p.Body)[1]
			webtest.Shows(t, p, 200, kind.Says, `name="type" value="`+kind.Key+`"`)
			if kind.Evening != p.Has("add-act") || kind.Trivial != p.Has(`value="nothing"`) {
				t.Errorf("times or the quick way are wrong for this type")
			}
			pairs, fields := []string{"type", kind.Key, "production", h.Production, "zone", "Europe/Berlin",
				"audience", string(kind.Audience), "day", "2026-03-14", "text", "Words.", "do", "check"}, 0
			for _, m := range posted.FindAllStringSubmatch(p.Body, -1) {
				if key, isValue := strings.CutPrefix(m[1], "v."); isValue {
					fields++
					pairs = append(pairs, m[1], typed(t, key))
				}
			}
			if want := len(allFields(kind.Key)); fields != want {
				t.Errorf("the form has %d fields of %d", fields, want)
			}
			webtest.LeadsTo(t, h.Organizer.Post(path+"/edit", pairs...), path+"/check")
			webtest.LeadsTo(t, h.Organizer.Post(path+"/edit", pairs...), path+"/check") // sent twice, it is saved once
			webtest.Shows(t, h.Organizer.Get(path+"/check"), 200, kind.Label)
			webtest.LeadsTo(t, h.File(h.Organizer, webtest.LastOf(path), "1"), path+"/filed")
			read := h.Management.Get(path)
			for _, f := range allFields(kind.Key) {
				if !read.Has(html.EscapeString(f.Label)) {
					t.Errorf("%s is not shown", f.Key)
				}
			}
			webtest.Shows(t, read, 200, "Words.")
			form := h.Management.Get(path + "/amend")
			for _, m := range posted.FindAllStringSubmatch(form.Body, -1) {
				if strings.HasPrefix(m[1], "v.") {
					fields--
				}
			}
			if fields != 0 {
				t.Errorf("%d fields are missing when it is amended", fields)
			}
		})
	}
}

func allFields(kind string) []shows.Field {
	var list []shows.Field
	for _, g := range shows.GroupsOf(kind) {
		list = append(list, g.Fields...)
	}
	return list
}

// typed is what somebody might type into a field.
func typed(t *testing.T, key string) string {
	t.Helper()
	f, _ := shows.FieldOf(key)
	switch f.Kind {
	case shows.TextField:
		return "Said of " + key
	case shows.NumberField:
		return "2.5"
	case shows.CountField:
		return "12"
	case shows.TimeField:
		return "19:32"
	case shows.ChoiceField:
		return f.Choices[0].Key
	case shows.MoneyField:
		return "12.50 EUR"
	case shows.ListField, shows.PeopleField:
		return "One " + key + "\nTwo " + key
	}
	t.Fatalf("nothing is known of %s", key)
	return ""
}

// TestWhatIsNotForAMemberIsNotAskedOfThem: after a report is filed, its form for an amendment asks a member only for
// what they may read.
func TestWhatIsNotForAMemberIsNotAskedOfThem(t *testing.T) {
	t.Parallel()
	h := webtest.NewTheatre(t)
	p := h.Reporter.Get(h.WS + "/reports/new?production=" + h.Production)
	webtest.Shows(t, p, 200, `name="v.illness"`) // who writes a report may seal something in it
	path := h.WS + "/reports/" + webtest.SaveTo.FindStringSubmatch(p.Body)[1]
	h.Reporter.Post(path+"/edit", "type", "show", "production", h.Production, "zone", "Europe/Berlin", "audience",
		"everyone",
		"text", "Words.", "v.weather", "Rain", "do", "check")
	webtest.LeadsTo(t, h.File(h.Reporter, webtest.LastOf(path), "1"), path+"/filed")
	amend := h.Reporter.Get(path + "/amend")
	webtest.Shows(t, amend, 200, `name="v.weather"`)
	if amend.Has(`name="v.illness"`) {
		t.Error("a field for management is asked of a reporter")
	}
}

// TestATimeThatWasNotTouchedStays: a form shows hours and minutes, and gives back the very instant.
func TestATimeThatWasNotTouchedStays(t *testing.T) {
	t.Parallel()
	h := webtest.NewTheatre(t)
	p := h.Organizer.Get(h.WS + "/reports/new?type=day-log&production=" + h.Production)
	path := h.WS + "/reports/" + webtest.SaveTo.FindStringSubmatch(p.Body)[1]
	fill := func(version, gotIn string, more ...string) {
		t.Helper()
		got := h.Organizer.Post(path+"/edit", append([]string{"type", "day-log", "production", h.Production, "zone",
			"Europe/Berlin", "audience", "everyone", "day", "2026-03-14", "version", version, "v.get-in", gotIn, "do",
			"go-on"},
			more...)...)
		webtest.LeadsTo(t, got, path+"/edit")
	}
	fill("", "2026-03-12T07:00:13+01:00")
	form := h.Organizer.Get(path + "/edit")
	webtest.Shows(t, form, 200, `value="12 Mar 2026, 07:00"`, `name="v.get-in.exact" value="2026-03-12T07:00:13`)
	fill("1", "12 Mar 2026, 07:00", "v.get-in.exact", "2026-03-12T07:00:13+01:00", "v.get-in.shown",
		"12 Mar 2026, 07:00")
	webtest.Shows(t, h.Organizer.Get(path+"/edit"), 200, `name="v.get-in.exact" value="2026-03-12T07:00:13`)
	fill("2", "06:30", "v.get-in.exact", "2026-03-12T07:00:13+01:00", "v.get-in.shown", "12 Mar 2026, 07:00")
	webtest.Shows(t, h.Organizer.Get(path+"/edit"), 200, `name="v.get-in" type="text" dir="auto" value="06:30"`)
}
