package e2e

import "testing"

// TestTheAgreementIsAccepted: the management finds the agreement in the settings, accepts it, and sees who did that.
func TestTheAgreementIsAccepted(t *testing.T) {
	c := newCast(t)
	tab := c.boss(t)
	tab.Go("/w/demo/settings")
	tab.Press("Agreement")
	tab.Sees("Not accepted yet", "The company has not accepted an agreement yet.", "As a PDF")
	for _, look := range looks {
		tab.Size(look.width, look.height, look.theme)
		tab.Axe()
	}
	tab.Shot("agreement-open")
	tab.Press("Accept for the company")
	tab.Sees("The agreement is accepted.", "accepted the version that is in force, for the company.",
		"Accepted versions")
	tab.SeesNot("Not accepted yet", "Accept for the company")
	for _, look := range looks {
		tab.Size(look.width, look.height, look.theme)
		tab.Axe()
		tab.Shot("agreement-accepted-" + look.theme)
	}
}
