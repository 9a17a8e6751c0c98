package e2e

import (
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/model/modeltest"
	"github.com/tinyoperahouse/toh/internal/onemachine/local/serve/servetest"
	"github.com/tinyoperahouse/toh/internal/test/browsertest"
	"github.com/tinyoperahouse/toh/internal/test/testclock"
)

// TestThePageThatAsksForThePassword makes a token in a browser in which no password was given for a while.
func TestThePageThatAsksForThePassword(t *testing.T) {
	clock := modeltest.NewClock(testclock.Now())
	h := servetest.Start(t, servetest.Options{Demo: true, Clock: clock})
	boss := h.Sheet.Workspaces[0].Accounts[0]
	tab := browsertest.Open(t, h.URL())
	tab.Go("/signin")
	tab.Fill("email", boss.Email)
	tab.Fill("password", boss.Password)
	tab.Press("Sign in")
	clock.Advance(10 * time.Minute)
	tab.Go("/account/tokens/new")
	tab.Fill("name", "Box office import")
	tab.Choose("scopes", "reports:read")
	tab.Press("Create the token")
	look := func(name string) {
		t.Helper()
		for _, look := range looks {
			tab.Size(look.width, look.height, look.theme)
			tab.Axe()
			tab.Shot(name + "-" + look.theme)
			if wide := browsertest.Eval[int](tab,
				"document.documentElement.scrollWidth - window.innerWidth"); wide > 0 {
				t.Errorf("the page is %d wider than a window of %d", wide, look.width)
			}
		}
	}
	tab.Sees("Is it really you?", "Create an API token", "Nothing has been done yet.")
	look("proof")
	tab.Fill("proof", "wrong canary")
	tab.Press("Confirm and continue")
	tab.Sees("This is not your password.")
	tab.SeesNot("wrong canary")
	look("proof-wrong")
	tab.Fill("proof", boss.Password)
	tab.Press("Confirm and continue")
	tab.Sees("Box office import", "toh_")
	tab.SeesNot(boss.Password)
}
