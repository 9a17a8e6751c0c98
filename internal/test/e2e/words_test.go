package e2e

import (
	"slices"
	"testing"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/test/browsertest"
)

// endSession ends the session that the tab is in, as another tab would.
func endSession(b *browsertest.Tab) {
	browsertest.Eval[bool](b, `(fetch("/signout", {method: "POST", redirect: "manual"}).then(() => window.__out = true), true)`)
	b.Until("the end of the session", `window.__out === true`)
}

// signInAgain fills in the page that asks to sign in again, as one of the demonstration's people.
func (c *cast) signInAgain(b *browsertest.Tab, role access.Role) {
	account := c.Sheet.Workspaces[0].Accounts[slices.Index(access.MemberRoles, role)]
	b.Axe()
	b.Fill("email", account.Email)
	b.Fill("password", account.Password)
	b.Press("Sign in")
}

const words = "The follow spot failed in the second act."

// keeps fails the test unless the draft holds what was written.
func keeps(t *testing.T, b *browsertest.Tab, edit string) {
	t.Helper()
	b.Go(edit)
	if got := browsertest.Eval[string](b, `document.querySelector("[name=text]").value`); got != words {
		t.Errorf("the draft holds %q", got)
	}
}

// When the session ends while somebody writes, the form says so, and what was written is there again after the sign-in.
func TestWordsSurviveTheSignInWithScript(t *testing.T) {
	c := newCast(t)
	b := c.writer(t)
	edit := browsertest.Eval[string](b, `document.querySelector("form[data-autosave]").getAttribute("action")`)
	saved(b, func() { b.Fill("text", "A full house.") })
	endSession(b)
	b.Fill("text", words)
	b.Until("that nobody is signed in",
		`document.querySelector("output.saved").textContent.includes("You are signed out.")`)
	b.Axe()
	b.Press("Sign in and continue writing")
	b.Sees("You were signed out.")
	c.signInAgain(b, access.Reporter)
	if got := browsertest.Eval[string](b,
		`location.pathname + " " + document.querySelector("[name=text]").value`); got != edit+" "+words {
		t.Errorf("afterwards: %q", got)
	}
	keeps(t, b, edit)
}

// The same without scripts: the button for saving leads to the sign-in page, and on from there.
func TestWordsSurviveTheSignInWithoutScript(t *testing.T) {
	c := newCast(t)
	account := c.Sheet.Workspaces[0].Accounts[slices.Index(access.MemberRoles, access.Reporter)]
	b := browsertest.Open(t, c.URL())
	b.NoScripts()
	b.Go("/signin")
	b.Fill("email", account.Email)
	b.Fill("password", account.Password)
	b.Press("Sign in")
	b.Go("/w/demo/reports/new?production=" + c.own["production"])
	edit := browsertest.Eval[string](b, `document.querySelector("form[data-autosave]").getAttribute("action")`)
	if n := browsertest.Eval[int](b,
		`performance.getEntriesByType("resource").filter(e => e.name.includes("/static/js/") && e.decodedBodySize > 0).length`); n > 0 {
		t.Fatalf("%d scripts run", n)
	}
	b.Fill("text", words)
	endSession(b)
	b.Press("Save for later")
	b.Sees("You were signed out.")
	c.signInAgain(b, access.Reporter)
	keeps(t, b, edit)
}

// Somebody else who signs in there is told whose words they are, and nothing is sent.
func TestWordsAreNotSentByAnotherAccount(t *testing.T) {
	c := newCast(t)
	b := c.writer(t)
	b.NoScripts() // so that nothing is saved before
	b.Go("/w/demo/reports/new?production=" + c.own["production"])
	edit := browsertest.Eval[string](b, `document.querySelector("form[data-autosave]").getAttribute("action")`)
	b.Fill("text", words)
	endSession(b)
	b.Press("Save for later")
	c.signInAgain(b, access.Organizer)
	b.Sees("written with another account, and nothing was sent")
	b.SeesNot(words)
	b.Axe()
	c.signInAgain(b, access.Reporter)
	keeps(t, b, edit)
}
