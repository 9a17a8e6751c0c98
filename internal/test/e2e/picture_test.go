package e2e

import (
	"slices"
	"testing"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/test/browsertest"
)

// TestPictureOfTheReadme opens the page that the README shows: a filed report with a note that is withheld from its
// reader. To take the picture again, use TOH_SHOTS, as CONTRIBUTING.md says.
func TestPictureOfTheReadme(t *testing.T) {
	c := newCast(t)
	account := c.Sheet.Workspaces[0].Accounts[slices.Index(access.MemberRoles, access.Viewer)]
	b := browsertest.Open(t, c.URL())
	b.Size(1280, 900, "light")
	b.Go("/signin")
	b.Fill("email", account.Email)
	b.Fill("password", account.Password)
	b.Press("Sign in")
	b.Go("/w/demo/reports?q=birdcatcher")
	b.Go(browsertest.Eval[string](b, `[...document.querySelectorAll("main tr, main li")].find(e => e.innerText.includes("1 withheld note")).
		querySelector("a").getAttribute("href")`))
	b.Sees("Costume trouble", "1 withheld note", "Seen by")
	b.Shot("report")
}

// TestSkipLinkLeadsToTheContent: the first thing that the keyboard reaches skips the menu.
func TestSkipLinkLeadsToTheContent(t *testing.T) {
	c := newCast(t)
	b := c.boss(t)
	for _, path := range []string{"/w/demo/", "/w/demo/audit", "/account"} {
		b.Go(path)
		b.TabTo("Skip to content")
		b.Enter()
		b.Until("the focus in the content", `!!document.activeElement.closest("main")`)
	}
}
