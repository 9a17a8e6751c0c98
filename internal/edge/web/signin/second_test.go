package signin_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/edge/web/webtest"
	"github.com/tinyoperahouse/toh/internal/product/account"
	"github.com/tinyoperahouse/toh/internal/product/account/accounttest"
)

var (
	keyOf   = regexp.MustCompile(`aria-label="Key for the app">([a-z2-7 ]+)<`)
	codesOf = regexp.MustCompile(`<li>([a-z2-7-]{27})`)
)

const reporter = "reporter@lyric.example"

// enrolled sets an authenticator app up, by the pages.
func enrolled(t *testing.T) (*webtest.Fixture, accounttest.App) {
	t.Helper()
	h := webtest.New(t)
	h.Company(t, "Lyric", "lyric")
	b := h.Browser()
	b.SignIn(t, reporter, webtest.Password)
	webtest.Shows(t, b.Get("/account/factors"), 200, "Your password alone lets somebody in.", "Send me the link")
	webtest.Shows(t, b.Post("/account/factors/app"), 409, "open the link that we mail you")
	webtest.LeadsTo(t, b.Post("/account/factors/link"), "/account/factors/sent")
	link := "/account/factors/open/" + h.Secret(t, account.FactorLink)
	webtest.Shows(t, b.Get(link), 200, "Add a second factor")
	webtest.LeadsTo(t, b.Post(link), "/account/factors")
	webtest.Shows(t, b.Post(link), 404)
	p := b.Post("/account/factors/app")
	webtest.Shows(t, p, 200, `<svg class="qr"`, "Code from the app")
	app := accounttest.App{Secret: keyOf.FindStringSubmatch(p.Body)[1]}
	webtest.Shows(t, b.Post("/account/factors/app/add", "code", "000000"), 400, app.Secret, "not the code")
	p = b.Post("/account/factors/app/add", "code", app.Code(t, h.Clock.Now()))
	webtest.Shows(t, p, 200, "Your recovery codes")
	for _, m := range codesOf.FindAllStringSubmatch(p.Body, -1) {
		app.Codes = append(app.Codes, m[1])
	}
	if len(app.Codes) != 10 {
		t.Fatalf("%d recovery codes are shown", len(app.Codes))
	}
	p = b.Get("/account/factors")
	webtest.Shows(t, p, 200, "a second factor is needed", "10 are left.")
	if p.Has(app.Codes[0]) || p.Has(app.Secret) {
		t.Error("secrets are shown again")
	}
	h.Clock.Advance(2 * time.Minute)
	return h, app
}

func TestTheSecondStep(t *testing.T) {
	t.Parallel()
	h, app := enrolled(t)
	b := h.Browser()
	p := b.Post("/signin", "email", reporter, "password", webtest.Password, "next", "/account/tokens")
	webtest.Shows(t, p, 200, "The second step", `name="next" value="/account/tokens"`)
	if b.Cookie("__Host-toh") != "" || b.Cookie("__Host-toh-device") != "" {
		t.Fatal("the password alone gives a session")
	}
	webtest.LeadsTo(t, b.Get("/account"), "/signin?next=%2Faccount")
	webtest.Shows(t, b.Post("/signin/second", "code", "000000", "next", "/account/tokens"), 400, "That did not match.",
		`name="next" value="/account/tokens"`)
	webtest.Shows(t, b.Post("/signin/second", "code", "", "next", "/account/tokens"), 400, "Please fill this in.")
	webtest.Shows(t, h.Browser().Post("/signin/second", "code", app.Code(t, h.Clock.Now())), 400, "Please start again.")
	webtest.LeadsTo(t, b.Post("/signin/second", "code", app.Code(t, h.Clock.Now()), "next", "/account/tokens", "known",
		"yes"), "/account/tokens")
	webtest.Shows(t, b.Get("/account/tokens"), 200)
	if b.Cookie("__Host-toh-waiting") != "" {
		t.Error("the waiting sign-in stays in the browser")
	}
	b.Post("/signout")
	webtest.LeadsTo(t, b.Post("/signin", "email", reporter, "password", webtest.Password), "/")
	webtest.Shows(t, b.Post("/account/tokens", "name", "x"), 403, "Is it really you?", "and a code")
	webtest.LeadsTo(t, b.Post("/account/factors/devices"), "/account/factors")
	b.Post("/signout")
	webtest.Shows(t, b.Post("/signin", "email", reporter, "password", webtest.Password), 200, "The second step")
}

// Five wrong codes lead back to the beginning, and lose nothing that is carried.
func TestWrongCodesLeadBack(t *testing.T) {
	t.Parallel()
	h, app := enrolled(t)
	b := h.Browser()
	b.Post("/signin", "email", reporter, "password", webtest.Password)
	for range 4 {
		webtest.Shows(t, b.Post("/signin/second", "code", "000000", "next", "/account/tokens"), 400,
			"That did not match.")
	}
	b.Post("/signin/second", "code", "000000")
	webtest.Shows(t, b.Post("/signin/second", "code", app.Code(t, h.Clock.Now()), "next", "/account/tokens"), 400,
		"Please start again.", `action="/signin"`, `name="next" value="/account/tokens"`)
}

// A page that asks for a proof asks for what the account has, and carries the form along.
func TestAProofWithACode(t *testing.T) {
	t.Parallel()
	h, app := enrolled(t)
	b := h.Browser()
	b.Post("/signin", "email", reporter, "password", webtest.Password)
	webtest.LeadsTo(t, b.Post("/signin/second", "code", app.Code(t, h.Clock.Now())), "/")
	h.Clock.Advance(10 * time.Minute)
	form := []string{"name", "import", "scopes", "reports:read", "days", "30", "workspace", "", "code", "mine"}
	with := func(more ...string) []string { return append(append([]string{}, form...), more...) }
	webtest.Shows(t, b.Post("/account/tokens", form...), 403, "Is it really you?", `name="proof-code"`,
		`name="code" value="mine"`)
	for name, more := range map[string][]string{
		"the password alone": {"proof", webtest.Password},
		"an empty code":      {"proof", webtest.Password, "proof-code", ""},
		"a wrong code":       {"proof", webtest.Password, "proof-code", "000000"},
		"a wrong password":   {"proof", "wrong canary", "proof-code", app.Code(t, h.Clock.Now())},
	} {
		p := b.Post("/account/tokens", with(more...)...)
		if p.Status != 400 || p.Has("toh_") || p.Has("wrong canary") || !p.Has(`name="code" value="mine"`) {
			t.Errorf("%s: %d", name, p.Status)
		}
	}
	webtest.Shows(t, b.Post("/account/tokens", with("proof", webtest.Password, "proof-code",
		app.Code(t, h.Clock.Now()))...), 200, "toh_")
}

// The forms that ask for the password themselves are shown after a proof, because what is typed into them could not be
// carried through one.
func TestFormsWithAPasswordComeAfterTheProof(t *testing.T) {
	t.Parallel()
	h, app := enrolled(t)
	b := h.Browser()
	b.Post("/signin", "email", reporter, "password", webtest.Password)
	b.Post("/signin/second", "code", app.Codes[0])
	h.Clock.Advance(10 * time.Minute)
	p := b.Get("/account/password")
	webtest.Shows(t, p, 403, "Is it really you?", `name="proof-first" value="yes"`)
	p = b.Post("/account/password", "proof-first", "yes", "proof", webtest.Password, "proof-code", "000000")
	webtest.Shows(t, p, 400, `name="proof-first" value="yes"`)
	webtest.LeadsTo(t, b.Post("/account/password", "proof-first", "yes", "proof", webtest.Password, "proof-code",
		app.Code(t, h.Clock.Now())), "/account/password")
	p = b.Get("/account/password")
	webtest.Shows(t, p, 200, "Current password")
	if strings.Contains(p.Body, "Please fill this in.") {
		t.Error("fields that nobody has seen are called wrong")
	}
	webtest.LeadsTo(t, b.Post("/account/password", "old", webtest.Password, "new",
		"gravel sleeps beneath other anchors"), "/account")
	webtest.Shows(t, b.Get("/account"), 200)
}
