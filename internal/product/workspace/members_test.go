package workspace_test

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/account"
	"github.com/tinyoperahouse/toh/internal/product/workspace"
)

func TestRolesChange(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	_, boss := h.founder("ann@example.org", "lantern")
	cred, v := h.member(boss, "rep@example.org", access.Reporter)
	h.Post.Take()
	if err := h.SetRole(t.Context(), boss.Caller(), v.Caller().Account, access.Viewer); err != nil {
		t.Fatal(err)
	}
	if got := h.enter(cred, boss.ID); got.Caller().Role != access.Viewer || got.Memberships()[0].Role != access.Viewer {
		t.Errorf("the next request has role %q, the list %q", got.Caller().Role, got.Memberships()[0].Role)
	}
	if sent := h.Post.Take(); len(sent) != 1 || sent[0].Kind != account.RoleChanged ||
		sent[0].To != "rep@example.org" || sent[0].Role != "Report viewer" {
		t.Errorf("letters: %+v", sent)
	}
	if err := h.SetRole(t.Context(), boss.Caller(), v.Caller().Account, access.Viewer); err != nil ||
		len(h.Post.Take()) != 0 {
		t.Errorf("the same role again: %v", err)
	}
	for _, role := range []access.Role{"", "owner", access.Self, access.System} {
		h.refused(string(role), h.SetRole(t.Context(), boss.Caller(), v.Caller().Account, role), model.ErrInvalid)
	}
	for _, id := range []string{model.NewID(), "", "../x"} {
		h.refused(id, h.SetRole(t.Context(), boss.Caller(), id, access.Viewer), model.ErrNotFound)
	}
}

// Everybody but management is refused everything, and it is written down.
func TestOthersCannotManage(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	_, boss := h.founder("ann@example.org", "lantern")
	id, _ := h.invited(boss, "open@example.org", access.Viewer)
	for i, role := range []access.Role{access.Organizer, access.Reporter, access.Viewer} {
		_, v := h.member(boss, fmt.Sprintf("m%d@example.org", i), role)
		denied := func(what string, err error) {
			t.Helper()
			h.refused(string(role)+" "+what, err, model.ErrDenied)
		}
		denied("promotes itself", h.SetRole(t.Context(), v.Caller(), v.Caller().Account, access.Management))
		denied("demotes management", h.SetRole(t.Context(), v.Caller(), boss.Caller().Account, access.Viewer))
		denied("removes management", h.Remove(t.Context(), v.Caller(), boss.Caller().Account))
		_, err := h.Invite(t.Context(), v.Caller(), workspace.NewInvite{Email: "x@example.org", Role: access.Viewer})
		denied("invites", err)
		_, err = h.ListInvites(t.Context(), v.Caller())
		denied("lists invitations", err)
		denied("revokes", h.Revoke(t.Context(), v.Caller(), id))
		denied("resends", h.Resend(t.Context(), v.Caller(), id))
		_, err = h.SetSettings(t.Context(), v.Caller(), 0, workspace.Settings{Name: "X", Slug: "xx", TimeZone: "UTC"})
		denied("changes settings", err)
		list, err := h.ListMembers(t.Context(), v.Caller())
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range list {
			if own := m.ID == v.Caller().Account; own != (m.Body.Email != "") {
				t.Errorf("%s sees the address of %s: %v", role, m.Body.Name, m.Body.Email != "")
			}
		}
	}
	if list, err := h.ListMembers(t.Context(), boss.Caller()); err != nil || len(list) != 4 ||
		list[3].Body.Email == "" {
		t.Errorf("management sees %d members, %v", len(list), err)
	}
	if n := h.count(boss, access.MemberRemove); n != 3 {
		t.Errorf("%d denials in the trail", n)
	}
}

func TestRemovalAndLeaving(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	bossCred, boss := h.founder("ann@example.org", "lantern")
	cred, v := h.member(boss, "org@example.org", access.Organizer)
	text, _, err := h.Accounts.CreateToken(t.Context(), v.Self(), account.NewToken{Name: "x",
		Scopes: []string{"reports:read"}, Days: 1})
	if err != nil {
		t.Fatal(err)
	}
	token, _ := h.Accounts.FromBearer(account.Client{}, text)
	h.enter(token, boss.ID)
	h.Post.Take()
	h.refused("removing oneself", h.Remove(t.Context(), boss.Caller(), boss.Caller().Account), model.ErrConflict)
	if err := h.Remove(t.Context(), boss.Caller(), v.Caller().Account); err != nil {
		t.Fatal(err)
	}
	h.out(cred, boss.ID, "a removed member")
	h.out(token, boss.ID, "a removed member's API token")
	if got := h.who(cred); got.Caller().Account == "" {
		t.Error("the account is gone too")
	}
	if sent := h.Post.Take(); len(sent) != 1 || sent[0].Kind != account.Removed ||
		sent[0].Workspace != "House lantern" {
		t.Errorf("letters: %+v", sent)
	}
	h.refused("the last management member leaves", h.Leave(t.Context(), boss.Caller()), model.ErrConflict)
	h.refused("the last demotes itself", h.SetRole(t.Context(), boss.Caller(), boss.Caller().Account, access.Viewer),
		model.ErrConflict)
	_, other := h.member(boss, "two@example.org", access.Management)
	if err := h.Leave(t.Context(), boss.Caller()); err != nil {
		t.Fatal(err)
	}
	h.out(bossCred, boss.ID, "who left")
	if list, err := h.Mine(t.Context(), h.who(bossCred).Self()); err != nil || len(list) != 0 {
		t.Errorf("the list of who left: %v, %v", list, err)
	}
	_, err = h.Invite(t.Context(), boss.Caller(), workspace.NewInvite{Email: "x@example.org", Role: access.Viewer})
	h.refused("a request that was under way when its caller left", err, model.ErrNotFound)
	h.refused("the same demotes", h.SetRole(t.Context(), boss.Caller(), other.Caller().Account, access.Viewer),
		model.ErrNotFound)
}

// 50 demotions, removals and departures at once, each by a caller who was in the management when it began: somebody is
// left.
func TestManagementNeverEmpties(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	_, boss := h.founder("ann@example.org", "lantern")
	all := []visit{boss}
	creds := []account.Credential{}
	for i := range 7 {
		c, v := h.member(boss, fmt.Sprintf("m%d@example.org", i), access.Management)
		all, creds = append(all, v), append(creds, c)
	}
	var done atomic.Int32
	parallel(50, func(i int) {
		by, to := all[i%len(all)], all[(i*3+1)%len(all)]
		var err error
		switch i % 3 {
		case 0:
			err = h.SetRole(t.Context(), by.Caller(), to.Caller().Account, access.Viewer)
		case 1:
			err = h.Leave(t.Context(), by.Caller())
		case 2:
			err = h.SetRole(t.Context(), by.Caller(), by.Caller().Account, access.Reporter)
		}
		switch {
		case err == nil:
			done.Add(1)
		case errors.Is(err, model.ErrConflict), errors.Is(err, model.ErrDenied), errors.Is(err, model.ErrNotFound),
			errors.Is(err, model.ErrUnavailable):
		default:
			t.Errorf("step %d: %v", i, err)
		}
	})
	managers := 0
	for _, c := range append(creds, h.again("ann@example.org")) {
		if v, err := h.Enter(t.Context(), c, boss.ID); err == nil && v.Caller().Role == access.Management {
			managers++
		}
	}
	if managers == 0 {
		t.Fatal("nobody manages the workspace")
	}
	if done.Load() < 3 {
		t.Errorf("only %d changes got through", done.Load())
	}
	t.Logf("%d changes, %d managers left", done.Load(), managers)
}

func (h *fixture) again(email string) account.Credential {
	_, cred := h.Fixture.SignIn(h.t, email)
	return cred
}

// Two in the management demote each other, many times at once.
func TestMutualDemotion(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	_, a := h.founder("ann@example.org", "lantern")
	_, b := h.member(a, "two@example.org", access.Management)
	var done atomic.Int32
	parallel(50, func(i int) {
		by, to := a, b
		if i%2 == 1 {
			by, to = b, a
		}
		if err := h.SetRole(t.Context(), by.Caller(), to.Caller().Account, access.Organizer); err == nil {
			done.Add(1)
		}
	})
	if done.Load() == 0 {
		t.Error("no demotion got through")
	}
	roles := map[access.Role]int{}
	for _, v := range []visit{a, b} {
		sys := access.SystemCaller(model.Workspace(a.ID), "test", "")
		m, err := memberKind.Get(t.Context(), h.Gate, records.By(sys, access.MemberRead).On(v.Caller().Account))
		if err != nil {
			t.Fatal(err)
		}
		roles[m.Body.Role]++
	}
	if roles[access.Management] != 1 || roles[access.Organizer] != 1 {
		t.Fatalf("roles: %v", roles)
	}
}
