package web_test

import (
	"strings"
	"testing"

	"github.com/tinyoperahouse/toh/internal/edge/web/webtest"
	"github.com/tinyoperahouse/toh/internal/product/account"
	"github.com/tinyoperahouse/toh/internal/product/account/accounttest"
)

// signsIn sends the page that asks to sign in, as this person.
func signsIn(t *testing.T, b *webtest.Browser, asked webtest.Page, role string) webtest.Page {
	t.Helper()
	return b.Post("/signin/again", "email", role+"@lyric.example", "password", accounttest.Password, "words",
		value(t, asked, "words"))
}

// Words that are sent after the session has ended are sent again once their writer has signed in, for every form that
// people write in.
func TestWordsSurviveTheEndOfTheSession(t *testing.T) {
	h := newTheatre(t)
	page := h.ws + "/reports/new?performance=" + h.performance
	begun := h.reporter.Get(page)
	id, as := saveTo.FindStringSubmatch(begun.Body)[1], value(t, begun, "as")
	edit := h.ws + "/reports/" + id + "/edit"
	h.reporter.Post("/signout")
	asked := h.reporter.Post(edit, h.written("as", as, "do", "go-on", "password", "a secret", "proof", "another")...)
	shows(t, asked, 403, "You were signed out.", `action="/signin/again"`)
	lacks(t, asked, "Lamp 14", canary, "a secret")
	wrong := h.reporter.Post("/signin/again", "email", "reporter@lyric.example", "password", "wrong", "words",
		value(t, asked, "words"))
	if wrong.Status < 400 || value(t, wrong, "words") != value(t, asked, "words") {
		t.Errorf("after a wrong password: %d", wrong.Status)
	}
	leadsTo(t, signsIn(t, h.reporter, wrong, "reporter"), edit)
	shows(t, h.reporter.Get(edit), 200, "Lamp 14 is out.", canary)
	leadsTo(t, signsIn(t, h.reporter, asked, "reporter"), edit) // a second tap
	if v := value(t, h.reporter.Get(edit), "version"); v != "1" {
		t.Errorf("it was saved to version %s", v)
	}

	add := h.ws + "/productions"
	form := h.organizer.Get(add + "/new")
	fields := []string{"title", "Norma", "zone", "Europe/Berlin", "id", value(t, form, "id"), "as",
		value(t, form, "as")}
	h.organizer.Post("/signout")
	asked = h.organizer.Post(add, fields...)
	leadsTo(t, signsIn(t, h.organizer, asked, "organizer"), add+"/"+value(t, form, "id"))
	signsIn(t, h.organizer, asked, "organizer")
	if n := strings.Count(h.organizer.Get(add).Body, ">Norma<"); n != 1 {
		t.Errorf("%d productions were made", n)
	}
}

// Another account gets nothing of it and sends nothing, whether it signs in on the page or is signed in already.
func TestWordsAreTheirWritersOnly(t *testing.T) {
	h := newTheatre(t)
	form := h.organizer.Get(h.ws + "/productions/new")
	fields := []string{"title", canary, "zone", "Europe/Berlin", "id", value(t, form, "id"), "as", value(t, form, "as")}
	h.organizer.Post("/signout")
	asked := h.organizer.Post(h.ws+"/productions", fields...)
	other := signsIn(t, h.organizer, asked, "management")
	shows(t, other, 409, "written with another account, and nothing was sent")
	lacks(t, other, canary)
	shows(t, h.management.Post(h.ws+"/productions", fields...), 403,
		"written with another account, and nothing was sent")
	lacks(t, h.management.Get(h.ws+"/productions"), canary)
	leadsTo(t, signsIn(t, h.organizer, other, "organizer"), h.ws+"/productions/"+value(t, form, "id"))

	// A made-up mark or a made-up seal carries nothing.
	stranger := h.Browser()
	for _, forged := range []string{"", "x", h.ID(t, "organizer@lyric.example"), strings.Repeat("A", 90),
		value(t, asked, "words")} {
		p := stranger.Post(h.ws+"/productions", "title", canary, "zone", "Europe/Berlin", "as", forged)
		if p.Status != 303 || !strings.HasPrefix(p.Location, "/signin") || p.Has(canary) {
			t.Errorf("mark %q: %d %s", forged, p.Status, p.Location)
		}
		p = stranger.Post("/signin/again", "email", "reporter@lyric.example", "password", accounttest.Password, "words",
			forged)
		if forged != value(t, asked, "words") {
			leadsTo(t, p, "/")
		}
		stranger = h.Browser()
	}
}

func TestWordsAreBoundedAndHoldNoCardNumber(t *testing.T) {
	h := newTheatre(t)
	begun := h.reporter.Get(h.ws + "/reports/new?performance=" + h.performance)
	id, as := saveTo.FindStringSubmatch(begun.Body)[1], value(t, begun, "as")
	edit := h.ws + "/reports/" + id + "/edit"
	h.reporter.Post("/signout")
	shows(t, h.reporter.Post("/signin/again", "email", "reporter@lyric.example", "password", "x", "words",
		strings.Repeat("x", 3<<20)), 413)
	leadsTo(t, h.reporter.Post(edit, "as", as, "text", strings.Repeat("x", 2<<20)), "/signin")
	asked := h.reporter.Post(edit, h.written("as", as, "title", card, "do", "go-on")...)
	lacks(t, asked, card)
	shows(t, signsIn(t, h.reporter, asked, "reporter"), 400, "This looks like a payment card number.",
		"Lamp 14 is out.")
	lacks(t, h.reporter.Get(edit), card)
}

func TestInvitationOfAnotherAccountSaysSo(t *testing.T) {
	h := newTheatre(t)
	h.management.Post(h.ws+"/invitations", "email", "new@example.org", "role", "viewer")
	path := "/invitation/" + h.Secret(t, "invitation")
	shows(t, h.viewer.Get(path), 200, "You are signed in as viewer@lyric.example. Sign out first", "n…@example.org")
	lacks(t, h.Browser().Get(path), "You are signed in as")
}

func TestLinksShowAWholeAddressOnlyToItsOwner(t *testing.T) {
	h := newTheatre(t)
	h.management.Post(h.ws+"/invitations", "email", "new@example.org", "role", "viewer")
	invitation := "/invitation/" + h.Secret(t, account.Invitation)
	h.Browser().Post("/signup", "name", "Sam", "email", "sam@example.org", "password", accounttest.Password)
	confirm := "/confirm/" + h.Secret(t, account.ConfirmAddress)
	leadsTo(t, h.viewer.Post("/account/email", "email", "moved@example.org", "password", accounttest.Password),
		"/account/email/sent")
	change := "/change-address/" + h.Secret(t, account.ConfirmNewAddress)
	for path, address := range map[string]string{invitation: "new@example.org", confirm: "sam@example.org",
		change: "moved@example.org"} {
		for name, b := range map[string]*webtest.Browser{"nobody": h.Browser(), "another": h.reporter} {
			p := b.Get(path)
			shows(t, p, 200, address[:1]+"…@example.org")
			if p.Has(address) {
				t.Errorf("%s shows %s to %s", path, address, name)
			}
		}
	}
	h.management.Post(h.ws+"/invitations", "email", "reporter@other.example", "role", "viewer")
	own := "/invitation/" + h.Secret(t, account.Invitation)
	// what is refused shows no more
	lacks(t, h.Browser().Post(own, "name", "", "password", "x"), "reporter@other.example")
}
