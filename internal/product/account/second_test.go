package account_test

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/product/account"
	"github.com/tinyoperahouse/toh/internal/product/account/accounttest"
)

const ann = "ann@example.org"

// guarded is an account with an authenticator app.
func guarded(t *testing.T) (*accounttest.Fixture, accounttest.App) {
	t.Helper()
	h := accounttest.New(t)
	h.Person(t, ann, "Ann")
	return h, h.SetUpApp(t, ann)
}

// half gives the password, and must get no session for it.
func half(t *testing.T, h *accounttest.Fixture, c account.Client) string {
	t.Helper()
	in, err := try(t, h, c, ann, accounttest.Password)
	if err != nil {
		t.Fatal(err)
	}
	if in.Waiting == nil || in.Cookie != "" || in.Session != "" || in.Device != "" || in.Known != "" {
		t.Fatalf("the password alone gives %+v", in)
	}
	return in.Waiting.Secret
}

func second(t *testing.T, h *accounttest.Fixture, c account.Client, secret, code string) (account.SignedIn, error) {
	t.Helper()
	return h.Accounts.SecondStep(t.Context(), c, secret, account.Second{Code: code})
}

func TestAPasswordAloneOpensNothing(t *testing.T) {
	t.Parallel()
	h, app := guarded(t)
	c := accounttest.Address("192.0.2.1")
	secret := half(t, h, c)
	who := func() int {
		list, err := h.Accounts.ListSessions(t.Context(), h.Owner(t, ann))
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	before := who()
	if _, err := second(t, h, c, secret, "000000"); !errors.Is(err, model.ErrUnauthenticated) {
		t.Fatalf("a wrong code: %v", err)
	}
	if n := who(); n != before {
		t.Fatalf("%d sessions after a wrong code, %d before", n, before)
	}
	code := app.Code(t, h.Clock.Now())
	in, err := second(t, h, c, secret, code)
	if err != nil || in.Cookie == "" {
		t.Fatalf("the code: %+v, %v", in, err)
	}
	if in.Known != "" {
		t.Error("the browser is remembered unasked")
	}
	if _, err := second(t, h, c, secret, app.Codes[0]); !errors.Is(err, account.ErrTooLate) {
		t.Errorf("the sign-in works twice: %v", err)
	}
	if _, err := second(t, h, c, half(t, h, c), code); !errors.Is(err, model.ErrUnauthenticated) {
		t.Errorf("the code works twice in its step: %v", err)
	}
	list, err := h.Accounts.ListSessions(t.Context(), h.Owner(t, ann))
	if err != nil || list[0].By != account.ByApp || list[0].Proof.By != account.ByApp {
		t.Errorf("how it was opened: %+v, %v", list[0].Session, err)
	}
}

// What is wrong with a code is not told, and a sign-in that waits ends after ten minutes, after five codes, and with
// every change of the password.
func TestAWaitingSignInEnds(t *testing.T) {
	t.Parallel()
	h, app := guarded(t)
	c := accounttest.Address("192.0.2.1")
	used := app.Code(t, h.Clock.Now())
	if _, err := second(t, h, c, half(t, h, c), used); err != nil {
		t.Fatal(err)
	}
	texts := map[string]bool{}
	secret := half(t, h, c)
	for _, code := range []string{used, "000000", "", "aaaaaa-aaaaaa-aaaaaa-aaaaaa", app.Code(t,
		h.Clock.Now().Add(-5*time.Minute))} {
		_, err := second(t, h, c, secret, code)
		if !errors.Is(err, model.ErrUnauthenticated) {
			t.Errorf("%q: %v", code, err)
		}
		texts[model.PublicText(err)] = true
	}
	if len(texts) != 1 {
		t.Errorf("the answers differ: %v", texts)
	}
	h.Clock.Advance(time.Minute)
	if _, err := second(t, h, c, secret, app.Code(t, h.Clock.Now())); !errors.Is(err, account.ErrTooLate) {
		t.Errorf("the sixth code: %v", err)
	}
	secret = half(t, h, c)
	h.Clock.Advance(10*time.Minute - time.Nanosecond)
	if _, err := h.Accounts.Waits(t.Context(), c, secret); err != nil {
		t.Errorf("just before the end: %v", err)
	}
	h.Clock.Advance(time.Nanosecond)
	if _, err := second(t, h, c, secret, app.Code(t, h.Clock.Now())); !errors.Is(err, account.ErrTooLate) {
		t.Errorf("after ten minutes: %v", err)
	}
	secret = half(t, h, c)
	reset(t, h, ann, other)
	if _, err := second(t, h, c, secret, app.Code(t, h.Clock.Now())); !errors.Is(err, account.ErrTooLate) {
		t.Errorf("after a change of the password: %v", err)
	}
	for _, hostile := range []string{"", "x", secret + "x", "../" + secret[3:]} {
		if _, err := second(t, h, c, hostile, app.Code(t, h.Clock.Now())); !errors.Is(err, account.ErrTooLate) {
			t.Errorf("%q: %v", hostile, err)
		}
	}
}

func reset(t *testing.T, h *accounttest.Fixture, email, password string) {
	t.Helper()
	h.Post.Take()
	h.Clock.Advance(time.Second)
	if err := h.Accounts.Forgot(t.Context(), account.Client{}, email); err != nil {
		t.Fatal(err)
	}
	if _, err := h.Accounts.Reset(t.Context(), account.Client{}, h.Post.Secret(t, account.ResetPassword),
		password); err != nil {
		t.Fatal(err)
	}
}

// A new password by mail opens nothing that the second factor keeps closed, and leaves the factors as they are.
func TestAResetDoesNotReplaceTheFactor(t *testing.T) {
	t.Parallel()
	h, app := guarded(t)
	reset(t, h, ann, other)
	c := accounttest.Address("192.0.2.1")
	in, err := try(t, h, c, ann, other)
	if err != nil || in.Waiting == nil || in.Cookie != "" {
		t.Fatalf("after a reset: %+v, %v", in, err)
	}
	if _, err := second(t, h, c, in.Waiting.Secret, app.Code(t, h.Clock.Now())); err != nil {
		t.Errorf("the factor is gone: %v", err)
	}
}

func TestEveryCodeOpensOnce(t *testing.T) {
	t.Parallel()
	h, app := guarded(t)
	c := accounttest.Address("192.0.2.1")
	for name, code := range map[string]string{"recovery": app.Codes[3], "app": ""} {
		for round := range 2 {
			h.Clock.Advance(2 * time.Hour) // the counters of wrong codes end
			if name == "app" {
				code = app.Code(t, h.Clock.Now())
			}
			secrets := make([]string, 10)
			for i := range secrets {
				secrets[i] = half(t, h, accounttest.Address("192.0.2."+string(rune('1'+i%9))))
			}
			want := 1
			if name == "recovery" && round > 0 {
				want = 0
			}
			var got atomic.Int32
			parallel(2*len(secrets), func(i int) {
				if _, err := h.Accounts.SecondStep(t.Context(), c, secrets[i%len(secrets)],
					account.Second{Code: code}); err == nil {
					got.Add(1)
				}
			})
			if int(got.Load()) != want {
				t.Errorf("%s, round %d: opened %d times", name, round, got.Load())
			}
		}
	}
}

func TestCodesAreCounted(t *testing.T) {
	t.Parallel()
	h, app := guarded(t)
	stranger := accounttest.Address("192.0.2.1")
	mine, err := second(t, h, stranger, half(t, h, stranger), app.Code(t, h.Clock.Now()))
	if err != nil {
		t.Fatal(err)
	}
	h.Clock.Advance(2 * time.Minute)
	for i := range 20 {
		c := accounttest.Address("198.51.100." + string(rune('1'+i%9)))
		if _, err := second(t, h, c, half(t, h, c), "000000"); !errors.Is(err, model.ErrUnauthenticated) {
			t.Fatalf("code %d: %v", i, err)
		}
	}
	told := 0
	for _, l := range h.Post.Take() {
		if l.Kind == account.FactorGuessed {
			told++
		}
	}
	if told != 1 {
		t.Errorf("the owner is told %d times", told)
	}
	right := app.Code(t, h.Clock.Now())
	far := accounttest.Address("203.0.113.1")
	if _, err := second(t, h, far, half(t, h, far), right); !errors.Is(err, model.ErrTooMany) {
		t.Errorf("the twenty-first, right: %v", err)
	}
	known := account.Client{Address: "203.0.113.2", Device: mine.Device}
	if _, err := second(t, h, known, half(t, h, known), right); err != nil {
		t.Errorf("others lock the owner's device out: %v", err)
	}
}

// A device is not asked again for 30 days, and is after each change of password or factors.
func TestAKnownDeviceIsAskedAgain(t *testing.T) {
	t.Parallel()
	change := map[string]func(*testing.T, *accounttest.Fixture, accounttest.App) string{
		"nothing": func(*testing.T, *accounttest.Fixture, accounttest.App) string { return accounttest.Password },
		"thirty days": func(_ *testing.T, h *accounttest.Fixture, _ accounttest.App) string {
			h.Clock.Advance(account.KnownLife)
			return accounttest.Password
		},
		"a reset": func(t *testing.T, h *accounttest.Fixture, _ accounttest.App) string {
			reset(t, h, ann, other)
			return other
		},
		"another app": func(t *testing.T, h *accounttest.Fixture, app accounttest.App) string {
			who := h.Second(t, ann, app)
			offer, err := h.Accounts.OfferApp(t.Context(), who)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := h.Accounts.AcceptApp(t.Context(), who, accounttest.App{Secret: offer.Secret}.Code(t,
				h.Clock.Now())); err != nil {
				t.Fatal(err)
			}
			return accounttest.Password
		},
		"new recovery codes": func(t *testing.T, h *accounttest.Fixture, app accounttest.App) string {
			if _, err := h.Accounts.RenewCodes(t.Context(), h.Second(t, ann, app)); err != nil {
				t.Fatal(err)
			}
			return accounttest.Password
		},
		"signing out everywhere": func(t *testing.T, h *accounttest.Fixture, app accounttest.App) string {
			if err := h.Accounts.SignOutEverywhere(t.Context(), h.Second(t, ann, app).Self(), false); err != nil {
				t.Fatal(err)
			}
			return accounttest.Password
		},
		"forgetting": func(t *testing.T, h *accounttest.Fixture, app accounttest.App) string {
			if err := h.Accounts.ForgetDevices(t.Context(), h.Second(t, ann, app).Self()); err != nil {
				t.Fatal(err)
			}
			return accounttest.Password
		},
	}
	for name, do := range change {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, app := guarded(t)
			c := accounttest.Address("192.0.2.1")
			in, err := h.Accounts.SecondStep(t.Context(), c, half(t, h, c), account.Second{
				Code: app.Code(t, h.Clock.Now()), Remember: true})
			if err != nil || in.Known == "" {
				t.Fatalf("%+v, %v", in, err)
			}
			h.Clock.Advance(2 * time.Minute)
			password := do(t, h, app)
			c.Known = in.Known
			in, err = try(t, h, c, ann, password)
			if err != nil || (in.Waiting == nil) != (name == "nothing") {
				t.Errorf("%+v, %v", in, err)
			}
			if name != "nothing" {
				return
			}
			cred, err := h.Accounts.FromCookie(t.Context(), c, in.Cookie)
			if err != nil {
				t.Fatal(err)
			}
			if present(t, h, cred).Self().Proven {
				t.Error("a known device and a password prove as much as a factor")
			}
		})
	}
}

// A token of one account is of no use for another, nor is one that was made up.
func TestAKnownDeviceIsOfOneAccount(t *testing.T) {
	t.Parallel()
	h, _ := guarded(t)
	h.Person(t, "bob@example.org", "Bob")
	bobs := h.SetUpApp(t, "bob@example.org")
	c := accounttest.Address("192.0.2.1")
	in, err := try(t, h, c, "bob@example.org", accounttest.Password)
	if err != nil {
		t.Fatal(err)
	}
	in, err = h.Accounts.SecondStep(t.Context(), c, in.Waiting.Secret, account.Second{Code: bobs.Code(t, h.Clock.Now()),
		Remember: true})
	if err != nil {
		t.Fatal(err)
	}
	for name, token := range map[string]string{"of another account": in.Known, "of a device": in.Device,
		"made up": "a.b.c"} {
		c.Known = token
		if half(t, h, c) == "" {
			t.Errorf("%s", name)
		}
	}
}

// With a factor, a password proves nothing; whatever else the account has does.
func TestAProofIsNoWeakerThanTheAccount(t *testing.T) {
	t.Parallel()
	h, app := guarded(t)
	c := accounttest.Address("192.0.2.1")
	in, err := second(t, h, c, half(t, h, c), app.Code(t, h.Clock.Now()))
	if err != nil {
		t.Fatal(err)
	}
	cred, err := h.Accounts.FromCookie(t.Context(), c, in.Cookie)
	if err != nil {
		t.Fatal(err)
	}
	if !present(t, h, cred).Self().Proven {
		t.Error("a sign-in with a code proves nothing")
	}
	h.Clock.Advance(10 * time.Minute)
	who := present(t, h, cred)
	for name, claim := range map[string]account.Claim{
		"the password alone":    {Password: accounttest.Password},
		"a code alone":          {Code: app.Code(t, h.Clock.Now())},
		"a wrong code":          {Password: accounttest.Password, Code: "000000"},
		"a wrong password":      {Password: wrong, Code: app.Code(t, h.Clock.Now())},
		"a passkey of nowhere":  {Passkey: "{}", Step: "x"},
		"a password as a code":  {Password: accounttest.Password, Code: accounttest.Password},
		"an answer and nothing": {Passkey: "{}"},
	} {
		if _, err := h.Accounts.Prove(t.Context(), who, claim); !errors.Is(err, model.ErrInvalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if present(t, h, cred).Self().Proven {
		t.Fatal("something weaker proves it")
	}
	if _, err := h.Accounts.ChangePassword(t.Context(), who, account.NewPassword{Old: accounttest.Password,
		New: other}); !errors.Is(err, model.ErrUnproven) {
		t.Errorf("a change of the password with the password alone: %v", err)
	}
	if err := h.Accounts.ChangeEmail(t.Context(), who, account.NewEmail{Email: "ann@new.example",
		Password: accounttest.Password}); !errors.Is(err, model.ErrUnproven) {
		t.Errorf("a change of the address with the password alone: %v", err)
	}
	h.Clock.Advance(15 * time.Minute)
	who = present(t, h, cred)
	p, err := h.Accounts.Prove(t.Context(), who, account.Claim{Password: accounttest.Password, Code: app.Codes[0]})
	if err != nil || p.By != account.ByRecovery {
		t.Fatalf("a recovery code: %+v, %v", p, err)
	}
	if l := h.Post.Take(); len(l) == 0 || l[len(l)-1].Kind != account.RecoveryUsed ||
		l[len(l)-1].What != "9 are left" {
		t.Errorf("the owner is told of a recovery code: %+v", l)
	}
	who = present(t, h, cred)
	out, err := h.Accounts.ChangePassword(t.Context(), who, account.NewPassword{Old: accounttest.Password, New: other})
	if err != nil {
		t.Fatal(err)
	}
	cred, err = h.Accounts.FromCookie(t.Context(), c, out.Cookie)
	if err != nil {
		t.Fatal(err)
	}
	if !access.AsksProof(access.TokenCreate) || !present(t, h, cred).Self().Proven {
		t.Error("the new session is weaker than the one before")
	}
}
