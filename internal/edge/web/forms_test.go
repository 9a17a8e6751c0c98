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

func creatingForms(h *webtest.Theatre) map[string]made {
	production := h.WS + "/productions/" + h.Production
	return map[string]made{
		"productions.create": {h.WS + "/productions/new", h.WS + "/productions", h.WS + "/productions",
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
	t.Parallel()
	h := webtest.NewTheatre(t)
	forms := creatingForms(h)
	for _, r := range h.Site.Routes() {
		if _, known := forms[r.Name]; r.Method == "POST" && strings.HasSuffix(r.Name, ".create") && !known {
			t.Errorf("the form of %s is not tried", r.Name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(forms)) {
		t.Run(name, func(t *testing.T) { thrice(h, t, forms[name]) })
	}
}

func thrice(h *webtest.Theatre, t *testing.T, form made) {
	b := h.Management
	fields := append(slices.Clone(form.fields), "id", webtest.Value(t, b.Get(form.page), "id"))
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
			t.Errorf("status %d: %s", a.Status, webtest.Problems(a))
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
	webtest.Shows(t, refused, 409, "This form was sent before", form.other)
	fields[len(fields)-1] = webtest.Value(t, refused, "id")
	if a := b.Post(form.post, fields...); a.Status == 409 && webtest.Confirmed(a) != "" {
		t.Fatalf("asked, though it is another minute: %s", webtest.Problems(a))
	} else if a.Status != 303 && a.Status != 200 {
		t.Errorf("sent anew: status %d: %s", a.Status, webtest.Problems(a))
	}
}
