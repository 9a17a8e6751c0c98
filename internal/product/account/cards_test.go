package account_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/product/account"
	"github.com/tinyoperahouse/toh/internal/product/account/accounttest"
	"github.com/tinyoperahouse/toh/internal/product/cardnumber"
)

const card = "4111 1111 1111 1111"

func refusedCard(t *testing.T, what string, err error) {
	t.Helper()
	texts := model.FieldTexts(err)
	for _, text := range texts {
		if errors.Is(err, model.ErrInvalid) && text == cardnumber.Refusal {
			return
		}
	}
	t.Errorf("%s takes a card number: %v %v", what, err, texts)
}

func TestPeopleTypeNoCardNumbers(t *testing.T) {
	t.Parallel()
	h := accounttest.New(t)
	h.Person(t, "ann@example.org", "Ann")
	who := h.Who(t, "ann@example.org")
	refusedCard(t, "the name of a sign-up", h.Accounts.SignUp(t.Context(), account.Client{},
		account.NewAccount{Email: "b@example.org", Name: card, Password: other}))
	refusedCard(t, "the address of a sign-up", h.Accounts.SignUp(t.Context(), account.Client{},
		account.NewAccount{Email: "4111111111111111@example.org", Name: "B", Password: other}))
	refusedCard(t, "a name", h.Accounts.Rename(t.Context(), who.Self(), "Ann "+card))
	refusedCard(t, "an address", h.Accounts.ChangeEmail(t.Context(), who,
		account.NewEmail{Email: "4111-1111-1111-1111@example.org", Password: accounttest.Password}))
	token := reading
	token.Name = card
	_, _, err := h.Accounts.CreateToken(t.Context(), who.Self(), token)
	refusedCard(t, "the name of a token", err)
}

// TestWhatABrowserSaysIsMasked: nobody typed it, so it cannot be refused.
func TestWhatABrowserSaysIsMasked(t *testing.T) {
	t.Parallel()
	h := accounttest.New(t)
	h.Person(t, "ann@example.org", "Ann")
	in, err := try(t, h, account.Client{UserAgent: "Browser " + card}, "ann@example.org", accounttest.Password)
	if err != nil {
		t.Fatal(err)
	}
	cred, err := h.Accounts.FromCookie(t.Context(), account.Client{}, in.Cookie)
	if err != nil {
		t.Fatal(err)
	}
	who, err := h.Whoami(t.Context(), cred)
	if err != nil {
		t.Fatal(err)
	}
	open, err := h.Accounts.ListSessions(t.Context(), who.Self())
	if err != nil || len(open) == 0 || open[0].UserAgent != "Browser **** **** **** 1111" {
		t.Errorf("the sessions are %+v, %v", open, err)
	}
	for _, e := range entries(t, h, in.Account) {
		if strings.Contains(e, card) {
			t.Errorf("the trail says %s", e)
		}
	}
}
