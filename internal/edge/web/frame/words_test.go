package frame_test

import (
	"strings"
	"testing"

	"github.com/tinyoperahouse/toh/internal/edge/web/webtest"
	"github.com/tinyoperahouse/toh/internal/product/account/accounttest"
)

// signsIn sends the page that asks to sign in, as this person.
func signsIn(t *testing.T, b *webtest.Browser, asked webtest.Page, role string) webtest.Page {
	t.Helper()
	return b.Post("/signin/again", "email", role+"@lyric.example", "password", accounttest.Password, "words",
		webtest.Value(t, asked, "words"))
}

// Words that are sent after the session has ended are sent again once their writer has signed in, for every form that
// people write in.
func TestWordsSurviveTheEndOfTheSession(t *testing.T) {
	t.Parallel()
	h := webtest.NewTheatre(t)
	page := h.WS + "/reports/new?performance=" + h.Performance
	draft := h.Reporter.Get(page)
	id, as := webtest.SaveTo.FindStringSubmatch(draft.Body)[1], webtest.Value(t, draft, "as")
	edit := h.WS + "/reports/" + id + "/edit"
	h.Reporter.Post("/signout")
	asked := h.Reporter.Post(edit, h.Written("as", as, "do", "go-on", "password", "a secret", "proof", "another")...)
	webtest.Shows(t, asked, 403, "You were signed out.", `action="/signin/again"`)
	webtest.Lacks(t, asked, "Lamp 14", webtest.Canary, "a secret")
	wrong := h.Reporter.Post("/signin/again", "email", "reporter@lyric.example", "password", "wrong", "words",
		webtest.Value(t, asked, "words"))
	if wrong.Status < 400 || webtest.Value(t, wrong, "words") != webtest.Value(t, asked, "words") {
		t.Errorf("after a wrong password: %d", wrong.Status)
	}
	webtest.LeadsTo(t, signsIn(t, h.Reporter, wrong, "reporter"), edit)
	webtest.Shows(t, h.Reporter.Get(edit), 200, "Lamp 14 is out.", webtest.Canary)
	webtest.LeadsTo(t, signsIn(t, h.Reporter, asked, "reporter"), edit) // a second tap
	if v := webtest.Value(t, h.Reporter.Get(edit), "version"); v != "1" {
		t.Errorf("it was saved to version %s", v)
	}

	add := h.WS + "/productions"
	form := h.Organizer.Get(add + "/new")
	fields := []string{"title", "Norma", "zone", "Europe/Berlin", "id", webtest.Value(t, form, "id"), "as",
		webtest.Value(t, form, "as")}
	h.Organizer.Post("/signout")
	asked = h.Organizer.Post(add, fields...)
	webtest.LeadsTo(t, signsIn(t, h.Organizer, asked, "organizer"), add+"/"+webtest.Value(t, form, "id"))
	signsIn(t, h.Organizer, asked, "organizer")
	if n := strings.Count(h.Organizer.Get(add).Body, ">Norma<"); n != 1 {
		t.Errorf("%d productions were made", n)
	}
}

// Another account gets nothing of it and sends nothing, whether it signs in on the page or is signed in already.
func TestWordsAreTheirWritersOnly(t *testing.T) {
	t.Parallel()
	h := webtest.NewTheatre(t)
	form := h.Organizer.Get(h.WS + "/productions/new")
	fields := []string{"title", webtest.Canary, "zone", "Europe/Berlin", "id", webtest.Value(t, form, "id"), "as",
		webtest.Value(t, form, "as")}
	h.Organizer.Post("/signout")
	asked := h.Organizer.Post(h.WS+"/productions", fields...)
	other := signsIn(t, h.Organizer, asked, "management")
	webtest.Shows(t, other, 409, "written with another account, and nothing was sent")
	webtest.Lacks(t, other, webtest.Canary)
	webtest.Shows(t, h.Management.Post(h.WS+"/productions", fields...), 403,
		"written with another account, and nothing was sent")
	webtest.Lacks(t, h.Management.Get(h.WS+"/productions"), webtest.Canary)
	webtest.LeadsTo(t, signsIn(t, h.Organizer, other, "organizer"), h.WS+"/productions/"+webtest.Value(t, form, "id"))

	// A made-up mark or a made-up seal carries nothing.
	stranger := h.Browser()
	for _, forged := range []string{"", "x", h.ID(t, "organizer@lyric.example"), strings.Repeat("A", 90),
		webtest.Value(t, asked, "words")} {
		p := stranger.Post(h.WS+"/productions", "title", webtest.Canary, "zone", "Europe/Berlin", "as", forged)
		if p.Status != 303 || !strings.HasPrefix(p.Location, "/signin") || p.Has(webtest.Canary) {
			t.Errorf("mark %q: %d %s", forged, p.Status, p.Location)
		}
		p = stranger.Post("/signin/again", "email", "reporter@lyric.example", "password", accounttest.Password, "words",
			forged)
		if forged != webtest.Value(t, asked, "words") {
			webtest.LeadsTo(t, p, "/")
		}
		stranger = h.Browser()
	}
}

func TestWordsAreBoundedAndHoldNoCardNumber(t *testing.T) {
	t.Parallel()
	h := webtest.NewTheatre(t)
	form := h.Reporter.Get(h.WS + "/reports/new?performance=" + h.Performance)
	id, as := webtest.SaveTo.FindStringSubmatch(form.Body)[1], webtest.Value(t, form, "as")
	edit := h.WS + "/reports/" + id + "/edit"
	h.Reporter.Post("/signout")
	webtest.Shows(t, h.Reporter.Post("/signin/again", "email", "reporter@lyric.example", "password", "x", "words",
		strings.Repeat("x", 3<<20)), 413)
	webtest.LeadsTo(t, h.Reporter.Post(edit, "as", as, "text", strings.Repeat("x", 2<<20)), "/signin")
	asked := h.Reporter.Post(edit, h.Written("as", as, "title", webtest.Card, "do", "go-on")...)
	webtest.Lacks(t, asked, webtest.Card)
	webtest.Shows(t, signsIn(t, h.Reporter, asked, "reporter"), 400, "This looks like a payment card number.",
		"Lamp 14 is out.")
	webtest.Lacks(t, h.Reporter.Get(edit), webtest.Card)
}
