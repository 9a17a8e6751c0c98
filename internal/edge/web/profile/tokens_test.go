package profile_test

import (
	"testing"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/edge/web/webtest"
)

func TestTokensAreOfferedToEndToo(t *testing.T) {
	t.Parallel()
	h := webtest.New(t)
	h.Company(t, "Lyric", "lyric")
	b := h.As(t, "lyric", access.Viewer)
	webtest.Shows(t, b.Get("/account/password"), 200, `name="tokens" value="yes" checked`)
	if p := b.Get("/account/sessions"); !p.Has(`name="tokens" value="yes"`) || p.Has(`value="yes" checked`) {
		t.Error("the sessions' page does not offer to end tokens, or does so by itself")
	}
	makeToken := func() {
		webtest.Shows(t, b.Post("/account/tokens", "name", "import", "scopes", "reports:read", "days", "30"), 200,
			"toh_")
	}
	makeToken()
	webtest.LeadsTo(t, b.Post("/account/password", "old", webtest.Password, "new",
		"gravel sleeps beneath other anchors"), "/account")
	webtest.Shows(t, b.Get("/account/tokens"), 200, "import")
	webtest.LeadsTo(t, b.Post("/account/password", "old", "gravel sleeps beneath other anchors", "new",
		webtest.Password, "tokens",
		"yes"), "/account")
	webtest.Shows(t, b.Get("/account/tokens"), 200, "No tokens")
	makeToken()
	webtest.LeadsTo(t, b.Post("/account/sessions/end", "tokens", "yes"), "/")
	webtest.Shows(t, h.As(t, "lyric", access.Viewer).Get("/account/tokens"), 200, "No tokens")
}
