package account_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/product/account"
	"github.com/tinyoperahouse/toh/internal/product/account/accounttest"
	"github.com/tinyoperahouse/toh/internal/test/testclock"
)

// What the database does not take did not happen, and is said within two seconds.
func TestNothingHappensWhileTheDatabaseIsAway(t *testing.T) {
	h := accounttest.New(t)
	h.Person(t, "ann@example.org", "Ann")
	who := h.Who(t, "ann@example.org")
	h.Clock.Advance(time.Second)
	if err := h.Accounts.Forgot(t.Context(), account.Client{}, "ann@example.org"); err != nil {
		t.Fatal(err)
	}
	link := h.Post.Secret(t, account.ResetPassword)
	for name, do := range map[string]func() error{
		"sign in": func() error {
			_, err := try(t, h, account.Client{}, "ann@example.org", accounttest.Password)
			return err
		},
		"a wrong password": func() error {
			_, err := try(t, h, account.Client{}, "ann@example.org", wrong)
			return err
		},
		"forgot": func() error { return h.Accounts.Forgot(t.Context(), account.Client{}, "ann@example.org") },
		"reset": func() error {
			_, err := h.Accounts.Reset(t.Context(), account.Client{}, link, other)
			return err
		},
		"everywhere": func() error { return h.Accounts.SignOutEverywhere(t.Context(), who.Self(), false) },
		"token": func() error {
			_, _, err := h.Accounts.CreateToken(t.Context(), who.Self(), reading)
			return err
		},
	} {
		h.Intercept(func(_ context.Context, method string) error {
			if strings.HasSuffix(method, "Firestore/Commit") {
				return status.Error(codes.Unavailable, "away")
			}
			return nil
		})
		start := testclock.Start()
		err := do()
		h.Intercept(nil)
		if !errors.Is(err, model.ErrUnavailable) {
			t.Errorf("%s: %v", name, err)
		}
		if took := start.Elapsed(); took > 3*time.Second {
			t.Errorf("%s took %v", name, took)
		}
	}
	if sent := h.Post.Take(); len(sent) != 0 {
		t.Errorf("letters: %v", sent)
	}
	list, err := h.Accounts.ListSessions(t.Context(), who.Self())
	if err != nil || len(list) != 1 {
		t.Errorf("%d sessions, %v", len(list), err)
	}
	if tokens, err := h.Accounts.ListTokens(t.Context(), who.Self()); err != nil || len(tokens) != 0 {
		t.Errorf("%d tokens, %v", len(tokens), err)
	}
	if _, err := h.Accounts.Reset(t.Context(), account.Client{}, link, other); err != nil {
		t.Errorf("the link afterwards: %v", err)
	}
}
