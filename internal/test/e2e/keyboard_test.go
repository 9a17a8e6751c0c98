package e2e

import (
	"slices"
	"testing"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/test/browsertest"
)

// TestKeyboardAlone signs in, writes, checks and files a report, finds it again and signs out with the keyboard alone.
func TestKeyboardAlone(t *testing.T) {
	c := newCast(t)
	account := c.Sheet.Workspaces[0].Accounts[slices.Index(access.MemberRoles, access.Reporter)]
	b := browsertest.Open(t, c.URL())
	b.Size(1280, 900, "light")
	b.Go("/signin")
	b.TabTo("Skip")
	b.TabTo("E-mail")
	b.Keys(account.Email)
	b.TabTo("Password")
	b.Keys(account.Password)
	b.Enter()
	b.Sees("Tonight")
	b.TabTo("Reports")
	b.Enter()
	b.TabTo("Start a report")
	b.Enter()
	b.TabTo("The Magic Flute")
	b.Enter()
	b.TabTo("Act 1 up")
	b.Keys("1934")
	b.TabTo("Report")
	b.Keys("The prompter laughed aloud.")
	b.TabTo("Add a note")
	b.Enter()
	b.Axe()
	b.TabTo("Department")
	b.Keys("li") // as far as needed to choose "lighting"
	b.TabTo("What")
	b.Keys("Lamp 14 is out.")
	b.TabTo("Check and file")
	b.Enter()
	b.Sees("Check your report", "Lighting", "Lamp 14 is out.", "The prompter laughed aloud.")
	b.Sees("This performance should not be over yet.")
	b.TabTo("I have checked")
	b.Keys(" ")
	b.TabTo("File the report")
	b.Enter()
	b.Wait("is filed")
	b.TabTo("Account")
	b.Enter()
	b.TabTo("Sign out")
	b.Enter()
	b.Wait("Sign in")
	b.Go("/w/demo/")
	b.Sees("Password")
}
