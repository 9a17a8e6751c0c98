package web_test

import (
	"regexp"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/store"
)

// Management finds out on a page whether the trail is as it was written.
func TestManagementChecksTheTrail(t *testing.T) {
	h := newTheatre(t)
	check := h.ws + "/audit/check"
	shows(t, h.viewer.Get(check), 403)
	shows(t, h.organizer.Get(check), 403)
	shows(t, h.management.Get(check), 200, "This could not be decided", "No checkpoint was made yet.")
	shows(t, h.management.Get(h.ws+"/productions/"+h.production), 200)
	h.Clock.Advance(time.Minute)
	h.BindTrail(t)
	whole := h.management.Get(check)
	shows(t, whole, 200, "Nothing is missing or changed", "Bound together up to")
	lacks(t, whole, "What was found")
	shows(t, h.management.Get(h.ws+"/audit"), 200, "checked the audit trail for changes and gaps", check)

	var opened *audit.Entry
	page, err := h.Trail.List(t.Context(), h.scope(t), audit.Filter{Action: access.ProductionRead}, 1, "")
	if err != nil || len(page.Entries) != 1 {
		t.Fatal(page, err)
	}
	opened = page.Entries[0]
	ref := store.Ref{Scope: opened.Scope, Collection: audit.EntriesName, ID: opened.ID}
	if _, err := h.Store.Commit(t.Context(), store.Delete(ref, time.Time{})); err != nil {
		t.Fatal(err)
	}
	shows(t, h.management.Get(check), 200, "Something is not as it was written",
		"The entry was removed before its time was up.")
}

// Each check reads the whole trail, so there is an end to them.
func TestChecksOfTheTrailAreLimited(t *testing.T) {
	h := newTheatre(t)
	for range 60 {
		shows(t, h.management.Get(h.ws+"/audit/check"), 200)
	}
	shows(t, h.management.Get(h.ws+"/audit/check"), 429)
	h.Clock.Advance(61 * time.Minute)
	h.management = h.As(t, "lyric", access.Management)
	shows(t, h.management.Get(h.ws+"/audit/check"), 200)
}

// scope is the theatre's workspace.
func (h *theatre) scope(t *testing.T) model.Scope {
	t.Helper()
	id := regexp.MustCompile(`<code>([a-z2-7]{26})</code>`).FindStringSubmatch(h.management.Get(h.ws + "/settings").
		Body)
	if id == nil {
		t.Fatal("the settings do not show the workspace's id")
	}
	return model.Workspace(id[1])
}
