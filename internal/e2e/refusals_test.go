package e2e

import (
	"strings"
	"testing"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/audit"
	"github.com/tinyoperahouse/toh/internal/model"
)

// The management's page tells who was turned away, with and without an account.
func TestThePageTellsOfRefusals(t *testing.T) {
	w := newCast(t)
	place := model.Workspace(w.Sheet.Workspaces[0].ID)
	stranger := access.Caller{Scope: place, Account: model.NewID(), Name: "Bob Stranger"}
	record := "members/" + stranger.Account
	if err := w.App.Gate.Note(t.Context(), w.App.Gate, stranger, access.WorkspaceEnter, record, audit.Denied); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		w.nobody.Get("/w/demo/reports")
		w.nobody.Get("/api/v1/workspaces/demo/reports")
	}
	if err := w.App.Workspaces.TellRefusals(t.Context(), true); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"/w/demo/audit", "/w/demo/audit.csv"} {
		p := w.members[access.Management].Get(path)
		for _, who := range []string{"Bob Stranger", "Somebody who is not signed in"} {
			if text := who + " was refused: entered the workspace"; p.Status != 200 || !strings.Contains(p.Body, text) {
				t.Errorf("%s: %d, without %q", path, p.Status, text)
			}
		}
	}
}
