package accounttest

import (
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/product/account"
	"github.com/tinyoperahouse/toh/internal/product/identity"
)

// App is an authenticator app with its recovery codes.
type App struct {
	Secret string
	Codes  []string
}

// Code is what the app shows at a time.
func (a App) Code(t testing.TB, at time.Time) string {
	t.Helper()
	code, err := totp.GenerateCodeCustom(strings.ToUpper(strings.ReplaceAll(a.Secret, " ", "")), at,
		totp.ValidateOpts{Period: 30, Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// OpenFactors lets a session add its account's first factor.
func (h *Fixture) OpenFactors(t testing.TB, who identity.Identity) {
	t.Helper()
	if err := h.Accounts.AskFactorLink(t.Context(), who); err != nil {
		t.Fatal(err)
	}
	if err := h.Accounts.OpenFactors(t.Context(), who, h.Post.Secret(t, account.FactorLink)); err != nil {
		t.Fatal(err)
	}
}

// SetUpApp sets an authenticator app up, and then lets the code that it was set up with expire.
func (h *Fixture) SetUpApp(t testing.TB, email string) App {
	t.Helper()
	who := h.Who(t, email)
	h.OpenFactors(t, who)
	offer, err := h.Accounts.OfferApp(t.Context(), who)
	if err != nil {
		t.Fatal(err)
	}
	app := App{Secret: offer.Secret}
	out, err := h.Accounts.AcceptApp(t.Context(), who, app.Code(t, h.Clock.Now()))
	if err != nil {
		t.Fatal(err)
	}
	app.Codes = out.Codes
	h.Post.Take()
	h.Clock.Advance(2 * time.Minute)
	return app
}

// In signs in with the password and a new code of the app.
func (h *Fixture) In(t testing.TB, email string, app App) (account.SignedIn, account.Credential) {
	t.Helper()
	h.Clock.Advance(time.Minute)
	c := account.Client{Address: "192.0.2.77"}
	in, err := h.Accounts.SignIn(t.Context(), c, account.Login{Email: email, Password: Password})
	if err != nil || in.Waiting == nil {
		t.Fatalf("the password of an account with a factor: %+v, %v", in, err)
	}
	in, err = h.Accounts.SecondStep(t.Context(), c, in.Waiting.Secret, account.Second{Code: app.Code(t, h.Clock.Now())})
	if err != nil {
		t.Fatal(err)
	}
	cred, err := h.Accounts.FromCookie(t.Context(), c, in.Cookie)
	if err != nil {
		t.Fatal(err)
	}
	return in, cred
}

// Second is who is signed in with a code of the app.
func (h *Fixture) Second(t testing.TB, email string, app App) identity.Identity {
	t.Helper()
	_, cred := h.In(t, email, app)
	who, err := h.Whoami(t.Context(), cred)
	if err != nil {
		t.Fatal(err)
	}
	return who
}

// Account is the id of the account that has an address.
func (h *Fixture) Account(t testing.TB, email string) string {
	t.Helper()
	a, err := account.ParseAddress(email)
	if err != nil {
		t.Fatal(err)
	}
	id, err := account.Whose(t.Context(), h.Gate, a)
	if err != nil || id == "" {
		t.Fatalf("no account of %s: %v", email, err)
	}
	return id
}

// Owner is the owner of an address as a caller in their account.
func (h *Fixture) Owner(t testing.TB, email string) access.Caller {
	t.Helper()
	return account.Person{ID: h.Account(t, email)}.Self()
}
