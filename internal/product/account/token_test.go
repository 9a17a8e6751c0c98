package account_test

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/product/account"
	"github.com/tinyoperahouse/toh/internal/product/account/accounttest"
)

var reading = account.NewToken{Name: "stage door", Scopes: []string{"reports:read"}, Days: 30}

func TestTokenLife(t *testing.T) {
	t.Parallel()
	h := accounttest.New(t)
	h.Person(t, "ann@example.org", "Ann")
	who := h.Who(t, "ann@example.org")
	text, made, err := h.Accounts.CreateToken(t.Context(), who.Self(), reading)
	if err != nil {
		t.Fatal(err)
	}
	cred, err := h.Accounts.FromBearer(account.Client{}, text)
	if err != nil {
		t.Fatal(err)
	}
	got, err := h.Whoami(t.Context(), cred)
	by, ok := got.Token()
	if err != nil || !ok || by.Hash != nil || !got.Self().Limits.Allow(access.ReportRead) ||
		got.Self().Limits.Allow(access.ReportFile) {
		t.Fatalf("who = %+v, %v", got, err)
	}
	if _, _, err := h.Accounts.CreateToken(t.Context(), got.Self(), reading); !errors.Is(err, model.ErrDenied) {
		t.Errorf("a token makes a token: %v", err)
	}
	if _, err := h.Accounts.ChangePassword(t.Context(), got, account.NewPassword{Old: accounttest.Password,
		New: "seven copper lanterns hum"}); !errors.Is(err, model.ErrUnauthenticated) {
		t.Errorf("a token changes the password: %v", err)
	}
	h.Clock.Advance(10 * time.Minute)
	if err := h.Used(t.Context(), got); err != nil {
		t.Fatal(err)
	}
	list, err := h.Accounts.ListTokens(t.Context(), who.Self())
	if err != nil || len(list) != 1 || list[0].ID != made.ID || !list[0].Used.Equal(h.Clock.Now()) ||
		list[0].Hash != nil {
		t.Fatalf("list = %+v, %v", list, err)
	}
	h.Clock.Advance(30*24*time.Hour - 10*time.Minute - time.Microsecond)
	mustHold(t, h, cred, "just before its end")
	h.Clock.Advance(time.Microsecond)
	mustEnd(t, h, cred, "at its end")
}

func TestTokenIsRevoked(t *testing.T) {
	t.Parallel()
	h := accounttest.New(t)
	h.Person(t, "ann@example.org", "Ann")
	h.Person(t, "bob@example.org", "Bob")
	ann, bob := h.Who(t, "ann@example.org"), h.Who(t, "bob@example.org")
	text, made, err := h.Accounts.CreateToken(t.Context(), ann.Self(), reading)
	if err != nil {
		t.Fatal(err)
	}
	cred, _ := h.Accounts.FromBearer(account.Client{}, text)
	if err := h.Accounts.RevokeToken(t.Context(), bob.Self(), made.ID); !errors.Is(err, model.ErrNotFound) {
		t.Fatalf("a stranger revokes: %v", err)
	}
	mustHold(t, h, cred, "after a stranger tried to revoke it")
	if err := h.Accounts.RevokeToken(t.Context(), ann.Self(), made.ID); err != nil {
		t.Fatal(err)
	}
	mustEnd(t, h, cred, "after it was revoked")
}

func TestHostileTokens(t *testing.T) {
	t.Parallel()
	h := accounttest.New(t)
	p := h.Person(t, "ann@example.org", "Ann")
	who := h.Who(t, "ann@example.org")
	in, _ := h.SignIn(t, "ann@example.org")
	text, made, err := h.Accounts.CreateToken(t.Context(), who.Self(), reading)
	if err != nil {
		t.Fatal(err)
	}
	for name, bad := range map[string]string{
		"empty": "", "prefix": "toh_", "short": text[:len(text)-1], "long": text + "a", "case": strings.ToUpper(text),
		"typo":  text[:20] + "0" + text[21:],
		"space": text + " ", "cookie": in.Cookie, "path": "toh_../_x_" + strings.Repeat("a", 59), "huge": "toh_" +
			strings.Repeat("a", 1<<20),
		"wrong checksum": text[:len(text)-7] + "aaaaaaa",
	} {
		if _, err := h.Accounts.FromBearer(account.Client{}, bad); !errors.Is(err, model.ErrUnauthenticated) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, bad := range map[string]string{
		"another secret":  account.JoinToken(p.ID, made.ID, strings.Repeat("a", 52)),
		"another token":   account.JoinToken(p.ID, model.NewID(), strings.Repeat("a", 52)),
		"another account": account.JoinToken(model.NewID(), made.ID, strings.Repeat("a", 52)),
		"a session's id":  account.JoinToken(p.ID, in.Session, strings.Repeat("a", 52)),
	} {
		cred, err := h.Accounts.FromBearer(account.Client{}, bad)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		mustEnd(t, h, cred, name)
	}
}

func TestTokenBounds(t *testing.T) {
	t.Parallel()
	h := accounttest.New(t)
	h.Person(t, "ann@example.org", "Ann")
	who := h.Who(t, "ann@example.org")
	for name, n := range map[string]account.NewToken{
		"no name": {Scopes: []string{"reports:read"}, Days: 1}, "no scope": {Name: "x", Days: 1},
		"unknown scope": {Name: "x", Scopes: []string{"admin"}, Days: 1},
		"no end":        {Name: "x", Scopes: []string{"reports:read"}},
		"long": {Name: "x", Scopes: []string{"reports:read"},
			Days: 366},
		"workspace": {Name: "x", Scopes: []string{"reports:read"}, Days: 1, Workspace: "../x"},
		"long name": {Name: strings.Repeat("x", 61), Scopes: []string{"reports:read"}, Days: 1},
	} {
		if _, _, err := h.Accounts.CreateToken(t.Context(), who.Self(), n); !errors.Is(err, model.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	var made atomic.Int32
	for range 5 {
		parallel(6, func(int) {
			_, _, err := h.Accounts.CreateToken(t.Context(), who.Self(), reading)
			if err == nil {
				made.Add(1)
			} else if !errors.Is(err, model.ErrConflict) && !errors.Is(err, model.ErrUnavailable) {
				t.Errorf("create: %v", err)
			}
		})
	}
	list, err := h.Accounts.ListTokens(t.Context(), who.Self())
	if err != nil || len(list) != 20 || made.Load() != 20 {
		t.Fatalf("%d made, %d listed, %v", made.Load(), len(list), err)
	}
}
