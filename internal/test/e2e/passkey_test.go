package e2e

import (
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/model/modeltest"
	"github.com/tinyoperahouse/toh/internal/onemachine/local/serve/servetest"
	"github.com/tinyoperahouse/toh/internal/test/browsertest"
	"github.com/tinyoperahouse/toh/internal/test/e2e/visitortest"
	"github.com/tinyoperahouse/toh/internal/test/testclock"
)

var (
	factorLink = regexp.MustCompile(`/account/factors/open/[A-Za-z0-9_-]{43}`)
	mailLinks  = regexp.MustCompile(`href="(/_local/mail/[^"/]+/[^"]+)"`)
)

// TestPasskeysInABrowser adds a passkey with an authenticator that Chromium simulates, signs in with it alone, uses
// it as the second factor and as a proof, and is led from the address of the machine to its name.
func TestPasskeysInABrowser(t *testing.T) {
	clock := modeltest.NewClock(testclock.Now())
	h := servetest.Start(t, servetest.Options{Demo: true, Clock: clock})
	boss := h.Sheet.Workspaces[0].Accounts[0]
	tab := browsertest.Open(t, h.URL())
	tab.Passkeys()
	look := func(name string) {
		t.Helper()
		for _, look := range looks {
			tab.Size(look.width, look.height, look.theme)
			tab.Axe()
			tab.Shot(name + "-" + look.theme)
			if wide := browsertest.Eval[int](tab,
				"document.documentElement.scrollWidth - window.innerWidth"); wide > 0 {
				t.Errorf("%s is %d wider than the window", name, wide)
			}
		}
	}
	tab.Go(strings.Replace(h.URL(), "localhost", "127.0.0.1", 1) + "/signin")
	if !strings.HasPrefix(tab.URL(), h.URL()) {
		t.Fatalf("the address of the machine leads to %s", tab.URL())
	}
	tab.Fill("email", boss.Email)
	tab.Fill("password", boss.Password)
	tab.Press("Sign in")
	tab.Go("/account/factors")
	look("factors-none")
	tab.Press("Send me the link")
	tab.Go(linkIn(t, h))
	tab.Press("Continue")
	tab.Sees("You can add the first one now.")
	tab.Press("Set up an authenticator app")
	tab.Sees("Code from the app")
	look("factors-app")
	tab.Go("/account/factors")
	tab.Press("Add a passkey")
	look("factors-passkey")
	tab.Press("Make the passkey")
	tab.Wait("Your recovery codes")
	look("factors-codes")
	tab.Press("I have copied them")
	tab.Sees("Linux", "10 are left.")
	look("factors-on")
	signOut := func() {
		t.Helper()
		browsertest.Eval[bool](tab,
			`(() => { document.querySelector('form[action="/signout"]').submit(); return true })()`)
		tab.Wait("You are signed out.")
	}
	signOut()
	tab.Go("/signin?next=%2Faccount%2Ftokens")
	look("sign-in")
	tab.Press("Sign in with a passkey")
	tab.Wait("A token lets one of your programs")
	signOut()
	tab.Go("/signin?next=%2Faccount%2Ftokens")
	tab.Fill("email", boss.Email)
	tab.Fill("password", boss.Password)
	tab.Press("Sign in")
	tab.Sees("The second step")
	look("second")
	tab.Fill("code", "000000")
	tab.Press("Continue")
	tab.Sees("That did not match.")
	look("second-wrong")
	tab.Press("Use a passkey")
	tab.Wait("A token lets one of your programs")
	clock.Advance(10 * time.Minute)
	tab.Go("/account/tokens/new")
	tab.Fill("name", "Box office import")
	tab.Choose("scopes", "reports:read")
	tab.Press("Create the token")
	tab.Sees("Is it really you?", "Enter your password and a code, or use a passkey")
	look("proof-passkey")
	tab.Press("Use a passkey instead")
	tab.Wait("toh_")
	tab.Sees("Box office import")
}

// linkIn is the path of the link in the newest mail about factors.
func linkIn(t *testing.T, h *servetest.Installation) string {
	t.Helper()
	v, box := visitortest.New(t, h.URL()), strings.TrimPrefix(h.MailAt(), h.URL())
	for range 100 {
		for _, m := range mailLinks.FindAllStringSubmatch(v.Get(box).Body, -1) {
			if link := factorLink.FindString(v.Get(m[1]).Body); link != "" {
				return link
			}
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("no mail with the link came")
	return ""
}
