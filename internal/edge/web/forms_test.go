package web_test

import (
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/edge/web/webtest"
	"github.com/tinyoperahouse/toh/internal/product/account/accounttest"
)

// made is a form that makes something: where it is, what is typed, another content for one field, and what a list shows
// of it.
type made struct {
	page, post, list string
	fields           []string
	field, other     string
	shows            string // once in the list
	again            int    // the status of the same form sent again
}

func (h *theatre) forms() map[string]made {
	production := h.ws + "/productions/" + h.production
	return map[string]made{
		"productions.create": {h.ws + "/productions/new", h.ws + "/productions", h.ws + "/productions",
			[]string{"title", "Norma", "zone", "Europe/Berlin"}, "title", "Aida", ">Norma<", 303},
		"performances.create": {production + "/performances/new", production + "/performances", production,
			[]string{"day", "2031-05-04", "start", "1930", "type", "evening"}, "start", "2000", "4 May 2031", 303},
		"run.create": {production + "/run", production + "/run", production,
			[]string{"from", "2032-05-04", "until", "2032-05-04", "weekdays", "2", "start", "1930", "type", "evening"},
			"start", "2000", "4 May 2032", 303},
		"workspaces.create": {"/workspaces/new", "/workspaces", "/workspaces",
			[]string{"name", "Second House", "time_zone", "Europe/Berlin"}, "name", "Third House",
			"class=\"title\" href=\"/w/second-house", 303},
		"tokens.create": {"/account/tokens/new", "/account/tokens", "/account/tokens",
			[]string{"name", "Stage door", "scopes", "reports:read", "days", "30"}, "name", "Back door", "/revoke\"",
			409},
	}
}

// A form that arrives three times at once makes one thing; another content under its id is told so, keeps what was
// typed, and is taken when it is sent once more.
func TestEveryFormThatCreatesMakesOneThing(t *testing.T) {
	h := newTheatre(t)
	forms := h.forms()
	for _, r := range h.Site.Routes() {
		if _, known := forms[r.Name]; r.Method == "POST" && strings.HasSuffix(r.Name, ".create") && !known {
			t.Errorf("the form of %s is not tried", r.Name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(forms)) {
		t.Run(name, func(t *testing.T) { h.thrice(t, forms[name]) })
	}
}

func (h *theatre) thrice(t *testing.T, form made) {
	b := h.management
	fields := append(slices.Clone(form.fields), "id", value(t, b.Get(form.page), "id"))
	answers := make([]webtest.Page, 3)
	var wait sync.WaitGroup
	for i := range answers {
		browser := h.Browser()
		browser.SignIn(t, string(access.Management)+"@lyric.example", accounttest.Password)
		wait.Go(func() { answers[i] = browser.Post(form.post, fields...) })
	}
	wait.Wait()
	first := 0
	for _, a := range answers {
		switch a.Status {
		case form.again:
		case 200:
			first++
		default:
			t.Errorf("status %d: %s", a.Status, problems(a))
		}
	}
	if first > 1 {
		t.Errorf("%d of them were the first", first)
	}
	if n := strings.Count(b.Get(form.list).Body, form.shows); n != 1 {
		t.Fatalf("%q is %d times in the list", form.shows, n)
	}
	i := slices.Index(fields, form.field) + 1
	fields[i] = form.other
	refused := b.Post(form.post, fields...)
	shows(t, refused, 409, "This form was sent before", form.other)
	fields[len(fields)-1] = value(t, refused, "id")
	if a := b.Post(form.post, fields...); a.Status == 409 && confirmed(a) != "" {
		t.Fatalf("asked, though it is another minute: %s", problems(a))
	} else if a.Status != 303 && a.Status != 200 {
		t.Errorf("sent anew: status %d: %s", a.Status, problems(a))
	}
}

// In the night to 30 March 2031 the clocks of Berlin skip the hour after two.
func TestRunLeavesNothingWhenOneNightIsImpossible(t *testing.T) {
	h := newTheatre(t)
	path := h.ws + "/productions/" + h.production
	id := value(t, h.organizer.Get(path+"/run"), "id")
	run := []string{"from", "2031-03-28", "until", "2031-03-30", "weekdays", "5", "weekdays", "6", "weekdays", "0",
		"type", "evening", "id", id, "start"}
	shows(t, h.organizer.Post(path+"/run", append(run, "0230")...), 400, "2031-03-30: The clocks skip 02:30")
	lacks(t, h.organizer.Get(path), "28 Mar 2031", "29 Mar 2031")
	leadsTo(t, h.organizer.Post(path+"/run", append(run, "2000")...), path)
	shows(t, h.organizer.Get(path), 200, "28 Mar 2031", "29 Mar 2031", "30 Mar 2031")
	lacks(t, h.organizer.Get(path), "02:30")
}

func TestPlansAreAskedAboutOnThePage(t *testing.T) {
	h := newTheatre(t)
	path := h.ws + "/productions/" + h.production + "/performances"
	night := []string{"day", "2031-05-04", "start", "1930", "house_open", "20:00", "type", "evening", "number", "1",
		"notes", "Bring cake."}
	asked := h.organizer.Post(path, night...)
	shows(t, asked, 409, "House open: The house would open at 20:00 on 4 May, after the curtain",
		"has the number 1 already", "Bring cake.")
	lacks(t, h.organizer.Get(h.ws+"/productions/"+h.production), "4 May 2031")
	id := lastPart(t, h.organizer.Post(path, append(night, "confirm", confirmed(asked))...))
	edit := h.organizer.Get(h.ws + "/performances/" + id + "/edit")
	if value(t, edit, "number") != "1" {
		t.Error("the number cannot be edited")
	}
}

func TestZoneIsAskedAboutOnThePage(t *testing.T) {
	h := newTheatre(t)
	path := h.ws + "/productions/" + h.production + "/edit"
	lacks(t, h.organizer.Get(path), "Performances to come")
	fields := []string{"title", "Tosca", "zone", "Europe/London"}
	shows(t, h.organizer.Post(path, fields...), 409, "Performances to come",
		"1 performances to come were scheduled in another zone")
	leadsTo(t, h.organizer.Post(path, append(fields, "coming", "clock")...), h.ws+"/productions/"+h.production)
	shows(t, h.organizer.Get(h.ws+"/performances/"+h.performance), 200, "19:30", "Europe/London")
}
