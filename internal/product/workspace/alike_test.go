package workspace_test

import (
	"strings"
	"testing"

	"github.com/tinyoperahouse/toh/internal/access"
)

// TestNobodyPassesForAnother: who takes a manager's name, or one that looks like it, is told apart from then on, and so
// is the manager.
func TestNobodyPassesForAnother(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"Founder of lantern", "FOUNDER  of Lantern", "F\u00f6under of lantern", "F\u043eunder \u043ef l\u0430ntern",
		"Founder of 1antern", "Founder of Iantern", "Founderoflantern",
		"Founder of lantem", "Founder of lantern (aaaa)", "\uff26ounder of lantern",
	} {
		h := newFixture(t)
		founder, boss := h.founder("ann@example.org", "lantern")
		cred, member := h.member(boss, "mal@example.org", access.Viewer)
		_, third := h.member(boss, "bea@example.org", access.Viewer)
		if strings.Contains(member.Caller().Name+third.Caller().Name, "(") {
			t.Fatalf("marked without need: %q, %q", member.Caller().Name, third.Caller().Name)
		}
		if err := h.Accounts.Rename(t.Context(), h.who(cred).Self(), name); err != nil {
			t.Fatal(err)
		}
		was, is := h.enter(founder, boss.ID), h.enter(cred, boss.ID)
		for _, v := range []visit{was, is} {
			c := v.Caller()
			if !strings.HasSuffix(c.Name, " ("+c.Account[:4]+")") || v.Member.Name != c.Name {
				t.Errorf("%q: shown as %q", name, c.Name)
			}
		}
		if h.Accounts.Rename(t.Context(), h.who(cred).Self(), "Mal") != nil ||
			h.enter(cred, boss.ID).Caller().Name != "Mal" {
			t.Errorf("%q: still marked under another name", name)
		}
	}
}

// TestNobodyPassesForSomebodyWhoWasThere: the trail still holds what former members did, and what somebody did under an
// earlier name.
func TestNobodyPassesForSomebodyWhoWasThere(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	_, boss := h.founder("ann@example.org", "lantern")
	_, gone := h.member(boss, "gus@example.org", access.Organizer)
	left, leaver := h.member(boss, "lea@example.org", access.Organizer)
	renamed, _ := h.member(boss, "ren@example.org", access.Organizer)
	cred, _ := h.member(boss, "mal@example.org", access.Viewer)
	if err := h.Remove(t.Context(), boss.Caller(), gone.Caller().Account); err != nil {
		t.Fatal(err)
	}
	if err := h.Leave(t.Context(), leaver.Caller()); err != nil {
		t.Fatal(err)
	}
	if err := h.Accounts.Rename(t.Context(), h.who(renamed).Self(), "Somebody Else"); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"Member gus", "Member lea", "Member ren"} {
		if err := h.Accounts.Rename(t.Context(), h.who(cred).Self(), name); err != nil {
			t.Fatal(err)
		}
		if got := h.enter(cred, boss.ID).Caller().Name; !strings.HasPrefix(got, name+" (") {
			t.Errorf("shown as %q", got)
		}
	}
	_, secret := h.invited(boss, "lea@example.org", access.Viewer)
	if _, err := h.Accept(t.Context(), h.who(left), secret); err != nil {
		t.Fatal(err)
	}
	if got := h.enter(left, boss.ID).Caller().Name; !strings.HasPrefix(got, "Member lea (") {
		t.Errorf("who comes back, when another has had the name meanwhile, is shown as %q", got)
	}
}
