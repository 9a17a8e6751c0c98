package web_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/edge/web/webtest"
	"github.com/tinyoperahouse/toh/internal/product/account"
	"github.com/tinyoperahouse/toh/internal/product/account/accounttest"
)

const password = accounttest.Password

func leadsTo(t *testing.T, p webtest.Page, path string) {
	t.Helper()
	if p.Status != 303 || p.Location != path {
		t.Fatalf("%d to %q, want 303 to %q\n%s", p.Status, p.Location, path, problems(p))
	}
}

func shows(t *testing.T, p webtest.Page, status int, texts ...string) {
	t.Helper()
	if p.Status != status {
		t.Fatalf("status %d (to %q), want %d\n%s", p.Status, p.Location, status, problems(p))
	}
	for _, text := range texts {
		if !p.Has(text) {
			t.Errorf("the page lacks %q", text)
		}
	}
}

// problems is the part of a page that says what is wrong.
func problems(p webtest.Page) string {
	_, main, _ := strings.Cut(p.Body, "<main")
	return main[:min(len(main), 1500)]
}

func TestFromSignUpToWorkspace(t *testing.T) {
	h := webtest.New(t)
	b := h.Browser()
	shows(t, b.Get("/"), 200, "The back office of a small company")
	leadsTo(t, b.Post("/signup", "name", "Clara", "email", "clara@lyric.example", "password", password), "/signup/sent")
	shows(t, b.Get("/signup/sent"), 200, "Look into your mail")
	link := "/confirm/" + h.Secret(t, account.ConfirmAddress)
	shows(t, b.Get(link), 200, "c…@lyric.example")
	shows(t, b.Get(link), 200, "c…@lyric.example") // looking does not use it
	shows(t, b.Post(link, "password", "not that password at all"), 400, "This is not the password")
	leadsTo(t, b.Post(link, "password", password), "/workspaces")
	shows(t, b.Get("/workspaces"), 200, "No workspace yet", "Clara")
	shows(t, b.Get(link), 404, "This link does not hold any more")

	shows(t, b.Post("/workspaces", "name", "", "time_zone", "Mars/Olympus"), 400, "This is needed.")
	shows(t, b.Post("/workspaces", "name", "Lyric", "time_zone", "Mars/Olympus"), 400, "Choose a time zone",
		"Mars/Olympus")
	leadsTo(t, b.Post("/workspaces", "name", "Lyric Théâtre", "time_zone", "Europe/Berlin"), "/w/lyric-theatre/")
	shows(t, b.Get("/w/lyric-theatre/"), 200, "Your workspace is open", "First steps", "0 of 4 done",
		"Nothing plays tonight", "Your role: Management")
	leadsTo(t, b.Get("/"), "/w/lyric-theatre/")
	if p := b.Get("/w/lyric-theatre"); p.Status != 308 || p.Location != "/w/lyric-theatre/" {
		t.Errorf("without its slash: %d to %q", p.Status, p.Location)
	}
	leadsTo(t, b.Post("/w/lyric-theatre/first-steps/hide"), "/w/lyric-theatre/")
	if b.Get("/w/lyric-theatre/").Has("First steps") {
		t.Error("the hidden list is shown")
	}
}

func TestSignUpTellsNothing(t *testing.T) {
	h := webtest.New(t)
	h.Person(t, "known@lyric.example", "Known")
	for _, path := range []string{"/signup", "/forgot"} {
		known := h.Browser().Post(path, "name", "X Y", "email", "known@lyric.example", "password", password)
		unknown := h.Browser().Post(path, "name", "X Y", "email", "unknown@lyric.example", "password", password)
		if known.Status != 303 || known.Location != unknown.Location || known.Status != unknown.Status ||
			known.Body != unknown.Body {
			t.Errorf("%s: %d %q and %d %q", path, known.Status, known.Location, unknown.Status, unknown.Location)
		}
		if n := len(h.Post.Take()); n != 2 {
			t.Errorf("%s: %d letters", path, n)
		}
	}
	wrong := h.Browser().Post("/signin", "email", "known@lyric.example", "password", "wrong "+password)
	nobody := h.Browser().Post("/signin", "email", "nobody@lyric.example", "password", "wrong "+password)
	shows(t, wrong, 400, "do not belong together")
	if strings.ReplaceAll(wrong.Body, "known@", "nobody@") != nobody.Body || wrong.Status != nobody.Status {
		t.Error("a wrong password looks different from an unknown address")
	}
	if strings.Contains(wrong.Body, "violet") {
		t.Error("the password is in the page")
	}
}

func TestSignInLeadsBackToOwnPagesOnly(t *testing.T) {
	h := webtest.New(t)
	h.Company(t, "Lyric", "lyric")
	b := h.Browser()
	leadsTo(t, b.Get("/w/lyric/members?x=1"), "/signin?next=%2Fw%2Flyric%2Fmembers%3Fx%3D1")
	shows(t, b.Get("/signin?next=%2Fw%2Flyric%2Fmembers%3Fx%3D1"), 200, `value="/w/lyric/members?x=1"`)
	leadsTo(t, b.Post("/signin", "email", "viewer@lyric.example", "password", password, "next", "/w/lyric/members?x=1"),
		"/w/lyric/members?x=1")
	for _, evil := range []string{"//evil.example", "https://evil.example", `/\evil.example`, "/%09/evil.example",
		"javascript:alert(1)"} {
		leadsTo(t, h.Browser().Post("/signin", "email", "viewer@lyric.example", "password", password, "next", evil),
			"/")
	}
}

func TestSignOut(t *testing.T) {
	h := webtest.New(t)
	h.Company(t, "Lyric", "lyric")
	b := h.As(t, "lyric", access.Organizer)
	stolen := b.Cookie("__Host-toh")
	shows(t, b.Do("GET", "/signout"), 405)
	shows(t, b.Get("/w/lyric/members"), 200)
	p := b.Post("/signout")
	leadsTo(t, p, "/")
	if p.Header.Get("Clear-Site-Data") == "" || b.Cookie("__Host-toh") != "" {
		t.Error("the browser keeps what it has")
	}
	shows(t, b.Get("/"), 200, "You are signed out.")
	thief := h.Browser()
	thief.SetCookie("__Host-toh", stolen)
	leadsTo(t, thief.Get("/account"), "/signin?next=%2Faccount")
	leadsTo(t, h.Browser().Post("/signout"), "/") // without a session, too
}

func TestReset(t *testing.T) {
	h := webtest.New(t)
	h.Company(t, "Lyric", "lyric")
	inside := h.As(t, "lyric", access.Reporter)
	b := h.Browser()
	h.Clock.Advance(time.Minute)
	leadsTo(t, b.Post("/forgot", "email", "reporter@lyric.example"), "/forgot/sent")
	link := "/reset/" + h.Secret(t, account.ResetPassword)
	p := b.Get(link)
	shows(t, p, 200, "Set a new password")
	if p.Header.Get("Referrer-Policy") != "strict-origin" {
		t.Error("the link's secret goes out as a referrer")
	}
	shows(t, b.Post(link, "password", "short"), 400, "at least 12 characters")
	leadsTo(t, b.Post(link, "password", "gravel sleeps beneath other anchors"), "/signin")
	shows(t, b.Post(link, "password", "gravel sleeps beneath other anchors"), 404)
	leadsTo(t, inside.Get("/account"), "/signin?next=%2Faccount")
	b.SignIn(t, "reporter@lyric.example", "gravel sleeps beneath other anchors")
}

func TestAccountPages(t *testing.T) {
	h := webtest.New(t)
	h.Company(t, "Lyric", "lyric")
	b, other := h.As(t, "lyric", access.Viewer), h.As(t, "lyric", access.Viewer)
	shows(t, b.Get("/account"), 200, "viewer@lyric.example", "The viewer of Lyric")
	if id := regexp.MustCompile(`<code>([a-z2-7]{26})</code>`).FindStringSubmatch(b.Get("/account").Body); id == nil ||
		id[1] != h.ID(t, "viewer@lyric.example") {
		t.Errorf("the page does not show the account's id: %q", id)
	}
	shows(t, b.Post("/account", "name", " "), 400)
	leadsTo(t, b.Post("/account", "name", "Vera <i>"), "/account")
	shows(t, b.Get("/account"), 200, "Saved.", "Vera <i>")
	if strings.Contains(b.Get("/account").Body, "Vera <i>") {
		t.Error("the name is not escaped")
	}
	shows(t, b.Get("/account/sessions"), 200, "This browser", "Firefox on Linux")
	shows(t, b.Post("/account/password", "old", "wrong", "new", "gravel sleeps beneath other anchors"), 400,
		"This is not your password.")
	leadsTo(t, b.Post("/account/password", "old", password, "new", "gravel sleeps beneath other anchors"), "/account")
	shows(t, b.Get("/account"), 200, "Your password is changed.")
	leadsTo(t, other.Get("/account"), "/signin?next=%2Faccount")

	h.Post.Take()
	h.Clock.Advance(time.Minute)
	leadsTo(t, b.Post("/account/email", "email", "vera@new.example", "password", "gravel sleeps beneath other anchors"),
		"/account/email/sent")
	link := "/change-address/" + h.Secret(t, account.ConfirmNewAddress)
	shows(t, h.Browser().Get(link), 200, "v…@new.example")
	leadsTo(t, b.Post(link), "/account")
	shows(t, b.Get("/account"), 200, "vera@new.example")
	leadsTo(t, b.Post("/account/sessions/end"), "/")
	leadsTo(t, b.Get("/account"), "/signin?next=%2Faccount")
}

func TestSessionsOfOthersAreAbsent(t *testing.T) {
	h := webtest.New(t)
	h.Company(t, "Lyric", "lyric")
	b := h.As(t, "lyric", access.Viewer)
	in, _ := h.SignIn(t, "reporter@lyric.example")
	shows(t, b.Post("/account/sessions/"+in.Session+"/end"), 404)
	mine, _ := h.SignIn(t, "viewer@lyric.example")
	leadsTo(t, b.Post("/account/sessions/"+mine.Session+"/end"), "/account/sessions")
	shows(t, b.Get("/account/sessions"), 200, "That browser is signed out.")
}

func TestTokens(t *testing.T) {
	h := webtest.New(t)
	h.Company(t, "Lyric", "lyric")
	b := h.As(t, "lyric", access.Reporter)
	shows(t, b.Get("/account/tokens"), 200, "No tokens")
	shows(t, b.Get("/account/tokens/new"), 200, "Lyric", "reports:read")
	shows(t, b.Post("/account/tokens", "name", "import", "days", "30"), 400, "What may it do?: This is needed.")
	shows(t, b.Post("/account/tokens", "name", "import", "scopes", "reports:read", "days", "9999"), 400)
	shows(t, b.Post("/account/tokens", "name", "import", "scopes", "root", "days", "30"), 400)
	p := b.Post("/account/tokens", "name", "import", "scopes", "reports:read", "days", "30")
	shows(t, p, 200, "toh_")
	_, rest, _ := strings.Cut(p.Body, "toh_")
	secret := "toh_" + rest[:strings.IndexByte(rest, '<')]
	if _, err := h.Accounts.FromBearer(account.Client{}, secret); err != nil {
		t.Fatalf("%q is no token: %v", secret, err)
	}
	list := b.Get("/account/tokens")
	shows(t, list, 200, "import", "never used")
	if list.Has(secret) || strings.Contains(h.Log.String(), secret) {
		t.Error("the token can be seen again")
	}
	_, rest, _ = strings.Cut(list.Body, `action="/account/tokens/`)
	path := "/account/tokens/" + rest[:strings.IndexByte(rest, '"')]
	shows(t, h.As(t, "lyric", access.Viewer).Post(path), 404)
	leadsTo(t, b.Post(path), "/account/tokens")
	shows(t, b.Get("/account/tokens"), 200, "The token is revoked.", "No tokens")
}

func TestMembers(t *testing.T) {
	h := webtest.New(t)
	h.Company(t, "Lyric", "lyric")
	h.Company(t, "Other", "other")
	m, viewer := h.As(t, "lyric", access.Management), h.As(t, "lyric", access.Viewer)
	viewerID, strangerID := h.ID(t, "viewer@lyric.example"), h.ID(t, "viewer@other.example")
	shows(t, m.Get("/w/lyric/members"), 200, "viewer@lyric.example", "Invite people")
	if p := viewer.Get("/w/lyric/members"); p.Has("reporter@lyric.example") || p.Has("Invite people") ||
		p.Has("/role") {
		t.Error("a viewer sees too much")
	}
	shows(t, viewer.Get("/w/lyric/members/"+viewerID+"/role"), 403, "Your role does not allow this")
	shows(t, viewer.Post("/w/lyric/members/"+viewerID+"/role", "role", "management"), 403)
	foreign, random := m.Get("/w/lyric/members/"+strangerID+"/role"),
		m.Get("/w/lyric/members/aaaaaaaaaaaaaaaaaaaaaaaaaa/role")
	shows(t, foreign, 404)
	if foreign.Body != random.Body {
		t.Error("a foreign member looks different from none")
	}
	shows(t, m.Post("/w/lyric/members/"+strangerID+"/remove"), 404)
	shows(t, m.Post("/w/lyric/members/"+viewerID+"/role", "role", "emperor"), 400, "Choose one of the options.")
	leadsTo(t, m.Post("/w/lyric/members/"+viewerID+"/role", "role", "organizer"), "/w/lyric/members")
	shows(t, viewer.Get("/w/lyric/"), 200, "Your role: Organizer")
	shows(t, m.Get("/w/lyric/leave"), 200)
	shows(t, m.Post("/w/lyric/leave"), 409)
	shows(t, m.Get("/w/lyric/members/"+viewerID+"/remove"), 200, "Remove The viewer of Lyric?")
	leadsTo(t, m.Post("/w/lyric/members/"+viewerID+"/remove"), "/w/lyric/members")
	shows(t, viewer.Get("/w/lyric/"), 404)
	leadsTo(t, h.As(t, "lyric", access.Reporter).Post("/w/lyric/leave"), "/workspaces")
}

func TestInvitations(t *testing.T) {
	h := webtest.New(t)
	h.Company(t, "Lyric", "lyric")
	m := h.As(t, "lyric", access.Management)
	shows(t, m.Post("/w/lyric/invitations", "email", "new", "role", "reporter"), 400, "Enter an e-mail address")
	leadsTo(t, m.Post("/w/lyric/invitations", "email", "new@lyric.example", "role", "reporter"), "/w/lyric/invitations")
	link := "/invitation/" + h.Secret(t, account.Invitation)
	shows(t, m.Get("/w/lyric/invitations"), 200, "new@lyric.example")
	shows(t, m.Post("/w/lyric/invitations", "email", "new@lyric.example", "role", "reporter"), 409, "open invitation")
	shows(t, h.As(t, "lyric", access.Viewer).Get("/w/lyric/invitations"), 403)
	shows(t, h.As(t, "lyric", access.Viewer).Post(link), 403, "another address")
	b := h.Browser()
	shows(t, b.Get(link), 200, "Join Lyric", "as Reporter", "Sign in to join")
	leadsTo(t, b.Post(link, "name", "Nora", "password", password), "/w/lyric/")
	shows(t, b.Get("/w/lyric/"), 200, "Welcome. You are a member now.", "Your role: Reporter")
	shows(t, h.Browser().Get(link), 404, "does not hold any more")

	leadsTo(t, m.Post("/w/lyric/invitations", "email", "late@lyric.example", "role", "viewer"), "/w/lyric/invitations")
	late := "/invitation/" + h.Secret(t, account.Invitation)
	_, rest, _ := strings.Cut(m.Get("/w/lyric/invitations").Body, `action="/w/lyric/invitations/`)
	id, _, _ := strings.Cut(rest, "/")
	leadsTo(t, m.Post("/w/lyric/invitations/"+id+"/again"), "/w/lyric/invitations")
	shows(t, h.Browser().Get(late), 404)
	late = "/invitation/" + h.Secret(t, account.Invitation)
	shows(t, h.Browser().Get(late), 200)
	leadsTo(t, m.Post("/w/lyric/invitations/"+id+"/revoke"), "/w/lyric/invitations")
	shows(t, h.Browser().Get(late), 404)
}

func TestSettingsAndMatrix(t *testing.T) {
	h := webtest.New(t)
	id := h.Company(t, "Lyric", "lyric").Workspace
	m := h.As(t, "lyric", access.Management)
	shows(t, m.Get("/w/lyric/settings"), 200, `value="Europe/Berlin"`, "<code>"+id+"</code>")
	shows(t, m.Get("/w/"+id+"/"), 200, "Lyric") // it leads there, too
	shows(t, h.As(t, "lyric", access.Organizer).Get("/w/lyric/settings"), 403)
	set := func(pairs ...string) webtest.Page {
		return m.Post("/w/lyric/settings", append(pairs, "name", "Lyric 2", "time_zone", "Europe/Paris", "version",
			"1")...)
	}
	shows(t, set("slug", "lyric", "session_idle", "2"), 400, "5 minutes without use at the earliest")
	shows(t, set("slug", "lyric", "session_idle", "x"), 400, "Enter a whole number")
	shows(t, set("slug", "Lyric 2"), 400, "small letters")
	leadsTo(t, set("slug", "lyric-two", "session_idle", "30"), "/w/lyric-two/settings")
	shows(t, m.Get("/w/lyric-two/settings"), 200, "Saved.", "Lyric 2", `value="30"`)
	shows(t, m.Get("/w/lyric/"), 200, "Lyric 2")
	shows(t, set("slug", "lyric-two"), 412)
	for _, role := range access.MemberRoles {
		shows(t, h.As(t, "lyric", role).Get("/w/lyric/matrix"), 200, "Read the audit trail", "Report viewer")
	}
}

func TestHomesByRole(t *testing.T) {
	h := webtest.New(t)
	h.Company(t, "Lyric", "lyric")
	want := map[access.Role][2]string{
		access.Management: {"Waiting for review", "Not read yet"}, access.Organizer: {"Waiting for review",
			"Your drafts"},
		access.Reporter: {"Your drafts", "First steps"}, access.Viewer: {"You have read everything", "First steps"},
	}
	for role, texts := range want {
		p := h.As(t, "lyric", role).Get("/w/lyric/")
		shows(t, p, 200, texts[0])
		if p.Has(texts[1]) {
			t.Errorf("%s sees %q", role, texts[1])
		}
		if p.Has("/w/lyric/audit") != (role == access.Management) {
			t.Errorf("%s: audit in the menu: %v", role, p.Has("/w/lyric/audit"))
		}
	}
}
