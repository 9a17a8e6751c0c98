package account_test

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/product/account"
	"github.com/tinyoperahouse/toh/internal/product/account/accounttest"
)

const other = "seven copper lanterns hum"

func TestChangePassword(t *testing.T) {
	t.Parallel()
	h := accounttest.New(t)
	h.Person(t, "ann@example.org", "Ann")
	_, elsewhere := h.SignIn(t, "ann@example.org")
	_, here := h.SignIn(t, "ann@example.org")
	who, err := h.Whoami(t.Context(), here)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.Accounts.Forgot(t.Context(), account.Client{}, "ann@example.org"); err != nil {
		t.Fatal(err)
	}
	link := h.Post.Secret(t, account.ResetPassword)
	for name, in := range map[string]account.NewPassword{"wrong old": {Old: wrong, New: other},
		"weak new": {Old: accounttest.Password, New: "short"}, "name": {Old: accounttest.Password,
			New: "ann@example.org"}} {
		if _, err := h.Accounts.ChangePassword(t.Context(), who, in); !errors.Is(err, model.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	mustHold(t, h, elsewhere, "after refusals")
	h.Clock.Advance(time.Second)
	in, err := h.Accounts.ChangePassword(t.Context(), who, account.NewPassword{Old: accounttest.Password, New: other})
	if err != nil {
		t.Fatal(err)
	}
	mustEnd(t, h, elsewhere, "another session after the change")
	mustEnd(t, h, here, "the old id of this session")
	cred, err := h.Accounts.FromCookie(t.Context(), account.Client{}, in.Cookie)
	if err != nil {
		t.Fatal(err)
	}
	mustHold(t, h, cred, "the new session")
	if h.Post.Take()[0].Kind != account.PasswordChanged {
		t.Error("no notice")
	}
	if _, err := h.Accounts.Reset(t.Context(), account.Client{}, link, "glass foxes count nine bells"); !errors.Is(err,
		model.ErrNotFound) {
		t.Errorf("a reset link from before the change: %v", err)
	}
	if _, err := try(t, h, account.Client{}, "ann@example.org", accounttest.Password); err == nil {
		t.Error("the old password still works")
	}
	if _, err := try(t, h, account.Client{}, "ann@example.org", other); err != nil {
		t.Error(err)
	}
}

func TestOldPasswordCannotBeGuessed(t *testing.T) {
	t.Parallel()
	h := accounttest.New(t)
	h.Person(t, "ann@example.org", "Ann")
	who := h.Who(t, "ann@example.org")
	for range 10 {
		_, _ = h.Accounts.ChangePassword(t.Context(), who, account.NewPassword{Old: wrong, New: other})
	}
	if _, err := h.Accounts.ChangePassword(t.Context(), who, account.NewPassword{Old: accounttest.Password,
		New: other}); !errors.Is(err, model.ErrTooMany) {
		t.Fatalf("eleventh guess: %v", err)
	}
}

func TestReset(t *testing.T) {
	t.Parallel()
	h := accounttest.New(t)
	h.Person(t, "ann@example.org", "Ann")
	_, session := h.SignIn(t, "ann@example.org")
	who := h.Who(t, "ann@example.org")
	text, _, err := h.Accounts.CreateToken(t.Context(), who.Self(), reading)
	if err != nil {
		t.Fatal(err)
	}
	token, _ := h.Accounts.FromBearer(account.Client{}, text)
	h.Clock.Advance(time.Second)
	if err := h.Accounts.Forgot(t.Context(), account.Client{}, "ANN@example.org"); err != nil {
		t.Fatal(err)
	}
	first := h.Post.Secret(t, account.ResetPassword)
	if err := h.Accounts.Forgot(t.Context(), account.Client{}, "ann@example.org"); err != nil {
		t.Fatal(err)
	}
	second := h.Post.Secret(t, account.ResetPassword)
	if _, err := h.Accounts.Reset(t.Context(), account.Client{}, first, "annannannann"); !errors.Is(err,
		model.ErrInvalid) {
		t.Fatalf("a weak password: %v", err)
	}
	var done atomic.Int32
	parallel(12, func(int) {
		_, err := h.Accounts.Reset(t.Context(), account.Client{}, first, other)
		if err == nil {
			done.Add(1)
		} else if !errors.Is(err, model.ErrNotFound) && !errors.Is(err, model.ErrUnavailable) &&
			!errors.Is(err, model.ErrTooMany) {
			t.Errorf("reset: %v", err)
		}
	})
	if done.Load() != 1 {
		t.Fatalf("the link worked %d times", done.Load())
	}
	mustEnd(t, h, session, "a session after a reset")
	mustEnd(t, h, token, "an API token after a reset")
	if _, err := h.Accounts.Reset(t.Context(), account.Client{}, second, "glass foxes count nine bells"); !errors.Is(
		err, model.ErrNotFound) {
		t.Errorf("an earlier link after a reset: %v", err)
	}
	if _, err := try(t, h, account.Client{}, "ann@example.org", other); err != nil {
		t.Error(err)
	}
}

func TestResetLinkEndsAndIsOfOnePurpose(t *testing.T) {
	t.Parallel()
	h := accounttest.New(t)
	h.Person(t, "ann@example.org", "Ann")
	h.Clock.Advance(time.Second)
	if err := h.Accounts.Forgot(t.Context(), account.Client{}, "ann@example.org"); err != nil {
		t.Fatal(err)
	}
	secret := h.Post.Secret(t, account.ResetPassword)
	waiting := signUp(t, h, "new@example.org")
	if _, err := h.Accounts.Peek(t.Context(), account.Client{}, account.ToReset, secret); err != nil {
		t.Fatal(err)
	}
	for name, use := range map[string]func() error{
		"a reset link confirms": func() error {
			_, err := h.Accounts.Confirm(t.Context(), account.Client{}, secret, accounttest.Password)
			return err
		},
		"a reset link moves an address": func() error {
			return h.Accounts.ConfirmEmail(t.Context(), account.Client{}, secret)
		},
		"a confirm link resets": func() error {
			_, err := h.Accounts.Reset(t.Context(), account.Client{}, waiting, other)
			return err
		},
		"a cookie resets": func() error {
			in, _ := h.SignIn(t, "ann@example.org")
			_, err := h.Accounts.Reset(t.Context(), account.Client{}, in.Cookie, other)
			return err
		},
	} {
		if err := use(); !errors.Is(err, model.ErrNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	h.Clock.Advance(10 * time.Minute)
	if _, err := h.Accounts.Reset(t.Context(), account.Client{}, secret, other); !errors.Is(err, model.ErrNotFound) {
		t.Errorf("after ten minutes: %v", err)
	}
}
