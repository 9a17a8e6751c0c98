package account_test

import (
	"errors"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/product/account"
	"github.com/tinyoperahouse/toh/internal/product/account/accounttest"
)

func whoami(t *testing.T, h *accounttest.Fixture, cred account.Credential) error {
	t.Helper()
	_, err := h.Whoami(t.Context(), cred)
	return err
}

func mustEnd(t *testing.T, h *accounttest.Fixture, cred account.Credential, why string) {
	t.Helper()
	if err := whoami(t, h, cred); !errors.Is(err, model.ErrUnauthenticated) {
		t.Errorf("%s: %v", why, err)
	}
}

func mustHold(t *testing.T, h *accounttest.Fixture, cred account.Credential, why string) {
	t.Helper()
	if err := whoami(t, h, cred); err != nil {
		t.Errorf("%s: %v", why, err)
	}
}

func TestSessionsEnd(t *testing.T) {
	t.Parallel()
	h := accounttest.New(t)
	h.Person(t, "ann@example.org", "Ann")
	one, first := h.SignIn(t, "ann@example.org")
	two, second := h.SignIn(t, "ann@example.org")
	_, third := h.SignIn(t, "ann@example.org")
	if one.Session == two.Session || one.Cookie == two.Cookie {
		t.Fatal("two sign-ins have one session")
	}
	who, err := h.Whoami(t.Context(), first)
	if err != nil {
		t.Fatal(err)
	}
	list, err := h.Accounts.ListSessions(t.Context(), who.Self())
	if err != nil || len(list) != 3 {
		t.Fatalf("%d sessions, %v", len(list), err)
	}
	if err := h.Accounts.EndSession(t.Context(), who.Self(), two.Session); err != nil {
		t.Fatal(err)
	}
	mustEnd(t, h, second, "another session that was ended")
	mustHold(t, h, third, "a session that was not ended")
	if err := h.Accounts.SignOut(t.Context(), who); err != nil {
		t.Fatal(err)
	}
	mustEnd(t, h, first, "a replayed cookie after sign-out")
	who, err = h.Whoami(t.Context(), third)
	if err != nil {
		t.Fatal(err)
	}
	_, fourth := h.SignIn(t, "ann@example.org")
	if err := h.Accounts.SignOutEverywhere(t.Context(), who.Self(), false); err != nil {
		t.Fatal(err)
	}
	mustEnd(t, h, third, "this session after signing out everywhere")
	mustEnd(t, h, fourth, "another session after signing out everywhere")
}

func TestForeignSessionLooksAbsent(t *testing.T) {
	t.Parallel()
	h := accounttest.New(t)
	h.Person(t, "ann@example.org", "Ann")
	h.Person(t, "bob@example.org", "Bob")
	in, theirs := h.SignIn(t, "bob@example.org")
	ann := h.Who(t, "ann@example.org")
	for _, id := range []string{in.Session, model.NewID(), "", "../x", "main"} {
		if err := h.Accounts.EndSession(t.Context(), ann.Self(), id); !errors.Is(err, model.ErrNotFound) {
			t.Errorf("end %q: %v", id, err)
		}
	}
	mustHold(t, h, theirs, "a session that a stranger tried to end")
}

func TestIdleAndAbsoluteEnd(t *testing.T) {
	t.Parallel()
	h := accounttest.New(t)
	h.Person(t, "ann@example.org", "Ann")
	_, cred := h.SignIn(t, "ann@example.org")
	h.Clock.Advance(12*time.Hour - time.Microsecond)
	mustHold(t, h, cred, "just before the idle end")
	h.Clock.Advance(time.Microsecond)
	mustEnd(t, h, cred, "at the idle end")

	_, cred = h.SignIn(t, "ann@example.org")
	for range 14 { // seven days of use
		h.Clock.Advance(12*time.Hour - time.Millisecond)
		who, err := h.Whoami(t.Context(), cred)
		if err != nil {
			t.Fatal(err)
		}
		if err := h.Used(t.Context(), who); err != nil {
			t.Fatal(err)
		}
	}
	h.Clock.Advance(20 * time.Millisecond)
	mustEnd(t, h, cred, "at the absolute end")
}

func TestTouchIsCoarse(t *testing.T) {
	t.Parallel()
	h := accounttest.New(t)
	h.Person(t, "ann@example.org", "Ann")
	_, cred := h.SignIn(t, "ann@example.org")
	touch := func() int {
		who, err := h.Whoami(t.Context(), cred)
		if err != nil {
			t.Fatal(err)
		}
		return len(calls(t, h, func() error { return h.Used(t.Context(), who) }))
	}
	h.Clock.Advance(5*time.Minute - time.Second)
	if n := touch(); n != 0 {
		t.Errorf("%d calls before five minutes", n)
	}
	h.Clock.Advance(time.Second)
	if n := touch(); n == 0 {
		t.Error("not noted after five minutes")
	}
	if n := touch(); n != 0 {
		t.Errorf("%d calls right after", n)
	}
}

func TestWhoamiIsOneRead(t *testing.T) {
	t.Parallel()
	h := accounttest.New(t)
	h.Person(t, "ann@example.org", "Ann")
	_, cred := h.SignIn(t, "ann@example.org")
	if got := calls(t, h, func() error { return whoami(t, h, cred) }); len(got) != 1 {
		t.Fatalf("calls: %v", got)
	}
	mustEnd(t, h, account.Credential{}, "nobody")
}

func TestSessionKeyRotates(t *testing.T) {
	t.Parallel()
	h := accounttest.New(t)
	h.Person(t, "ann@example.org", "Ann")
	in, _ := h.SignIn(t, "ann@example.org")
	h.Keys.Rotate("k-2")
	if _, err := h.Accounts.FromCookie(t.Context(), account.Client{}, in.Cookie); err != nil {
		t.Fatalf("after rotation: %v", err)
	}
	h.Keys.Disable("k-1")
	if _, err := h.Accounts.FromCookie(t.Context(), account.Client{}, in.Cookie); !errors.Is(err,
		model.ErrUnauthenticated) {
		t.Fatalf("with a disabled key: %v", err)
	}
}
