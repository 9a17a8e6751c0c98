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
	stranger := access.Caller{Scope: model.Workspace(w.Sheet.Workspaces[0].ID), Account: model.NewID(), Name: "Bob Stranger"}
	if err := w.App.Gate.Note(t.Context(), w.App.Gate, stranger, access.WorkspaceEnter, "members/"+stranger.Account, audit.Denied); err != nil {
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
		for _, text := range []string{"Bob Stranger was refused: entered the workspace", "Somebody who is not signed in was refused: entered the workspace"} {
			if p.Status != 200 || !strings.Contains(p.Body, text) {
				t.Errorf("%s: %d, without %q", path, p.Status, text)
			}
		}
	}
}
