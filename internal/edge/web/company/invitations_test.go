package company_test

import (
	"testing"

	"github.com/tinyoperahouse/toh/internal/edge/web/webtest"
	"github.com/tinyoperahouse/toh/internal/product/account"
	"github.com/tinyoperahouse/toh/internal/product/account/accounttest"
)

func TestInvitationOfAnotherAccountSaysSo(t *testing.T) {
	t.Parallel()
	h := webtest.NewTheatre(t)
	h.Management.Post(h.WS+"/invitations", "email", "new@example.org", "role", "viewer")
	path := "/invitation/" + h.Secret(t, "invitation")
	webtest.Shows(t, h.Viewer.Get(path), 200, "You are signed in as viewer@lyric.example. Sign out first",
		"n…@example.org")
	webtest.Lacks(t, h.Browser().Get(path), "You are signed in as")
}

func TestLinksShowAWholeAddressOnlyToItsOwner(t *testing.T) {
	t.Parallel()
	h := webtest.NewTheatre(t)
	h.Management.Post(h.WS+"/invitations", "email", "new@example.org", "role", "viewer")
	invitation := "/invitation/" + h.Secret(t, account.Invitation)
	h.Browser().Post("/signup", "name", "Sam", "email", "sam@example.org", "password", accounttest.Password)
	confirm := "/confirm/" + h.Secret(t, account.ConfirmAddress)
	webtest.LeadsTo(t, h.Viewer.Post("/account/email", "email", "moved@example.org", "password", accounttest.Password),
		"/account/email/sent")
	change := "/change-address/" + h.Secret(t, account.ConfirmNewAddress)
	for path, address := range map[string]string{invitation: "new@example.org", confirm: "sam@example.org",
		change: "moved@example.org"} {
		for name, b := range map[string]*webtest.Browser{"nobody": h.Browser(), "another": h.Reporter} {
			p := b.Get(path)
			webtest.Shows(t, p, 200, address[:1]+"…@example.org")
			if p.Has(address) {
				t.Errorf("%s shows %s to %s", path, address, name)
			}
		}
	}
	h.Management.Post(h.WS+"/invitations", "email", "reporter@other.example", "role", "viewer")
	own := "/invitation/" + h.Secret(t, account.Invitation)
	// what is refused shows no more
	webtest.Lacks(t, h.Browser().Post(own, "name", "", "password", "x"), "reporter@other.example")
}
