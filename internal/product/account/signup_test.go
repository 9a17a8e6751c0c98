package account_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/product/account"
	"github.com/tinyoperahouse/toh/internal/product/account/accounttest"
)

func signUp(t *testing.T, h *accounttest.Fixture, email string) string {
	t.Helper()
	err := h.Accounts.SignUp(t.Context(), accounttest.Address("192.0.2.1"), account.NewAccount{Email: email,
		Name: "Ann Lee", Password: accounttest.Password})
	if err != nil {
		t.Fatal(err)
	}
	return h.Post.Secret(t, account.ConfirmAddress)
}

func TestSignUpConfirmAndSignIn(t *testing.T) {
	t.Parallel()
	h := accounttest.New(t)
	secret := signUp(t, h, " Ann.Lee@Example.ORG ")
	login := account.Login{Email: "ann.lee@example.org", Password: accounttest.Password}

	if _, err := h.Accounts.SignIn(t.Context(), accounttest.Address("192.0.2.1"), login); !errors.Is(err,
		model.ErrUnauthenticated) {
		t.Fatalf("signed in before the address was confirmed: %v", err)
	}
	again := h.Post.Secret(t, account.ConfirmAddress)
	if again == secret {
		t.Fatal("the second link has the secret of the first")
	}
	if _, err := h.Accounts.Confirm(t.Context(), account.Client{}, secret, "not the password at all"); !errors.Is(err,
		model.ErrInvalid) {
		t.Fatalf("confirmed without the password: %v", err)
	}
	in, err := h.Accounts.Confirm(t.Context(), account.Client{}, secret, accounttest.Password)
	if err != nil {
		t.Fatal(err)
	}
	cred, err := h.Accounts.FromCookie(t.Context(), account.Client{}, in.Cookie)
	if err != nil {
		t.Fatal(err)
	}
	who, err := h.Whoami(t.Context(), cred)
	if err != nil || who.Person().Email != "Ann.Lee@example.org" {
		t.Fatalf("who = %+v, %v", who.Person(), err)
	}
	made, err := h.Accounts.Profile(t.Context(), who.Self())
	if err != nil || made.Body.Password != "" || made.Body.Confirmed.IsZero() {
		t.Fatalf("account = %+v, %v", made.Body, err)
	}
	if _, err := h.Accounts.Confirm(t.Context(), account.Client{}, secret, accounttest.Password); !errors.Is(err,
		model.ErrNotFound) {
		t.Fatalf("the link worked twice: %v", err)
	}
	if _, err := h.Accounts.Confirm(t.Context(), account.Client{}, again, accounttest.Password); !errors.Is(err,
		model.ErrConflict) {
		t.Fatalf("a second link made a second account: %v", err)
	}
	if _, err := h.Accounts.SignIn(t.Context(), account.Client{}, login); err != nil {
		t.Fatal(err)
	}
}

// Somebody signs up with another's address: the owner's own sign-up is not spoilt, and the stranger's link needs the
// stranger's password.
func TestSignUpOfAStrangerChangesNothingForTheOwner(t *testing.T) {
	t.Parallel()
	h := accounttest.New(t)
	theirs := account.NewAccount{Email: "ann@example.org", Name: "Mallory",
		Password: "crooked ladders paint the harbour"}
	if err := h.Accounts.SignUp(t.Context(), accounttest.Address("203.0.113.9"), theirs); err != nil {
		t.Fatal(err)
	}
	stranger := h.Post.Secret(t, account.ConfirmAddress)
	own := signUp(t, h, "ann@example.org")
	if _, err := h.Accounts.Confirm(t.Context(), account.Client{}, stranger, accounttest.Password); !errors.Is(err,
		model.ErrInvalid) {
		t.Fatalf("the owner confirmed the stranger's sign-up: %v", err)
	}
	if _, err := h.Accounts.Confirm(t.Context(), account.Client{}, own, accounttest.Password); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Accounts.SignIn(t.Context(), account.Client{}, account.Login{Email: theirs.Email,
		Password: theirs.Password}); err == nil {
		t.Fatal("the stranger's password opens the owner's account")
	}
}

func TestSignUpSaysNothingAboutAccounts(t *testing.T) {
	t.Parallel()
	h := accounttest.New(t)
	h.Person(t, "known@example.org", "Known")
	for _, email := range []string{"known@example.org", "KNOWN@example.org", "unknown@example.org"} {
		for name, ask := range map[string]func() error{
			"sign up": func() error {
				return h.Accounts.SignUp(t.Context(), account.Client{}, account.NewAccount{Email: email, Name: "X",
					Password: accounttest.Password})
			},
			"forgot": func() error { return h.Accounts.Forgot(t.Context(), account.Client{}, email) },
			"resend": func() error { return h.Accounts.ResendConfirmation(t.Context(), account.Client{}, email) },
		} {
			if err := ask(); err != nil {
				t.Errorf("%s for %s: %v", name, email, err)
			}
			if n := len(h.Post.Take()); n != 1 {
				t.Errorf("%s for %s sent %d mails", name, email, n)
			}
			h.Clock.Advance(time.Hour)
		}
	}
}

// The calls to the cloud are the same in number and kind, whether or not the address has an account.
func TestRefusalsDoTheSameWork(t *testing.T) {
	t.Parallel()
	h := accounttest.New(t)
	h.Person(t, "known@example.org", "Known")
	// keyring in memory
	_, _ = h.Accounts.SignIn(t.Context(), account.Client{}, account.Login{Email: "known@example.org",
		Password: accounttest.Password})
	for name, ask := range map[string]func(string) error{
		"sign in": func(e string) error {
			_, err := h.Accounts.SignIn(t.Context(), account.Client{},
				account.Login{Email: e, Password: "wrong wrong wrong wrong"})
			if !errors.Is(err, model.ErrUnauthenticated) {
				t.Errorf("sign in: %v", err)
			}
			return nil
		},
		"sign up": func(e string) error {
			return h.Accounts.SignUp(t.Context(), account.Client{}, account.NewAccount{Email: e, Name: "X",
				Password: accounttest.Password})
		},
		"forgot": func(e string) error { return h.Accounts.Forgot(t.Context(), account.Client{}, e) },
	} {
		known, unknown := calls(t, h, func() error {
			return ask("known@example.org")
		}), calls(t, h, func() error { return ask(name[:4] + "@nowhere.example") })
		delta := len(known) - len(unknown)
		if delta < -2 || delta > 2 {
			t.Errorf("%s: %d calls for a known address, %d for an unknown one\n%v\n%v", name, len(known), len(unknown),
				known, unknown)
		}
	}
}

func calls(t *testing.T, h *accounttest.Fixture, f func() error) []string {
	t.Helper()
	rec := &recorder{}
	h.Intercept(rec.note)
	defer h.Intercept(nil)
	if err := f(); err != nil {
		t.Error(err)
	}
	return rec.methods
}

func TestConfirmWorksOnceUnderParallelUse(t *testing.T) {
	t.Parallel()
	h := accounttest.New(t)
	secret := signUp(t, h, "ann@example.org")
	var done, refused atomic.Int32
	parallel(10, func(int) {
		_, err := h.Accounts.Confirm(t.Context(), account.Client{}, secret, accounttest.Password)
		switch {
		case err == nil:
			done.Add(1)
		case errors.Is(err, model.ErrNotFound), errors.Is(err, model.ErrTooMany), errors.Is(err, model.ErrConflict),
			errors.Is(err, model.ErrUnavailable):
			refused.Add(1)
		default:
			t.Errorf("confirm: %v", err)
		}
	})
	if done.Load() != 1 || refused.Load() != 9 {
		t.Fatalf("%d worked, %d were refused", done.Load(), refused.Load())
	}
}

func TestConfirmLinkEnds(t *testing.T) {
	t.Parallel()
	h := accounttest.New(t)
	secret := signUp(t, h, "ann@example.org")
	h.Clock.Advance(24 * time.Hour)
	if _, err := h.Accounts.Confirm(t.Context(), account.Client{}, secret, accounttest.Password); !errors.Is(err,
		model.ErrNotFound) {
		t.Fatalf("confirmed after a day: %v", err)
	}
	if _, err := h.Accounts.SignIn(t.Context(), account.Client{}, account.Login{Email: "ann@example.org",
		Password: accounttest.Password}); err == nil {
		t.Fatal("signed in without confirmation")
	}
	if n := len(h.Post.Take()); n != 0 {
		t.Fatalf("%d mails for a sign-up that has ended", n)
	}
}

// parallel runs f n times at once.
func parallel(n int, f func(int)) {
	var wg sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		wg.Go(func() { <-start; f(i) })
	}
	close(start)
	wg.Wait()
}
