package account_test

import (
	"crypto/hmac"
	"crypto/sha512"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
	"github.com/tinyoperahouse/toh/internal/product/account"
	"github.com/tinyoperahouse/toh/internal/product/account/accounttest"
)

const wrong = "wrong umbrella wrong teapot"

func try(t *testing.T, h *accounttest.Fixture, c account.Client, email, password string) (account.SignedIn, error) {
	t.Helper()
	return h.Accounts.SignIn(t.Context(), c, account.Login{Email: email, Password: password})
}

func TestRefusalsLookAlike(t *testing.T) {
	t.Parallel()
	h := accounttest.New(t)
	h.Person(t, "known@example.org", "Known")
	_ = signUp(t, h, "waiting@example.org")
	texts := map[string]bool{}
	for i, login := range []account.Login{
		{"known@example.org", wrong}, {"unknown@example.org", wrong}, {"waiting@example.org", wrong},
		{"waiting@example.org", accounttest.Password},
		{"not an address", wrong}, {"", ""}, {strings.Repeat("a", 1<<16) + "@example.org", wrong},
		{"known@example.org", strings.Repeat("x", 1<<16)},
		{"known@example.org", accounttest.Password + "\x00"}, {"known@example.org", accounttest.Password + " "},
	} {
		_, err := try(t, h, accounttest.Address(fmt.Sprintf("192.0.2.%d", i)), login.Email, login.Password)
		if !errors.Is(err, model.ErrUnauthenticated) {
			t.Fatalf("login %d: %v", i, err)
		}
		texts[err.Error()] = true
	}
	if len(texts) != 1 {
		t.Fatalf("%d different refusals: %v", len(texts), texts)
	}
}

func TestLimitPerSourceAndAddress(t *testing.T) {
	t.Parallel()
	h := accounttest.New(t)
	h.Person(t, "ann@example.org", "Ann")
	for _, email := range []string{"ann@example.org", "nobody@example.org"} {
		c := accounttest.Address("198.51.100.7")
		for i := range 10 {
			if _, err := try(t, h, c, email, wrong); !errors.Is(err, model.ErrUnauthenticated) {
				t.Fatalf("%s, attempt %d: %v", email, i, err)
			}
		}
		if _, err := try(t, h, c, email, accounttest.Password); !errors.Is(err, model.ErrTooMany) {
			t.Fatalf("%s: the eleventh attempt: %v", email, err)
		}
	}
	if _, err := try(t, h, accounttest.Address("198.51.100.8"), "ann@example.org", accounttest.Password); err != nil {
		t.Fatalf("another source is locked out: %v", err)
	}
	h.Clock.Advance(15 * time.Minute)
	if _, err := try(t, h, accounttest.Address("198.51.100.7"), "ann@example.org", accounttest.Password); err != nil {
		t.Fatalf("after the window: %v", err)
	}
}

func TestParallelAttemptsDoNotSlipThrough(t *testing.T) {
	t.Parallel()
	h := accounttest.New(t)
	h.Person(t, "ann@example.org", "Ann")
	var looked atomic.Int32
	parallel(30, func(int) {
		_, err := try(t, h, accounttest.Address("198.51.100.7"), "ann@example.org", wrong)
		if errors.Is(err, model.ErrUnauthenticated) {
			looked.Add(1)
		} else if !errors.Is(err, model.ErrTooMany) && !errors.Is(err, model.ErrUnavailable) {
			t.Errorf("attempt: %v", err)
		}
	})
	if n := looked.Load(); n == 0 || n > 10 {
		t.Fatalf("%d passwords were tried", n)
	}
}

// Many sources try one account: strangers are slowed down, the owner's own browser is not, and one notice a day goes
// out.
func TestLockoutCannotBeTurnedAgainstTheOwner(t *testing.T) {
	t.Parallel()
	h := accounttest.New(t)
	h.Person(t, "ann@example.org", "Ann")
	in, err := try(t, h, accounttest.Address("192.0.2.1"), "ann@example.org", accounttest.Password)
	if err != nil {
		t.Fatal(err)
	}
	for i := range 60 {
		_, _ = try(t, h, accounttest.Address(fmt.Sprintf("203.0.113.%d", i)), "ann@example.org", wrong)
	}
	notices := 0
	for _, l := range h.Post.Take() {
		if l.Kind == account.LockoutNotice && l.To == "ann@example.org" {
			notices++
		}
	}
	if notices != 1 {
		t.Errorf("%d notices", notices)
	}
	stranger := accounttest.Address("203.0.113.200")
	for i := range 2 {
		if _, err := try(t, h, stranger, "ann@example.org", wrong); !errors.Is(err, model.ErrUnauthenticated) {
			t.Fatalf("stranger, attempt %d: %v", i, err)
		}
	}
	if _, err := try(t, h, stranger, "ann@example.org", wrong); !errors.Is(err, model.ErrTooMany) {
		t.Fatalf("strangers are not slowed down: %v", err)
	}
	own := account.Client{Address: "203.0.113.200", Device: in.Device}
	if _, err := try(t, h, own, "ann@example.org", accounttest.Password); err != nil {
		t.Fatalf("the owner's browser is locked out: %v", err)
	}
	if _, err := try(t, h, accounttest.Address("192.0.2.250"), "ann@example.org", accounttest.Password); err != nil {
		t.Fatalf("the owner at a new place is locked out: %v", err)
	}
}

func TestDeviceTokenIsOfOneAccount(t *testing.T) {
	t.Parallel()
	h := accounttest.New(t)
	h.Person(t, "ann@example.org", "Ann")
	h.Person(t, "mal@example.org", "Mal")
	in, err := try(t, h, accounttest.Address("192.0.2.1"), "mal@example.org", accounttest.Password)
	if err != nil {
		t.Fatal(err)
	}
	for _, device := range []string{in.Device, "", "a.b.c", in.Device + "x", strings.Repeat("a", 500), "..", "aa.zz." +
		strings.Repeat("a", 52)} {
		c := account.Client{Address: "203.0.113.5", Device: device}
		_, _ = try(t, h, c, "ann@example.org", wrong)
		_, _ = try(t, h, c, "ann@example.org", wrong)
	}
	c := account.Client{Address: "203.0.113.5", Device: in.Device}
	if _, err := try(t, h, c, "ann@example.org", accounttest.Password); !errors.Is(err, model.ErrTooMany) {
		t.Fatalf("a token of another account counts apart: %v", err)
	}
}

func TestHashIsBroughtUpToDate(t *testing.T) {
	t.Parallel()
	h := accounttest.New(t)
	p := h.Person(t, "ann@example.org", "Ann")
	before := passwordOf(t, h, p.ID)
	h.Peppers.Add("2")
	stronger := h.Service(t, 5)
	if _, err := stronger.SignIn(t.Context(), account.Client{}, account.Login{Email: "ann@example.org",
		Password: accounttest.Password}); err != nil {
		t.Fatal(err)
	}
	after := passwordOf(t, h, p.ID)
	if !strings.HasPrefix(before, "v1$1$2a$04$") || !strings.HasPrefix(after, "v1$2$2a$05$") {
		t.Fatalf("before %.11s, after %.11s", before, after)
	}
	if _, err := try(t, h, account.Client{}, "ann@example.org", accounttest.Password); err != nil {
		t.Fatalf("sign-in with the new hash: %v", err)
	}
}

// TestPasswordOfBeforePreparation: who chose a password when it was hashed as typed gets in, and from then on however
// it is typed.
func TestPasswordOfBeforePreparation(t *testing.T) {
	t.Parallel()
	h := accounttest.New(t)
	p := h.Person(t, "ann@example.org", "Ann")
	const decomposed, composed = "e\u0301toile bleue du matin froid", "\u00e9toile bleue du matin froid"
	setPassword(t, h, p.ID, hashedAsTyped(t, h, decomposed))
	if _, err := try(t, h, account.Client{}, "ann@example.org", composed); err == nil {
		t.Error("the old hash is of the other form")
	}
	for _, text := range []string{decomposed, composed, decomposed} {
		if _, err := try(t, h, account.Client{}, "ann@example.org", text); err != nil {
			t.Errorf("%+q: %v", text, err)
		}
	}
}

func TestSignInsAreInTheTrail(t *testing.T) {
	t.Parallel()
	h := accounttest.New(t)
	p := h.Person(t, "ann@example.org", "Ann")
	_, _ = try(t, h, account.Client{Address: "192.0.2.9", UserAgent: "curl"}, "ann@example.org", wrong)
	_, _ = try(t, h, account.Client{Address: "192.0.2.9", UserAgent: "curl"}, "ann@example.org", accounttest.Password)
	for outcome, want := range map[audit.Outcome]int{audit.Denied: 1, audit.Done: 1} {
		page, err := h.Trail.List(t.Context(), model.Account(p.ID), audit.Filter{Action: "session.sign-in",
			Outcome: outcome}, 10, "")
		if err != nil || len(page.Entries) != want {
			t.Fatalf("%s: %d entries, %v", outcome, len(page.Entries), err)
		}
		if page.Entries[0].Labels["from"] != "192.0.2.9" {
			t.Errorf("%s: labels %v", outcome, page.Entries[0].Labels)
		}
	}
}

// hashedAsTyped is the hash of a password as it was made before passwords were normalized.
func hashedAsTyped(t *testing.T, h *accounttest.Fixture, password string) string {
	t.Helper()
	list, err := h.Peppers.Peppers(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	mac := hmac.New(sha512.New384, list[0].Key)
	mac.Write([]byte(password))
	form, err := bcrypt.GenerateFromPassword([]byte(base64.StdEncoding.EncodeToString(mac.Sum(nil))), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	return "v1$" + list[0].ID + string(form)
}
