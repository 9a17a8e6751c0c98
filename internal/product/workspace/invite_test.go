package workspace_test

import (
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/product/account"
	"github.com/tinyoperahouse/toh/internal/product/account/accounttest"
	"github.com/tinyoperahouse/toh/internal/product/workspace"
)

func TestInviteAndAccept(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	_, boss := h.founder("ann@example.org", "lantern")
	id, secret := h.invited(boss, "Rep@Example.org", access.Reporter)
	seen, err := h.Service.Peek(t.Context(), account.Client{}, secret)
	if err != nil || seen.Workspace != "House lantern" || seen.Role != access.Reporter ||
		seen.Address != "Rep@example.org" {
		t.Fatalf("peek = %+v, %v", seen, err)
	}
	h.Person(t, "rep@example.org", "Rep")
	h.Person(t, "mal@example.org", "Mal")
	_, mal := h.Fixture.SignIn(t, "mal@example.org")
	_, err = h.Accept(t.Context(), h.who(mal), secret)
	h.refused("another address accepts", err, model.ErrDenied)
	h.out(mal, boss.ID, "who could not accept")
	_, cred := h.Fixture.SignIn(t, "rep@example.org")
	before := h.count(boss, "")
	m, err := h.Accept(t.Context(), h.who(cred), secret)
	if err != nil || m.Role != access.Reporter || m.Slug != "lantern" {
		t.Fatalf("accept = %+v, %v", m, err)
	}
	if n := h.count(boss, "") - before - 1; n != 1 { // to count is an entry as well
		t.Errorf("accepting leaves %d entries", n)
	}
	if v := h.enter(cred, "lantern"); v.Caller().Role != access.Reporter || v.Member.Name != "Rep" {
		t.Errorf("visit = %+v", v.Member)
	}
	_, err = h.Accept(t.Context(), h.who(cred), secret)
	h.refused("the link again", err, model.ErrNotFound)
	_, err = h.Invite(t.Context(), boss.Caller(), workspace.NewInvite{Email: "REP@example.org",
		Role: access.Management})
	h.refused("inviting a member", err, model.ErrConflict)
	h.refused("revoking what was accepted", h.Revoke(t.Context(), boss.Caller(), id), model.ErrNotFound)
	if list, err := h.ListInvites(t.Context(), boss.Caller()); err != nil || len(list) != 0 {
		t.Errorf("open invitations: %v, %v", list, err)
	}
}

func TestNewcomerAccepts(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	_, boss := h.founder("ann@example.org", "lantern")
	_, secret := h.invited(boss, "new@example.org", access.Viewer)
	for name, n := range map[string]workspace.Newcomer{
		"weak": {"New", "short"}, "no name": {"", accounttest.Password}, "company": {"New", "House lantern 12"},
	} {
		_, _, err := h.AcceptNew(t.Context(), account.Client{}, secret, n)
		h.refused(name, err, model.ErrInvalid)
	}
	in, m, err := h.AcceptNew(t.Context(), account.Client{}, secret, workspace.Newcomer{Name: "New Comer",
		Password: accounttest.Password})
	if err != nil || m.Workspace != boss.ID {
		t.Fatalf("accept = %+v, %v", m, err)
	}
	cred, err := h.Accounts.FromCookie(t.Context(), account.Client{}, in.Cookie)
	if err != nil {
		t.Fatal(err)
	}
	if v := h.enter(cred, boss.ID); v.Caller().Role != access.Viewer || v.Person().Email != "new@example.org" {
		t.Errorf("visit = %+v", v)
	} else if own, err := h.Accounts.Profile(t.Context(), v.Self()); err != nil || own.Body.Confirmed.IsZero() {
		t.Errorf("account = %+v, %v", own.Body, err)
	}
	_, _, err = h.AcceptNew(t.Context(), account.Client{}, secret, workspace.Newcomer{Name: "X",
		Password: accounttest.Password})
	h.refused("the link again", err, model.ErrNotFound)
	_, again := h.founderOf(boss, "mem@example.org")
	_, _, err = h.AcceptNew(t.Context(), account.Client{}, again, workspace.Newcomer{Name: "X",
		Password: accounttest.Password})
	h.refused("an address that has an account", err, model.ErrConflict)
}

// founderOf makes a person with an account and invites them.
func (h *fixture) founderOf(boss visit, email string) (account.Person, string) {
	p := h.Person(h.t, email, "X")
	_, secret := h.invited(boss, email, access.Viewer)
	return p, secret
}

// Whether an address has an account changes neither the answer nor the mail.
func TestInvitingTellsNothing(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	_, boss := h.founder("ann@example.org", "lantern")
	h.Person(t, "known@example.org", "Known")
	var kinds [2]account.Letter
	var calls [2]int
	for i, email := range []string{"known@example.org", "newer@example.org"} {
		h.Post.Take()
		calls[i] = len(h.calls(func() {
			if _, err := h.Invite(t.Context(), boss.Caller(), workspace.NewInvite{Email: email,
				Role: access.Viewer}); err != nil {
				t.Fatal(err)
			}
		}))
		kinds[i] = h.Post.Take()[0]
		kinds[i].To, kinds[i].Path, kinds[i].At, kinds[i].Record = "", "", time.Time{}, ""
	}
	if kinds[0] != kinds[1] || calls[0] != calls[1] {
		t.Errorf("%+v after %d calls, %+v after %d", kinds[0], calls[0], kinds[1], calls[1])
	}
}

func TestParallelAcceptance(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	_, boss := h.founder("ann@example.org", "lantern")
	_, secret := h.invited(boss, "rep@example.org", access.Reporter)
	h.Person(t, "rep@example.org", "Rep")
	_, cred := h.Fixture.SignIn(t, "rep@example.org")
	who := h.who(cred)
	var done atomic.Int32
	parallel(50, func(int) {
		_, err := h.Accept(t.Context(), who, secret)
		if err == nil {
			done.Add(1)
		} else if !errors.Is(err, model.ErrNotFound) && !errors.Is(err, model.ErrUnavailable) {
			t.Errorf("accept: %v", err)
		}
	})
	if done.Load() != 1 {
		t.Errorf("accepted %d times", done.Load())
	}
	if list, err := h.ListMembers(t.Context(), boss.Caller()); err != nil || len(list) != 2 {
		t.Errorf("%d members, %v", len(list), err)
	}
	if v := h.enter(cred, boss.ID); len(v.Memberships()) != 1 {
		t.Errorf("memberships: %v", v.Memberships())
	}
}

func TestRevokeAndAcceptRace(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	_, boss := h.founder("ann@example.org", "lantern")
	for i := range 5 {
		email := fmt.Sprintf("r%d@example.org", i)
		id, secret := h.invited(boss, email, access.Viewer)
		h.Person(t, email, "R")
		_, cred := h.Fixture.SignIn(t, email)
		who := h.who(cred)
		var revoked, accepted error
		parallel(2, func(k int) {
			if k == 0 {
				revoked = h.Revoke(t.Context(), boss.Caller(), id)
			} else {
				_, accepted = h.Accept(t.Context(), who, secret)
			}
		})
		_, err := h.Enter(t.Context(), cred, boss.ID)
		if (revoked == nil) == (accepted == nil) || (accepted == nil) != (err == nil) {
			t.Errorf("revoke: %v, accept: %v, enter: %v", revoked, accepted, err)
		}
	}
}

func TestRevokeResendAndEnd(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	_, boss := h.founder("ann@example.org", "lantern")
	h.Person(t, "rep@example.org", "Rep")
	accept := func(secret string) error {
		_, err := h.Accept(t.Context(), h.who(h.again("rep@example.org")), secret)
		return err
	}
	id, first := h.invited(boss, "rep@example.org", access.Viewer)
	_, err := h.Invite(t.Context(), boss.Caller(), workspace.NewInvite{Email: "rep@example.org",
		Role: access.Management})
	h.refused("a second invitation", err, model.ErrConflict)
	if err := h.Resend(t.Context(), boss.Caller(), id); err != nil {
		t.Fatal(err)
	}
	second := h.Post.Secret(t, account.Invitation)
	h.refused("the link before the resent one", accept(first), model.ErrNotFound)
	if err := h.Revoke(t.Context(), boss.Caller(), id); err != nil {
		t.Fatal(err)
	}
	h.refused("after it was revoked", accept(second), model.ErrNotFound)
	_, err = h.Service.Peek(t.Context(), account.Client{}, second)
	h.refused("looking at it", err, model.ErrNotFound)
	h.refused("resending what was revoked", h.Resend(t.Context(), boss.Caller(), id), model.ErrNotFound)

	_, third := h.invited(boss, "rep@example.org", access.Viewer)
	h.Clock.Advance(7 * 24 * time.Hour)
	h.refused("after seven days", accept(third), model.ErrNotFound)
	boss = h.enter(h.again("ann@example.org"), "lantern")
	if list, err := h.ListInvites(t.Context(), boss.Caller()); err != nil || len(list) != 0 {
		t.Errorf("open after seven days: %v, %v", list, err)
	}
	_, fourth := h.invited(boss, "rep@example.org", access.Organizer)
	if err := accept(fourth); err != nil {
		t.Error(err)
	}
	if v := h.enter(h.again("rep@example.org"), "lantern"); v.Caller().Role != access.Organizer {
		t.Errorf("role %q", v.Caller().Role)
	}
}

func TestRemovedMemberIsInvitedAgain(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	_, boss := h.founder("ann@example.org", "lantern")
	cred, v := h.member(boss, "rep@example.org", access.Organizer)
	if err := h.Remove(t.Context(), boss.Caller(), v.Caller().Account); err != nil {
		t.Fatal(err)
	}
	_, secret := h.invited(boss, "rep@example.org", access.Viewer)
	h.out(cred, boss.ID, "invited, not accepted")
	if _, err := h.Accept(t.Context(), h.who(cred), secret); err != nil {
		t.Fatal(err)
	}
	if v := h.enter(cred, boss.ID); v.Caller().Role != access.Viewer || len(v.Memberships()) != 1 {
		t.Errorf("visit = %+v", v)
	}
}

func TestInvitationsOfOthersAreOutOfReach(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	_, a := h.founder("ann@example.org", "lantern")
	_, b := h.founder("bob@example.org", "gravel")
	id, secret := h.invited(a, "rep@example.org", access.Viewer)
	h.refused("revoke", h.Revoke(t.Context(), b.Caller(), id), model.ErrNotFound)
	h.refused("resend", h.Resend(t.Context(), b.Caller(), id), model.ErrNotFound)
	h.refused("remove", h.Remove(t.Context(), b.Caller(), a.Caller().Account), model.ErrNotFound)
	if _, err := h.Service.Peek(t.Context(), account.Client{}, secret); err != nil {
		t.Errorf("the invitation suffered: %v", err)
	}
	for name, n := range map[string]workspace.NewInvite{"no address": {"x", access.Viewer}, "no role": {"x@example.org",
		""}, "system": {"x@example.org", access.System}} {
		_, err := h.Invite(t.Context(), a.Caller(), n)
		h.refused(name, err, model.ErrInvalid)
	}
}

// TestReturnedInvitations: what the mail vendor tells later is told beside the invitation that it is about, once, and
// beside no other.
func TestReturnedInvitations(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	_, boss := h.founder("ann@example.org", "lantern")
	id, _ := h.invited(boss, "gone@example.org", access.Viewer)
	list := func() workspace.OpenInvite {
		t.Helper()
		open, err := h.ListInvites(t.Context(), boss.Caller())
		if err != nil || len(open) != 1 {
			t.Fatalf("%d invitations, %v", len(open), err)
		}
		return open[0]
	}
	first := list()
	told := func(sent time.Time, id string) int64 {
		t.Helper()
		before := h.count(boss, "")
		system := access.SystemCaller(boss.Caller().Scope, "mail:returned", "")
		if err := h.InviteReturned(t.Context(), system, id, sent); err != nil {
			t.Fatal(err)
		}
		return h.count(boss, "") - before - 1
	}
	if n := told(first.Body.Sent.Add(-time.Second), id); n != 0 || !list().Body.Returned.IsZero() {
		t.Errorf("a mail that was sent before is told of, with %d entries", n)
	}
	if n := told(first.Body.Sent, "nothing-here"); n != 0 {
		t.Errorf("an invitation that is gone leaves %d entries", n)
	}
	if n := told(first.Body.Sent, id); n != 1 || list().Body.Returned.IsZero() {
		t.Errorf("it is not told of: %d entries", n)
	}
	if n := told(first.Body.Sent, id); n != 0 {
		t.Errorf("told of twice, with %d entries", n)
	}
	if err := h.Resend(t.Context(), boss.Caller(), id); err != nil {
		t.Fatal(err)
	}
	if !list().Body.Returned.IsZero() {
		t.Error("an invitation that was sent again is called returned")
	}
	err := h.InviteReturned(t.Context(), boss.Caller(), id, list().Body.Sent)
	h.refused("a member says so", err, model.ErrDenied)
}
