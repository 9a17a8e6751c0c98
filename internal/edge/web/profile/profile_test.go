package profile_test

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/edge/web/webtest"
	"github.com/tinyoperahouse/toh/internal/product/account"
)

func TestAccountPages(t *testing.T) {
	t.Parallel()
	h := webtest.New(t)
	h.Company(t, "Lyric", "lyric")
	b, other := h.As(t, "lyric", access.Viewer), h.As(t, "lyric", access.Viewer)
	webtest.Shows(t, b.Get("/account"), 200, "viewer@lyric.example", "The viewer of Lyric")
	if id := regexp.MustCompile(`<code>([a-z2-7]{26})</code>`).FindStringSubmatch(b.Get("/account").Body); id == nil ||
		id[1] != h.ID(t, "viewer@lyric.example") {
		t.Errorf("the page does not show the account's id: %q", id)
	}
	webtest.Shows(t, b.Post("/account", "name", " "), 400)
	webtest.LeadsTo(t, b.Post("/account", "name", "Vera <i>"), "/account")
	webtest.Shows(t, b.Get("/account"), 200, "Saved.", "Vera <i>")
	if strings.Contains(b.Get("/account").Body, "Vera <i>") {
		t.Error("the name is not escaped")
	}
	webtest.Shows(t, b.Get("/account/sessions"), 200, "This browser", "Firefox on Linux")
	webtest.Shows(t, b.Post("/account/password", "old", "wrong", "new", "gravel sleeps beneath other anchors"), 400,
		"This is not your password.")
	webtest.LeadsTo(t, b.Post("/account/password", "old", webtest.Password, "new",
		"gravel sleeps beneath other anchors"), "/account")
	webtest.Shows(t, b.Get("/account"), 200, "Your password was changed.")
	webtest.LeadsTo(t, other.Get("/account"), "/signin?next=%2Faccount")

	h.Post.Take()
	h.Clock.Advance(time.Minute)
	webtest.LeadsTo(t, b.Post("/account/email", "email", "vera@new.example", "password",
		"gravel sleeps beneath other anchors"),
		"/account/email/sent")
	link := "/change-address/" + h.Secret(t, account.ConfirmNewAddress)
	webtest.Shows(t, h.Browser().Get(link), 200, "v…@new.example")
	webtest.LeadsTo(t, b.Post(link), "/account")
	webtest.Shows(t, b.Get("/account"), 200, "vera@new.example")
	webtest.LeadsTo(t, b.Post("/account/sessions/end"), "/")
	webtest.LeadsTo(t, b.Get("/account"), "/signin?next=%2Faccount")
}

func TestSessionsOfOthersAreAbsent(t *testing.T) {
	t.Parallel()
	h := webtest.New(t)
	h.Company(t, "Lyric", "lyric")
	b := h.As(t, "lyric", access.Viewer)
	in, _ := h.SignIn(t, "reporter@lyric.example")
	webtest.Shows(t, b.Post("/account/sessions/"+in.Session+"/end"), 404)
	mine, _ := h.SignIn(t, "viewer@lyric.example")
	webtest.LeadsTo(t, b.Post("/account/sessions/"+mine.Session+"/end"), "/account/sessions")
	webtest.Shows(t, b.Get("/account/sessions"), 200, "That browser was signed out.")
}

func TestTokens(t *testing.T) {
	t.Parallel()
	h := webtest.New(t)
	h.Company(t, "Lyric", "lyric")
	b := h.As(t, "lyric", access.Reporter)
	webtest.Shows(t, b.Get("/account/tokens"), 200, "No tokens")
	webtest.Shows(t, b.Get("/account/tokens/new"), 200, "Lyric", "reports:read")
	webtest.Shows(t, b.Post("/account/tokens", "name", "import", "days", "30"), 400, "What may it do?: Please fill "+
		"this in.")
	webtest.Shows(t, b.Post("/account/tokens", "name", "import", "scopes", "reports:read", "days", "9999"), 400)
	webtest.Shows(t, b.Post("/account/tokens", "name", "import", "scopes", "root", "days", "30"), 400)
	p := b.Post("/account/tokens", "name", "import", "scopes", "reports:read", "days", "30")
	webtest.Shows(t, p, 200, "toh_")
	_, rest, _ := strings.Cut(p.Body, "toh_")
	secret := "toh_" + rest[:strings.IndexByte(rest, '<')]
	if _, err := h.Accounts.FromBearer(account.Client{}, secret); err != nil {
		t.Fatalf("%q is no token: %v", secret, err)
	}
	list := b.Get("/account/tokens")
	webtest.Shows(t, list, 200, "import", "never used")
	if list.Has(secret) || strings.Contains(h.Log.String(), secret) {
		t.Error("the token can be seen again")
	}
	_, rest, _ = strings.Cut(list.Body, `action="/account/tokens/`)
	path := "/account/tokens/" + rest[:strings.IndexByte(rest, '"')]
	webtest.Shows(t, h.As(t, "lyric", access.Viewer).Post(path), 404)
	webtest.LeadsTo(t, b.Post(path), "/account/tokens")
	webtest.Shows(t, b.Get("/account/tokens"), 200, "The token was revoked.", "No tokens")
}
