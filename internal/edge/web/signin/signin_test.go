package signin_test

import (
	"strings"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/edge/web/webtest"
	"github.com/tinyoperahouse/toh/internal/product/account"
)

func TestFromSignUpToWorkspace(t *testing.T) {
	t.Parallel()
	h := webtest.New(t)
	b := h.Browser()
	webtest.Shows(t, b.Get("/"), 200, "The back office of a small company")
	webtest.LeadsTo(t, b.Post("/signup", "name", "Clara", "email", "clara@lyric.example", "password", webtest.Password),
		"/signup/sent")
	webtest.Shows(t, b.Get("/signup/sent"), 200, "Check your mail")
	link := "/confirm/" + h.Secret(t, account.ConfirmAddress)
	webtest.Shows(t, b.Get(link), 200, "c…@lyric.example")
	webtest.Shows(t, b.Get(link), 200, "c…@lyric.example") // looking does not use it
	webtest.Shows(t, b.Post(link, "password", "not that password at all"), 400, "This is not the password")
	webtest.LeadsTo(t, b.Post(link, "password", webtest.Password), "/workspaces")
	webtest.Shows(t, b.Get("/workspaces"), 200, "No workspace yet", "Clara")
	webtest.Shows(t, b.Get(link), 404, "This link is no longer valid")

	webtest.Shows(t, b.Post("/workspaces", "name", "", "time_zone", "Mars/Olympus"), 400, "Please fill this in.")
	webtest.Shows(t, b.Post("/workspaces", "name", "Lyric", "time_zone", "Mars/Olympus"), 400, "Choose a time zone",
		"Mars/Olympus")
	webtest.LeadsTo(t, b.Post("/workspaces", "name", "Lyric Théâtre", "time_zone", "Europe/Berlin"),
		"/w/lyric-theatre/")
	webtest.Shows(t, b.Get("/w/lyric-theatre/"), 200, "Your workspace is ready", "First steps", "0 of 4 done",
		"Nothing is on tonight", "Your role: Management")
	webtest.LeadsTo(t, b.Get("/"), "/w/lyric-theatre/")
	if p := b.Get("/w/lyric-theatre"); p.Status != 308 || p.Location != "/w/lyric-theatre/" {
		t.Errorf("without its slash: %d to %q", p.Status, p.Location)
	}
	webtest.LeadsTo(t, b.Post("/w/lyric-theatre/first-steps/hide"), "/w/lyric-theatre/")
	if b.Get("/w/lyric-theatre/").Has("First steps") {
		t.Error("the hidden list is shown")
	}
}

func TestSignUpTellsNothing(t *testing.T) {
	t.Parallel()
	h := webtest.New(t)
	h.Person(t, "known@lyric.example", "Known")
	for _, path := range []string{"/signup", "/forgot"} {
		known := h.Browser().Post(path, "name", "X Y", "email", "known@lyric.example", "password", webtest.Password)
		unknown := h.Browser().Post(path, "name", "X Y", "email", "unknown@lyric.example", "password", webtest.Password)
		if known.Status != 303 || known.Location != unknown.Location || known.Status != unknown.Status ||
			known.Body != unknown.Body {
			t.Errorf("%s: %d %q and %d %q", path, known.Status, known.Location, unknown.Status, unknown.Location)
		}
		if n := len(h.Post.Take()); n != 2 {
			t.Errorf("%s: %d letters", path, n)
		}
	}
	wrong := h.Browser().Post("/signin", "email", "known@lyric.example", "password", "wrong "+webtest.Password)
	nobody := h.Browser().Post("/signin", "email", "nobody@lyric.example", "password", "wrong "+webtest.Password)
	webtest.Shows(t, wrong, 400, "do not match")
	if strings.ReplaceAll(wrong.Body, "known@", "nobody@") != nobody.Body || wrong.Status != nobody.Status {
		t.Error("a wrong password looks different from an unknown address")
	}
	if strings.Contains(wrong.Body, "violet") {
		t.Error("the password is in the page")
	}
}

func TestSignInLeadsBackToOwnPagesOnly(t *testing.T) {
	t.Parallel()
	h := webtest.New(t)
	h.Company(t, "Lyric", "lyric")
	b := h.Browser()
	webtest.LeadsTo(t, b.Get("/w/lyric/members?x=1"), "/signin?next=%2Fw%2Flyric%2Fmembers%3Fx%3D1")
	webtest.Shows(t, b.Get("/signin?next=%2Fw%2Flyric%2Fmembers%3Fx%3D1"), 200, `value="/w/lyric/members?x=1"`)
	webtest.LeadsTo(t, b.Post("/signin", "email", "viewer@lyric.example", "password", webtest.Password, "next",
		"/w/lyric/members?x=1"),
		"/w/lyric/members?x=1")
	for _, evil := range []string{"//evil.example", "https://evil.example", `/\evil.example`, "/%09/evil.example",
		"javascript:alert(1)"} {
		webtest.LeadsTo(t, h.Browser().Post("/signin", "email", "viewer@lyric.example", "password", webtest.Password,
			"next", evil),
			"/")
	}
}

func TestSignOut(t *testing.T) {
	t.Parallel()
	h := webtest.New(t)
	h.Company(t, "Lyric", "lyric")
	b := h.As(t, "lyric", access.Organizer)
	stolen := b.Cookie("__Host-toh")
	webtest.Shows(t, b.Do("GET", "/signout"), 405)
	webtest.Shows(t, b.Get("/w/lyric/members"), 200)
	p := b.Post("/signout")
	webtest.LeadsTo(t, p, "/")
	if p.Header.Get("Clear-Site-Data") == "" || b.Cookie("__Host-toh") != "" {
		t.Error("the browser keeps what it has")
	}
	webtest.Shows(t, b.Get("/"), 200, "You are signed out.")
	thief := h.Browser()
	thief.SetCookie("__Host-toh", stolen)
	webtest.LeadsTo(t, thief.Get("/account"), "/signin?next=%2Faccount")
	webtest.LeadsTo(t, h.Browser().Post("/signout"), "/") // without a session, too
}

func TestReset(t *testing.T) {
	t.Parallel()
	h := webtest.New(t)
	h.Company(t, "Lyric", "lyric")
	inside := h.As(t, "lyric", access.Reporter)
	b := h.Browser()
	h.Clock.Advance(time.Minute)
	webtest.LeadsTo(t, b.Post("/forgot", "email", "reporter@lyric.example"), "/forgot/sent")
	link := "/reset/" + h.Secret(t, account.ResetPassword)
	p := b.Get(link)
	webtest.Shows(t, p, 200, "Set a new password")
	if p.Header.Get("Referrer-Policy") != "strict-origin" {
		t.Error("the link's secret goes out as a referrer")
	}
	webtest.Shows(t, b.Post(link, "password", "short"), 400, "at least 12 characters")
	webtest.LeadsTo(t, b.Post(link, "password", "gravel sleeps beneath other anchors"), "/signin")
	webtest.Shows(t, b.Post(link, "password", "gravel sleeps beneath other anchors"), 404)
	webtest.LeadsTo(t, inside.Get("/account"), "/signin?next=%2Faccount")
	b.SignIn(t, "reporter@lyric.example", "gravel sleeps beneath other anchors")
}
