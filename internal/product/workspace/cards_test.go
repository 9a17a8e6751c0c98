package workspace_test

import (
	"testing"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/product/workspace"
)

func TestWorkspacesTakeNoCardNumbers(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	cred, boss := h.founder("ann@example.org", "lantern")
	self := h.who(cred).Self()
	_, err := h.Create(t.Context(), self, workspace.NewWorkspace{Name: "4111 1111 1111 1111"})
	h.refused("the name of a new one", err, model.ErrInvalid)
	_, err = h.Create(t.Context(), self, workspace.NewWorkspace{Name: "House", Slug: "4111-1111-1111-1111"})
	h.refused("a short name", err, model.ErrInvalid)
	_, err = h.SetSettings(t.Context(), boss.Caller(), 0, workspace.Settings{Name: "4111 1111 1111 1111",
		Slug:     "lantern",
		TimeZone: "UTC"})
	h.refused("a name", err, model.ErrInvalid)
	_, err = h.Invite(t.Context(), boss.Caller(), workspace.NewInvite{Email: "4111111111111111@example.org",
		Role: access.Viewer})
	h.refused("an invitation", err, model.ErrInvalid)
}
