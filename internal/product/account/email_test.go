package account_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/product/account"
	"github.com/tinyoperahouse/toh/internal/product/account/accounttest"
)

func TestChangeEmail(t *testing.T) {
	t.Parallel()
	h := accounttest.New(t)
	h.Person(t, "ann@example.org", "Ann")
	who := h.Who(t, "ann@example.org")
	h.Clock.Advance(time.Second)
	for name, in := range map[string]account.NewEmail{
		"wrong password": {"ann@new.example", wrong}, "no address": {"ann", accounttest.Password},
		"the same": {"ANN@example.org", accounttest.Password},
	} {
		if err := h.Accounts.ChangeEmail(t.Context(), who, in); !errors.Is(err, model.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := h.Accounts.ChangeEmail(t.Context(), who, account.NewEmail{Email: "ann@new.example",
		Password: accounttest.Password}); err != nil {
		t.Fatal(err)
	}
	sent := h.Post.Take()
	if len(sent) != 2 || sent[0].Kind != account.EmailChanging || sent[0].To != "ann@example.org" ||
		sent[1].Kind != account.ConfirmNewAddress || sent[1].To != "ann@new.example" {
		t.Fatalf("letters: %+v", sent)
	}
	secret := sent[1].Path[len("/change-address/"):]
	if err := h.Accounts.Forgot(t.Context(), account.Client{}, "ann@example.org"); err != nil {
		t.Fatal(err)
	}
	reset := h.Post.Secret(t, account.ResetPassword)
	h.Clock.Advance(time.Second)
	if err := h.Accounts.ConfirmEmail(t.Context(), account.Client{}, secret); err != nil {
		t.Fatal(err)
	}
	if err := h.Accounts.ConfirmEmail(t.Context(), account.Client{}, secret); !errors.Is(err, model.ErrNotFound) {
		t.Errorf("the link worked twice: %v", err)
	}
	if _, err := h.Accounts.Reset(t.Context(), account.Client{}, reset, other); !errors.Is(err, model.ErrNotFound) {
		t.Errorf("a reset link from before the change: %v", err)
	}
	kinds := []account.LetterKind{}
	for _, l := range h.Post.Take() {
		kinds = append(kinds, l.Kind)
	}
	if !slices.Equal(kinds, []account.LetterKind{account.EmailChangedOld, account.EmailChangedNew}) {
		t.Errorf("letters: %v", kinds)
	}
	if _, err := try(t, h, account.Client{}, "ann@example.org", accounttest.Password); err == nil {
		t.Error("the old address still signs in")
	}
	if _, err := try(t, h, account.Client{}, "ann@new.example", accounttest.Password); err != nil {
		t.Error(err)
	}
	h.Person(t, "ann@example.org", "Another") // the old address is free again
}

func TestChangeToAnAddressInUseTellsNothing(t *testing.T) {
	t.Parallel()
	h := accounttest.New(t)
	h.Person(t, "ann@example.org", "Ann")
	h.Person(t, "bob@example.org", "Bob")
	who := h.Who(t, "ann@example.org")
	if err := h.Accounts.ChangeEmail(t.Context(), who, account.NewEmail{Email: "bob@example.org",
		Password: accounttest.Password}); err != nil {
		t.Fatal(err)
	}
	sent := h.Post.Take()
	if len(sent) != 2 || sent[1].Kind != account.AlreadyRegistered || sent[1].To != "bob@example.org" {
		t.Fatalf("letters: %+v", sent)
	}
}

// Two accounts ask for one address: the first link gets it.
func TestTwoWantOneAddress(t *testing.T) {
	t.Parallel()
	h := accounttest.New(t)
	secrets := []string{}
	for _, email := range []string{"ann@example.org", "bob@example.org"} {
		h.Person(t, email, "X")
		who := h.Who(t, email)
		h.Clock.Advance(time.Second)
		if err := h.Accounts.ChangeEmail(t.Context(), who, account.NewEmail{Email: "one@new.example",
			Password: accounttest.Password}); err != nil {
			t.Fatal(err)
		}
		secrets = append(secrets, h.Post.Secret(t, account.ConfirmNewAddress))
	}
	if err := h.Accounts.ConfirmEmail(t.Context(), account.Client{}, secrets[0]); err != nil {
		t.Fatal(err)
	}
	if err := h.Accounts.ConfirmEmail(t.Context(), account.Client{}, secrets[1]); !errors.Is(err, model.ErrConflict) {
		t.Fatalf("the second: %v", err)
	}
	if _, err := try(t, h, account.Client{}, "bob@example.org", accounttest.Password); err != nil {
		t.Errorf("the second keeps its address: %v", err)
	}
}

func TestAddresses(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		" Ann@Example.ORG ": "Ann@example.org", "ann@bücher.example": "ann@xn--bcher-kva.example",
		"a+b@x.example":         "a+b@x.example",
		"e\u0301ve@example.org": "\u00e9ve@example.org",
	} {
		if a, err := account.ParseAddress(text); err != nil || a.Text != want {
			t.Errorf("%q: %q, %v", text, a.Text, err)
		}
	}
	long := make([]byte, 65)
	for i := range long {
		long[i] = 'a'
	}
	for _, text := range []string{
		"", "ann", "ann@", "@example.org", "ann@localhost", "ann@[192.0.2.1]", "Ann <ann@example.org>",
		"ann@example.org, bob@example.org",
		"ann@example.org\r\nBcc: x@example.org", "ann\x00@example.org", "\"a b\"@example.org", "ann@exa mple.org",
		"ann@.example", "ann@example.",
		string(long) + "@example.org", "ann@" + string(long) + ".example", "a\u202eb@example.org",
	} {
		if a, err := account.ParseAddress(text); !errors.Is(err, model.ErrInvalid) {
			t.Errorf("%q: %q, %v", text, a.Text, err)
		}
	}
	a, _ := account.ParseAddress("Ann@Example.org")
	b, _ := account.ParseAddress("ann@example.ORG")
	c, _ := account.ParseAddress("ann@example.com")
	if !a.Same(b) || a.Same(c) || (account.Address{}).Same(account.Address{}) {
		t.Error("addresses are compared wrongly")
	}
}
