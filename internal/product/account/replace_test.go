package account_test

import (
	"errors"
	"testing"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/product/account"
	"github.com/tinyoperahouse/toh/internal/product/account/accounttest"
)

// TestASecondSignInEndsTheFirst in the same browser, whoever's it was; one in another browser stays.
func TestASecondSignInEndsTheFirst(t *testing.T) {
	t.Parallel()
	h := accounttest.New(t)
	h.Person(t, "ann@example.org", "Ann")
	h.Person(t, "bob@example.org", "Bob")
	_, elsewhere := h.SignIn(t, "ann@example.org")
	old, first := h.SignIn(t, "ann@example.org")
	in, err := h.Accounts.SignIn(t.Context(), account.Client{Address: "192.0.2.7", Cookie: old.Cookie},
		account.Login{Email: "bob@example.org", Password: accounttest.Password})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Whoami(t.Context(), first); !errors.Is(err, model.ErrUnauthenticated) {
		t.Errorf("the session that was replaced: %v", err)
	}
	if _, err := h.Whoami(t.Context(), elsewhere); err != nil {
		t.Errorf("a session in another browser: %v", err)
	}
	second, err := h.Accounts.FromCookie(t.Context(), account.Client{}, in.Cookie)
	if err != nil {
		t.Fatal(err)
	}
	for name, login := range map[string]account.Login{"wrong": {Email: "bob@example.org", Password: "wrong"},
		"nobody": {Email: "no@example.org", Password: "wrong"}} {
		if _, err := h.Accounts.SignIn(t.Context(), account.Client{Cookie: in.Cookie}, login); err == nil {
			t.Fatal(name)
		}
	}
	if _, err := h.Whoami(t.Context(), second); err != nil {
		t.Errorf("after a sign-in that was refused: %v", err)
	}
	for _, cookie := range []string{old.Cookie, "nonsense"} {
		if _, err := h.Accounts.SignIn(t.Context(), account.Client{Cookie: cookie},
			account.Login{Email: "ann@example.org", Password: accounttest.Password}); err != nil {
			t.Errorf("over a cookie that no longer holds: %v", err)
		}
	}
}
