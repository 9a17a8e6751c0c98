package workspace_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/account"
	"github.com/tinyoperahouse/toh/internal/product/account/accounttest"
	"github.com/tinyoperahouse/toh/internal/product/workspace"
)

// TestWhoIsNoLongerWhoTheyWereWritesNothing is a body that arrives slowly: the caller was known when the request began,
// and lost what it stands on before anything was written.
func TestWhoIsNoLongerWhoTheyWereWritesNothing(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		lose func(h *fixture, boss, v visit, cred account.Credential) error
		kind error
	}{
		"demoted": {func(h *fixture, boss, v visit, _ account.Credential) error {
			return h.SetRole(t.Context(), boss.Caller(), v.Caller().Account, access.Viewer)
		}, model.ErrDenied},
		"removed": {func(h *fixture, boss, v visit, _ account.Credential) error {
			return h.Remove(t.Context(), boss.Caller(), v.Caller().Account)
		}, model.ErrNotFound},
		"signed out": {func(h *fixture, _, v visit, _ account.Credential) error {
			return h.Accounts.SignOut(t.Context(), v.Identity)
		}, model.ErrUnauthenticated},
		"all ended": {func(h *fixture, _, v visit, _ account.Credential) error {
			return h.Accounts.SignOutEverywhere(t.Context(), v.Self(), false)
		}, model.ErrUnauthenticated},
		"still there": {func(*fixture, visit, visit, account.Credential) error { return nil }, nil},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			h := newFixture(t)
			_, boss := h.founder("ann@example.org", "lantern")
			cred, v := h.member(boss, "mem@example.org", access.Management)
			before := h.read(boss).Body.Name
			if err := c.lose(h, boss, v, cred); err != nil {
				t.Fatal(err)
			}
			_, err := workspaceKind.Update(t.Context(), h.Gate, records.By(v.Caller(), access.WorkspaceUpdate).
				On("main"),
				func(w *workspace.Workspace) error {
					w.Name = "Taken over"
					return nil
				})
			if c.kind == nil {
				if err != nil || h.read(boss).Body.Name != "Taken over" {
					t.Errorf("a member in good standing: %v", err)
				}
				return
			}
			h.refused("one document", err, c.kind)
			err = h.Gate.Change(t.Context(), func(ctx context.Context, tx *records.Tx) error {
				_, err := workspaceKind.Update(ctx, tx, records.By(v.Caller(), access.WorkspaceUpdate).On("main"),
					func(w *workspace.Workspace) error {
						w.Name = "Taken over"
						return nil
					})
				return err
			})
			h.refused("a transaction", err, c.kind)
			if got := h.read(boss).Body.Name; got != before {
				t.Errorf("the name is %q", got)
			}
			if n := h.entries(boss, access.WorkspaceUpdate, audit.Denied); n != 2 {
				t.Errorf("%d refusals in the trail, want 2", n)
			}
			if n := h.entries(boss, access.WorkspaceUpdate, audit.Done); n != 0 {
				t.Errorf("%d entries say that it happened", n)
			}
		})
	}
}

func (h *fixture) read(v visit) records.Record[workspace.Workspace] {
	h.t.Helper()
	r, err := h.Get(h.t.Context(), v.Caller())
	if err != nil {
		h.t.Fatal(err)
	}
	return r
}

func (h *fixture) entries(v visit, a access.Action, o audit.Outcome) int {
	h.t.Helper()
	page, err := h.Gate.History(h.t.Context(), records.By(v.Caller(), access.AuditRead),
		audit.Filter{Action: a, Outcome: o}, 50, "")
	if err != nil {
		h.t.Fatal(err)
	}
	return len(page.Entries)
}

// TestTwoManagersRemoveEachOther at the same time: one of them was removed first, and removes nobody.
func TestTwoManagersRemoveEachOther(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	credA, a := h.founder("ann@example.org", "lantern")
	credB, b := h.member(a, "bob@example.org", access.Management)
	var done atomic.Int32
	errs := make([]error, 2)
	parallel(2, func(i int) {
		by, whom := a, b
		if i == 1 {
			by, whom = b, a
		}
		if errs[i] = h.Remove(t.Context(), by.Caller(), whom.Caller().Account); errs[i] == nil {
			done.Add(1)
		}
	})
	if done.Load() != 1 {
		t.Fatalf("%d of two removals took place: %v", done.Load(), errs)
	}
	left := 0
	for _, cred := range []account.Credential{credA, credB} {
		if _, err := h.Enter(t.Context(), cred, a.ID); err == nil {
			left++
		} else if !errors.Is(err, model.ErrNotFound) {
			t.Error(err)
		}
	}
	if left != 1 {
		t.Errorf("%d members are left, want 1", left)
	}
}

// TestInvitationsEndWithTheRightToInvite covers those who were removed, who were demoted, and who left.
func TestInvitationsEndWithTheRightToInvite(t *testing.T) {
	t.Parallel()
	for name, lose := range map[string]func(h *fixture, boss, v visit) error{
		"demoted": func(h *fixture, boss, v visit) error {
			return h.SetRole(t.Context(), boss.Caller(), v.Caller().Account, access.Organizer)
		},
		"removed": func(h *fixture, boss, v visit) error {
			return h.Remove(t.Context(), boss.Caller(), v.Caller().Account)
		},
		"left": func(h *fixture, _, v visit) error { return h.Leave(t.Context(), v.Caller()) },
	} {
		t.Run(name, func(t *testing.T) {
			h := newFixture(t)
			_, boss := h.founder("ann@example.org", "lantern")
			_, v := h.member(boss, "mem@example.org", access.Management)
			id, secret := h.invited(v, "new@example.org", access.Management)
			h.Person(t, "new@example.org", "New")
			_, cred := h.Fixture.SignIn(t, "new@example.org")
			if err := lose(h, boss, v); err != nil {
				t.Fatal(err)
			}
			_, err := h.Accept(t.Context(), h.who(cred), secret)
			h.refused("accepting", err, model.ErrNotFound)
			_, err = h.Service.Peek(t.Context(), account.Client{}, secret)
			h.refused("looking at it", err, model.ErrNotFound)
			_, _, err = h.AcceptNew(t.Context(), account.Client{}, secret, workspace.Newcomer{Name: "N",
				Password: accounttest.Password})
			h.refused("accepting as a newcomer", err, model.ErrConflict)
			h.out(cred, boss.ID, "who could not accept")
			list, err := h.ListInvites(t.Context(), boss.Caller())
			if err != nil || len(list) != 1 || !list[0].Ended {
				t.Fatalf("the list says %+v, %v", list, err)
			}
			h.Post.Take()
			if err := h.Resend(t.Context(), boss.Caller(), id); err != nil {
				t.Fatal(err)
			}
			if _, err := h.Accept(t.Context(), h.who(cred), h.Post.Secret(t, account.Invitation)); err != nil {
				t.Errorf("sent again by somebody who may: %v", err)
			}
		})
	}
}
