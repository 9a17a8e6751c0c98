package workspace_test

import (
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/account"
	"github.com/tinyoperahouse/toh/internal/product/account/accounttest"
	"github.com/tinyoperahouse/toh/internal/product/identity"
	"github.com/tinyoperahouse/toh/internal/product/workspace"
)

func TestEnter(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	cred, v := h.founder("ann@example.org", "lantern")
	if v.Caller().Role != access.Management || v.Caller().Scope != model.Workspace(v.ID) ||
		v.Workspace.Name != "House lantern" || len(v.Memberships()) != 1 {
		t.Fatalf("visit = %+v", v)
	}
	if got := h.enter(cred, v.ID); got.ID != v.ID {
		t.Fatal("entered by id elsewhere")
	}
	if got := h.calls(func() { h.enter(cred, v.ID) }); len(got) != 1 {
		t.Errorf("calls by id: %v", got)
	}
	if got := h.calls(func() { h.enter(cred, "lantern") }); len(got) != 1 {
		t.Errorf("calls by a slug that is known: %v", got)
	}
	ahead, err := h.identities.Find(t.Context(), cred, identity.Where{Workspace: v.ID,
		Ahead: &identity.Ahead{Kind: "members", ID: v.Caller().Account}})
	if err != nil {
		t.Fatal(err)
	}
	got := h.calls(func() {
		if _, err := h.GetMember(t.Context(), ahead.Caller(), v.Caller().Account); err != nil {
			t.Error(err)
		}
	})
	if len(got) != 1 {
		t.Errorf("calls for a document that was read ahead: %v", got)
	}
}

// What is not one's own looks like what is not there: the same error, the same calls.
func TestStrangersLearnNothing(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	_, a := h.founder("ann@example.org", "lantern")
	cred, _ := h.founder("bob@example.org", "gravel")
	for _, place := range []string{a.ID, "lantern", model.NewID(), "nothing-here", "../x", "LANTERN", "a\x00b",
		"main"} {
		v, err := h.Enter(t.Context(), cred, place)
		h.refused(place, err, model.ErrNotFound)
		if err != model.ErrNotFound { // to the letter
			t.Errorf("%q: another error: %v", place, err)
		}
		if v.Self().Account == "" || v.ID != "" || v.Workspace.Name != "" {
			t.Errorf("%q: visit = %+v", place, v)
		}
	}
	h.Keyrings.Forget(model.Workspace(a.ID)) // its keys are in no memory
	ask := func(id string) int { return len(h.calls(func() { _, _ = h.Enter(t.Context(), cred, id) })) }
	if there, not := ask(a.ID), ask(model.NewID()); there != 1 || not != 1 {
		t.Errorf("%d calls for a foreign workspace, %d for none", there, not)
	}
	if err := h.Keyrings.Shred(t.Context(), model.Workspace(a.ID)); err != nil {
		t.Fatal(err)
	}
	_, err := h.Enter(t.Context(), cred, a.ID)
	h.refused("a foreign workspace that was shredded", err, model.ErrNotFound)
	_, err = h.Enter(t.Context(), account.Credential{}, a.ID)
	h.refused("nobody", err, model.ErrUnauthenticated)
}

func TestTokensEnter(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	cred, a := h.founder("ann@example.org", "lantern")
	b, err := h.Create(t.Context(), h.who(cred).Self(), workspace.NewWorkspace{Name: "Gravel"})
	if err != nil {
		t.Fatal(err)
	}
	token := func(ws string, scopes ...string) account.Credential {
		t.Helper()
		text, _, err := h.Accounts.CreateToken(t.Context(), h.who(cred).Self(), account.NewToken{Name: "x",
			Scopes: scopes, Workspace: ws, Days: 1})
		if err != nil {
			t.Fatal(err)
		}
		c, err := h.Accounts.FromBearer(account.Client{}, text)
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	any, only := token("", "reports:read"), token(a.ID, "reports:write")
	h.enter(any, b.Workspace)
	v := h.enter(only, a.ID)
	h.out(only, b.Workspace, "a token of one workspace in another")
	if access.Can(v.Caller(), access.ReportRead) || !access.Can(v.Caller(), access.ReportFile) ||
		access.Can(v.Caller(), access.MemberInvite) {
		t.Error("scopes are not held")
	}
	_, err = h.Invite(t.Context(), v.Caller(), workspace.NewInvite{Email: "x@example.org", Role: access.Viewer})
	h.refused("a token invites", err, model.ErrDenied)
	_, err = h.Create(t.Context(), v.Self(), workspace.NewWorkspace{Name: "X"})
	h.refused("a token makes a workspace", err, model.ErrDenied)
	_, err = h.Accept(t.Context(), v.Identity, "x")
	h.refused("a token accepts", err, model.ErrUnauthenticated)
}

func TestWorkspaceShortensSessions(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	cred, v := h.founder("ann@example.org", "lantern")
	set := workspace.Settings{Name: "Lantern", Slug: "lantern", TimeZone: "UTC",
		Session: account.Lifetimes{Idle: 10 * time.Minute, Absolute: time.Hour}}
	if _, err := h.SetSettings(t.Context(), v.Caller(), v.Version, set); err != nil {
		t.Fatal(err)
	}
	h.Clock.Advance(10*time.Minute - time.Microsecond)
	v = h.enter(cred, "lantern")
	if err := h.identities.Used(t.Context(), v.Identity); err != nil {
		t.Fatal(err)
	}
	h.Clock.Advance(10*time.Minute - time.Microsecond)
	h.enter(cred, "lantern")
	h.Clock.Advance(time.Microsecond)
	_, err := h.Enter(t.Context(), cred, "lantern")
	h.refused("idle in the workspace", err, model.ErrUnauthenticated)
	if _, err := h.Whoami(t.Context(), cred); err != nil {
		t.Errorf("the account's own pages: %v", err)
	}
	_, cred = h.Fixture.SignIn(t, "ann@example.org")
	for range 6 {
		h.Clock.Advance(10*time.Minute - time.Second)
		if v, err := h.Enter(t.Context(), cred, "lantern"); err != nil {
			t.Fatal(err)
		} else if err := h.identities.Used(t.Context(), v.Identity); err != nil {
			t.Fatal(err)
		}
	}
	h.Clock.Advance(6 * time.Second)
	_, err = h.Enter(t.Context(), cred, "lantern")
	h.refused("after an hour", err, model.ErrUnauthenticated)
}

func TestSignInIsSeenInEachWorkspace(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	_, a := h.founder("ann@example.org", "lantern")
	_, b := h.founder("bob@example.org", "gravel")
	before := h.count(a, access.SessionEnter)
	h.Fixture.SignIn(t, "ann@example.org")
	if n := h.count(a, access.SessionEnter); n != before+1 {
		t.Errorf("%d entries, had %d", n, before)
	}
	if n := h.count(b, access.SessionEnter); n != 0 {
		t.Errorf("%d entries in a workspace of others", n)
	}
	if err := h.Keyrings.Shred(t.Context(), model.Workspace(a.ID)); err != nil {
		t.Fatal(err)
	}
	h.Fixture.SignIn(t, "ann@example.org") // a workspace that is gone keeps nobody out of their account
}

func (h *fixture) count(v visit, a access.Action) int64 {
	h.t.Helper()
	_, n, err := h.Gate.Survey(h.t.Context(), records.By(v.Caller(), access.AuditRead), records.Reading{Limit: 1,
		Counts: filters(a)})
	if err != nil {
		h.t.Fatal(err)
	}
	return n[0].N
}

func TestRenameReachesEachWorkspace(t *testing.T) {
	t.Parallel()
	h := newFixture(t)
	cred, _ := h.founder("ann@example.org", "lantern")
	if err := h.Accounts.Rename(t.Context(), h.who(cred).Self(), "  Ann \u202e Fairweather "); err != nil {
		t.Fatal(err)
	}
	v := h.enter(cred, "lantern")
	if v.Caller().Name != "Ann Fairweather" || v.Member.Name != "Ann Fairweather" {
		t.Errorf("caller %q, member %q", v.Caller().Name, v.Member.Name)
	}
	h.Clock.Advance(time.Second)
	h.Post.Take()
	if err := h.Accounts.ChangeEmail(t.Context(), h.who(cred), account.NewEmail{Email: "ann@new.example",
		Password: accounttest.Password}); err != nil {
		t.Fatal(err)
	}
	if err := h.Accounts.ConfirmEmail(t.Context(), account.Client{},
		h.Post.Secret(t, account.ConfirmNewAddress)); err != nil {
		t.Fatal(err)
	}
	_, err := h.Invite(t.Context(), v.Caller(), workspace.NewInvite{Email: "ann@new.example", Role: access.Viewer})
	h.refused("inviting a member by the new address", err, model.ErrConflict)
	if _, err := h.Invite(t.Context(), v.Caller(), workspace.NewInvite{Email: "ann@example.org",
		Role: access.Viewer}); err != nil {
		t.Errorf("inviting somebody with the old address: %v", err)
	}
}
