package trail_test

import (
	"regexp"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/edge/web/webtest"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/store"
)

// Management finds out on a page whether the trail is as it was written.
func TestManagementChecksTheTrail(t *testing.T) {
	t.Parallel()
	h := webtest.NewTheatre(t)
	check := h.WS + "/audit/check"
	webtest.Shows(t, h.Viewer.Get(check), 403)
	webtest.Shows(t, h.Organizer.Get(check), 403)
	webtest.Shows(t, h.Management.Get(check), 200, "This could not be decided", "No checkpoint was made yet.")
	webtest.Shows(t, h.Management.Get(h.WS+"/productions/"+h.Production), 200)
	h.Clock.Advance(time.Minute)
	h.BindTrail(t)
	whole := h.Management.Get(check)
	webtest.Shows(t, whole, 200, "Nothing is missing or changed", "Covered by checkpoints up to")
	webtest.Lacks(t, whole, "What was found")
	webtest.Shows(t, h.Management.Get(h.WS+"/audit"), 200, "checked the audit trail for changes and gaps", check)

	var opened *audit.Entry
	page, err := h.Trail.List(t.Context(), scopeOf(h, t), audit.Filter{Action: access.ProductionRead}, 1, "")
	if err != nil || len(page.Entries) != 1 {
		t.Fatal(page, err)
	}
	opened = page.Entries[0]
	ref := store.Ref{Scope: opened.Scope, Collection: audit.EntriesName, ID: opened.ID}
	if _, err := h.Store.Commit(t.Context(), store.Delete(ref, time.Time{})); err != nil {
		t.Fatal(err)
	}
	webtest.Shows(t, h.Management.Get(check), 200, "Something is not as it was written",
		"The entry was removed before its time was up.")
}

// Each check reads the whole trail, so there is an end to them.
func TestChecksOfTheTrailAreLimited(t *testing.T) {
	t.Parallel()
	h := webtest.NewTheatre(t)
	for range 60 {
		webtest.Shows(t, h.Management.Get(h.WS+"/audit/check"), 200)
	}
	webtest.Shows(t, h.Management.Get(h.WS+"/audit/check"), 429)
	h.Clock.Advance(61 * time.Minute)
	h.Management = h.As(t, "lyric", access.Management)
	webtest.Shows(t, h.Management.Get(h.WS+"/audit/check"), 200)
}

// scopeOf is the theatre's workspace.
func scopeOf(h *webtest.Theatre, t *testing.T) model.Scope {
	t.Helper()
	id := regexp.MustCompile(`<code>([a-z2-7]{26})</code>`).FindStringSubmatch(h.Management.Get(h.WS + "/settings").
		Body)
	if id == nil {
		t.Fatal("the settings do not show the workspace's id")
	}
	return model.Workspace(id[1])
}
