package account_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/product/account"
	"github.com/tinyoperahouse/toh/internal/product/account/accounttest"
	"github.com/tinyoperahouse/toh/internal/product/identity"
)

// present is who a credential belongs to now.
func present(t *testing.T, h *accounttest.Fixture, cred account.Credential) identity.Identity {
	t.Helper()
	who, err := h.Whoami(t.Context(), cred)
	if err != nil {
		t.Fatal(err)
	}
	return who
}

func TestAProofCountsForTenMinutes(t *testing.T) {
	t.Parallel()
	h := accounttest.New(t)
	h.Person(t, "ann@example.org", "Ann")
	_, cred := h.SignIn(t, "ann@example.org")
	_, other := h.SignIn(t, "ann@example.org")
	make := func() error {
		_, _, err := h.Accounts.CreateToken(t.Context(), present(t, h, cred).Self(), reading)
		return err
	}
	h.Clock.Advance(10*time.Minute - time.Nanosecond)
	if err := make(); err != nil {
		t.Errorf("right after signing in: %v", err)
	}
	if l := h.Post.Take(); len(l) != 1 || l[0].Kind != account.TokenMade || l[0].To != "ann@example.org" ||
		l[0].Path == "" {
		t.Errorf("the owner is told of a token: %+v", l)
	}
	h.Clock.Advance(time.Nanosecond)
	if err := make(); !errors.Is(err, model.ErrUnproven) {
		t.Fatalf("ten minutes later: %v", err)
	}
	if _, err := h.Accounts.Prove(t.Context(), present(t, h, cred), account.Claim{Password: "wrong " +
		accounttest.Password}); !errors.Is(err, model.ErrInvalid) || model.FieldTexts(err)["proof"] == "" {
		t.Errorf("a wrong password: %v", err)
	}
	if err := make(); !errors.Is(err, model.ErrUnproven) {
		t.Fatalf("after a wrong password: %v", err)
	}
	if _, err := h.Accounts.Prove(t.Context(), present(t, h, cred),
		account.Claim{Password: accounttest.Password}); err != nil {
		t.Fatal(err)
	}
	if err := make(); err != nil {
		t.Errorf("after the proof: %v", err)
	}
	if present(t, h, other).Self().Proven {
		t.Error("a proof counts in another browser")
	}
	page, err := h.Trail.List(t.Context(), present(t, h, cred).Self().Scope, audit.Filter{Action: access.PasswordCheck},
		10, "")
	if err != nil || len(page.Entries) != 2 || page.Entries[0].Outcome != audit.Done ||
		page.Entries[1].Outcome != audit.Denied {
		t.Errorf("the trail: %v, %v", page.Entries, err)
	}
}

func TestGuessesAtAProofAreCounted(t *testing.T) {
	t.Parallel()
	h := accounttest.New(t)
	h.Person(t, "ann@example.org", "Ann")
	who := h.Who(t, "ann@example.org")
	for range 10 {
		_, _ = h.Accounts.Prove(t.Context(), who, account.Claim{Password: "wrong " + accounttest.Password})
	}
	if _, err := h.Accounts.Prove(t.Context(), who, account.Claim{Password: accounttest.Password}); !errors.Is(err,
		model.ErrTooMany) {
		t.Errorf("the eleventh try: %v", err)
	}
}

// Tokens end with the sessions, and with a changed password, if that is asked for, and not otherwise.
func TestTokensEndOnRequest(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		do   func(h *accounttest.Fixture, who identity.Identity) error
		ends bool
	}{
		"all sessions": {func(h *accounttest.Fixture, who identity.Identity) error {
			return h.Accounts.SignOutEverywhere(t.Context(), who.Self(), false)
		}, false},
		"all sessions and tokens": {func(h *accounttest.Fixture, who identity.Identity) error {
			return h.Accounts.SignOutEverywhere(t.Context(), who.Self(), true)
		}, true},
		"password": {func(h *accounttest.Fixture, who identity.Identity) error {
			_, err := h.Accounts.ChangePassword(t.Context(), who, account.NewPassword{Old: accounttest.Password,
				New: "seven copper lanterns hum"})
			return err
		}, false},
		"password and tokens": {func(h *accounttest.Fixture, who identity.Identity) error {
			_, err := h.Accounts.ChangePassword(t.Context(), who, account.NewPassword{Old: accounttest.Password,
				New: "seven copper lanterns hum", Tokens: true})
			return err
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			h := accounttest.New(t)
			h.Person(t, "ann@example.org", "Ann")
			who := h.Who(t, "ann@example.org")
			text, _, err := h.Accounts.CreateToken(t.Context(), who.Self(), reading)
			if err != nil {
				t.Fatal(err)
			}
			cred, err := h.Accounts.FromBearer(account.Client{}, text)
			if err != nil {
				t.Fatal(err)
			}
			if err := c.do(h, who); err != nil {
				t.Fatal(err)
			}
			if _, err := h.Whoami(t.Context(), cred); (err != nil) != c.ends {
				t.Errorf("the token afterwards: %v", err)
			}
			page, err := h.Trail.List(t.Context(), who.Self().Scope, audit.Filter{}, 50, "")
			told := slices.ContainsFunc(page.Entries, func(e *audit.Entry) bool {
				return e.Labels["tokens"] == "ended"
			})
			if err != nil || told != c.ends {
				t.Errorf("the trail says that tokens ended: %v, %v", told, err)
			}
		})
	}
}
