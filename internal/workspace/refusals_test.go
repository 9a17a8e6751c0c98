package workspace_test

import (
	"slices"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/account"
	"github.com/tinyoperahouse/toh/internal/audit"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/workspace"
)

// Who is turned away is in the workspace's trail: one entry for an account and ten minutes, one for all others and an hour.
func TestRefusalsAreCounted(t *testing.T) {
	h := newHouse(t)
	_, boss := h.founder("ann@example.org", "lantern")
	cred, other := h.founder("bob@example.org", "gravel")
	told := func(v workspace.Visit, all bool) []*audit.Entry {
		t.Helper()
		if err := h.TellRefusals(t.Context(), all); err != nil {
			t.Fatal(err)
		}
		page, err := h.Gate.History(t.Context(), v.Caller, access.AuditRead, audit.Filter{Action: access.WorkspaceEnter}, 50, "")
		if err != nil {
			t.Fatal(err)
		}
		return page.Entries
	}
	times := func(want ...string) {
		t.Helper()
		var got []string
		for _, e := range told(boss, false) {
			got = append(got, e.Labels["times"])
		}
		if !slices.Equal(got, want) {
			t.Errorf("entries of %q times, not %q", got, want)
		}
	}
	knock := func(cred account.Credential, n int, places ...string) {
		for range n {
			for _, place := range places {
				if _, _, err := h.Enter(t.Context(), cred, place, nil); err == nil {
					t.Fatal("entered")
				}
			}
		}
	}
	knock(cred, 3, "lantern", boss.ID, "nothing-here", model.NewID(), "../x")
	times("6")
	e := told(boss, false)[0]
	if e.Actor.ID != other.Caller.Account || e.Record != "members/"+e.Actor.ID || e.Outcome != audit.Denied || e.Sentence() != e.Actor.Name+" was refused: entered the workspace, 6 times." {
		t.Errorf("%+v: %s", e, e.Sentence())
	}
	knock(cred, 4, "lantern")
	h.Clock.Advance(10*time.Minute - time.Microsecond)
	times("6")
	h.Clock.Advance(time.Microsecond)
	times("4", "6")

	h.Clock.Advance(time.Hour)
	knock(account.Credential{}, 7, "lantern")
	h.TurnedAway(boss.ID)
	times("8", "4", "6")
	if s := told(boss, false)[0].Sentence(); s != "Somebody who is not signed in was refused: entered the workspace, 8 times." {
		t.Error(s)
	}
	knock(account.Credential{}, 5, "lantern")
	h.Clock.Advance(time.Hour - time.Microsecond)
	times("8", "4", "6")
	h.Clock.Advance(time.Microsecond)
	times("5", "8", "4", "6")
	knock(account.Credential{}, 1, "lantern")
	h.Clock.Advance(time.Second)
	if list := told(boss, true); len(list) != 5 || list[0].Labels["times"] != "1" {
		t.Errorf("at the end: %d", len(list))
	}
	if list := told(other, true); len(list) != 0 {
		t.Errorf("in the trail of another workspace: %d", len(list))
	}
}

// A visitor who makes names up costs a bounded number of reads.
func TestRefusalsAreBounded(t *testing.T) {
	h := newHouse(t)
	for range 30 {
		h.TurnedAway(model.NewID())
	}
	tell := func() {
		if err := h.TellRefusals(t.Context(), false); err != nil {
			t.Error(err)
		}
	}
	if got := len(h.calls(tell)); got != 10 {
		t.Errorf("%d calls in one round", got)
	}
}
