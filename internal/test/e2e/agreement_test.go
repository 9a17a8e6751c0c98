package e2e

import (
	"fmt"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/product/account"
	"github.com/tinyoperahouse/toh/internal/product/workspace"
	"github.com/tinyoperahouse/toh/internal/test/testclock"
)

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

// TestTheManagementIsTold: it sees what it was told by mail on its home and in the settings, and acknowledges it.
func TestTheManagementIsTold(t *testing.T) {
	c := newCast(t)
	platform := access.SystemCaller(model.Platform(), "test", "")
	p, err := c.App.Accounts.Provision(t.Context(), platform, account.NewAccount{Email: "second@opera.example",
		Name: "Second Manager", Password: "violet anchors sleep beneath gravel"})
	if err != nil {
		t.Fatal(err)
	}
	in := access.SystemCaller(model.Workspace(c.Sheet.Workspaces[0].ID), "test", "")
	if _, err := c.App.Workspaces.Enlist(t.Context(), in, p, access.Management); err != nil {
		t.Fatal(err)
	}
	told, err := c.App.Workspaces.Tell(t.Context(), in, workspace.News{ID: "news-1",
		Title: "The data processing agreement, from 5 January 2027", Text: "Help with audits is described.",
		Path: "/processing/2026-11-28/differences", Letter: account.Letter{Kind: account.AgreementChanged,
			At: testclock.Now(), What: "Help with audits is described."}})
	if err != nil || told != 1 { // nobody of the demonstration
		t.Fatal(told, err)
	}
	c.Mail(t, "second@opera.example", time.Time{})
	tab := c.boss(t)
	tab.Go("/w/demo/")
	for _, look := range looks {
		tab.Size(look.width, look.height, look.theme)
		tab.Axe()
		tab.Shot("told-home-" + look.theme + fmt.Sprint(look.width))
	}
	tab.Press("See it, and acknowledge it")
	for _, look := range looks {
		tab.Size(look.width, look.height, look.theme)
		tab.Axe()
		tab.Shot("told-settings-" + look.theme + fmt.Sprint(look.width))
	}
	tab.Press("Acknowledge")
	tab.Sees("Acknowledged, for the whole management.")
	tab.SeesNot("What you were told")
	tab.Go("/subprocessors/changes")
	tab.Sees("Nothing has changed yet.")
	tab.Axe()
}
