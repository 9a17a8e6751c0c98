package workspace_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/account"
)

// toldTo tells of refusals, and gives what the trail of a workspace says of them.
func (h *fixture) toldTo(v visit, all bool) []*audit.Entry {
	h.t.Helper()
	if err := h.RecordRefusals(h.t.Context(), all); err != nil {
		h.t.Fatal(err)
	}
	filter := audit.Filter{Action: access.WorkspaceEnter}
	page, err := h.Gate.History(h.t.Context(), records.By(v.Caller(), access.AuditRead), filter, 50, "")
	if err != nil {
		h.t.Fatal(err)
	}
	return page.Entries
}

// Who is turned away is in the workspace's trail: one entry for an account and ten minutes, one for all others and an
// hour.
func TestRefusalsAreCounted(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	_, boss := h.founder("ann@example.org", "lantern")
	cred, other := h.founder("bob@example.org", "gravel")
	times := func(want ...string) {
		t.Helper()
		var got []string
		for _, e := range h.toldTo(boss, false) {
			got = append(got, e.Labels["times"])
		}
		if !slices.Equal(got, want) {
			t.Errorf("entries of %q times, not %q", got, want)
		}
	}
	refuse := func(cred account.Credential, n int, places ...string) {
		for range n {
			for _, place := range places {
				if _, err := h.Enter(t.Context(), cred, place); err == nil {
					t.Fatal("entered")
				}
			}
		}
	}
	refuse(cred, 3, "lantern", boss.ID, "nothing-here", model.NewID(), "../x", strings.Repeat("x", 30_000))
	times("6")
	e := h.toldTo(boss, false)[0]
	if e.Actor.ID != other.Caller().Account || e.Record != "members/"+e.Actor.ID || e.Outcome != audit.Denied ||
		e.Sentence() != e.Actor.Name+" was refused: entered the workspace, 6 times." {
		t.Errorf("%+v: %s", e, e.Sentence())
	}
	refuse(cred, 4, "lantern")
	h.Clock.Advance(10*time.Minute - time.Microsecond)
	times("6")
	h.Clock.Advance(time.Microsecond)
	times("4", "6")

	h.Clock.Advance(time.Hour)
	refuse(account.Credential{}, 7, "lantern")
	h.CountRefusal(boss.ID, access.Caller{})
	times("8", "4", "6")
	if s := h.toldTo(boss, false)[0].Sentence(); s != "Somebody who is not signed in was refused: entered the "+
		"workspace, 8 times." {
		t.Error(s)
	}
	refuse(account.Credential{}, 5, "lantern")
	h.Clock.Advance(time.Hour - time.Microsecond)
	times("8", "4", "6")
	h.Clock.Advance(time.Microsecond)
	times("5", "8", "4", "6")
	refuse(account.Credential{}, 1, "lantern")
	h.Clock.Advance(time.Second)
	if list := h.toldTo(boss, true); len(list) != 5 || list[0].Labels["times"] != "1" {
		t.Errorf("at the end: %d", len(list))
	}
	if list := h.toldTo(other, true); len(list) != 0 {
		t.Errorf("in the trail of another workspace: %d", len(list))
	}
}

// Visitors who make names up cost a bounded amount of memory, and the refusals of accounts are told all the same.
func TestVisitorsLeaveRoomForAccounts(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	_, boss := h.founder("ann@example.org", "lantern")
	cred, _ := h.founder("bob@example.org", "gravel")
	h.CountRefusal(strings.Repeat("x", 30_000), access.Caller{})
	if accounts, visitors := h.Refusals(); accounts != 0 || visitors != 0 {
		t.Errorf("a text that is no workspace's name is remembered")
	}
	for range 10_010 {
		h.CountRefusal(model.NewID(), access.Caller{})
	}
	if accounts, visitors := h.Refusals(); accounts != 0 || visitors != 10_000 {
		t.Errorf("%d of accounts and %d of visitors are remembered", accounts, visitors)
	}
	if _, err := h.Enter(t.Context(), cred, "lantern"); err == nil {
		t.Fatal("entered")
	}
	if list := h.toldTo(boss, false); len(list) != 1 || list[0].Labels["times"] != "1" {
		t.Errorf("told: %v", list)
	}
}

// What could not be written is told in the next round, once, with its count.
func TestRefusalsOutliveAnOutage(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	_, boss := h.founder("ann@example.org", "lantern")
	cred, _ := h.founder("bob@example.org", "gravel")
	for range 3 {
		if _, err := h.Enter(t.Context(), cred, boss.ID); err == nil {
			t.Fatal("entered")
		}
	}
	for _, part := range []string{"BatchGet", "Commit"} { // while it is looked up, and while it is written
		h.Intercept(func(_ context.Context, method string) error {
			if strings.Contains(method, part) {
				return status.Error(codes.PermissionDenied, "an outage")
			}
			return nil
		})
		err := h.RecordRefusals(t.Context(), false)
		h.Intercept(nil)
		if err == nil {
			t.Errorf("%s: no error", part)
		}
	}
	for range 2 {
		if list := h.toldTo(boss, false); len(list) != 1 || list[0].Labels["times"] != "3" {
			t.Errorf("told: %v", list)
		}
	}
}

// A visitor who makes names up costs a bounded number of reads.
func TestRefusalsAreBounded(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	for range 30 {
		h.CountRefusal(model.NewID(), access.Caller{})
	}
	tell := func() {
		if err := h.RecordRefusals(t.Context(), false); err != nil {
			t.Error(err)
		}
	}
	if got := len(h.calls(tell)); got != 10 {
		t.Errorf("%d calls in one round", got)
	}
}
