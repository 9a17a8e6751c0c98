package e2e

import (
	"strings"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/records"
)

// The management's page shows who was refused, with and without an account, while the service runs.
func TestThePageTellsOfRefusals(t *testing.T) {
	w := newCast(t)
	stranger := access.Caller{Scope: model.Workspace(w.Sheet.Workspaces[0].ID), Account: model.NewID(),
		Name: "Bob Stranger"}
	if err := w.App.Gate.Note(t.Context(), w.App.Gate, records.By(stranger, access.WorkspaceEnter), "members/"+
		stranger.Account,
		audit.Denied); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		w.nobody.Get("/w/demo/reports")
		w.nobody.Get("/api/v1/workspaces/demo/reports")
	}
	texts := []string{
		"Bob Stranger was refused: entered the workspace",
		"Somebody who is not signed in was refused: entered the workspace",
	}
	for _, path := range []string{"/w/demo/audit?action=workspace.enter", "/w/demo/audit.csv?action=workspace.enter"} {
		p := w.members[access.Management].Get(path)
		for range 400 { // the entry is written separately, after the answer
			if strings.Contains(p.Body, texts[1]) {
				break
			}
			time.Sleep(25 * time.Millisecond)
			p = w.members[access.Management].Get(path)
		}
		for _, text := range texts {
			if p.Status != 200 || !strings.Contains(p.Body, text) {
				t.Errorf("%s: %d, without %q", path, p.Status, text)
			}
		}
	}
}
