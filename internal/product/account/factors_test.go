package account_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/product/account"
	"github.com/tinyoperahouse/toh/internal/product/account/accounttest"
)

// The first factor needs a proof, and the mailed link in the same session.
func TestTheFirstFactorNeedsTheLink(t *testing.T) {
	t.Parallel()
	h := accounttest.New(t)
	h.Person(t, ann, "Ann")
	h.Person(t, "eve@example.org", "Eve")
	who, elsewhere, eve := h.Who(t, ann), h.Who(t, ann), h.Who(t, "eve@example.org")
	if _, err := h.Accounts.OfferApp(t.Context(), who); !errors.Is(err, model.ErrConflict) {
		t.Fatalf("without the link: %v", err)
	}
	if err := h.Accounts.AskFactorLink(t.Context(), who); err != nil {
		t.Fatal(err)
	}
	secret := h.Post.Secret(t, account.FactorLink)
	if err := h.Accounts.OpenFactors(t.Context(), eve, secret); !errors.Is(err, model.ErrNotFound) {
		t.Errorf("somebody else's link: %v", err)
	}
	if err := h.Accounts.OpenFactors(t.Context(), who, secret); err != nil {
		t.Fatal(err)
	}
	if err := h.Accounts.OpenFactors(t.Context(), who, secret); !errors.Is(err, model.ErrNotFound) {
		t.Errorf("the link works twice: %v", err)
	}
	if _, err := h.Accounts.OfferApp(t.Context(), elsewhere); !errors.Is(err, model.ErrConflict) {
		t.Errorf("in another session: %v", err)
	}
	if _, err := h.Accounts.OfferApp(t.Context(), who); err != nil {
		t.Errorf("in this session: %v", err)
	}
	_, cred := h.SignIn(t, ann)
	h.Clock.Advance(time.Hour)
	if err := h.Accounts.AskFactorLink(t.Context(), present(t, h, cred)); !errors.Is(err, model.ErrUnproven) {
		t.Errorf("without a proof: %v", err)
	}
	if list, err := h.Accounts.ListFactors(t.Context(), who.Self()); err != nil || list.Opened || list.Any() {
		t.Errorf("an hour later: %+v, %v", list, err)
	}
}

// A mistyped code changes nothing: the picture stays, and the old app works until the new one shows its first code.
func TestATypingMistakeChangesNothing(t *testing.T) {
	t.Parallel()
	h, app := guarded(t)
	who := h.Second(t, ann, app)
	first, err := h.Accounts.OfferApp(t.Context(), who)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Accounts.AcceptApp(t.Context(), who, "000000"); model.FieldTexts(err)["code"] == "" {
		t.Fatalf("a mistyped code: %v", err)
	}
	again, err := h.Accounts.OfferApp(t.Context(), who)
	if err != nil || again.Secret != first.Secret || again.Picture != first.Picture {
		t.Errorf("another picture: %v", err)
	}
	c := accounttest.Address("192.0.2.1")
	h.Clock.Advance(time.Minute)
	if _, err := second(t, h, c, half(t, h, c), app.Code(t, h.Clock.Now())); err != nil {
		t.Errorf("the old app: %v", err)
	}
	newer := accounttest.App{Secret: again.Secret}
	code := newer.Code(t, h.Clock.Now())
	if _, err := h.Accounts.AcceptApp(t.Context(), who, code[:3]+" "+code[3:]); err != nil {
		t.Fatal(err)
	}
	if _, err := second(t, h, c, half(t, h, c), code); !errors.Is(err, model.ErrUnauthenticated) {
		t.Errorf("the code of the set-up opens a session in its step: %v", err)
	}
	h.Clock.Advance(time.Minute)
	if _, err := second(t, h, c, half(t, h, c), app.Code(t, h.Clock.Now())); !errors.Is(err, model.ErrUnauthenticated) {
		t.Errorf("the old app still works: %v", err)
	}
	if _, err := second(t, h, c, half(t, h, c), newer.Code(t, h.Clock.Now())); err != nil {
		t.Errorf("the new app: %v", err)
	}
}

// A change of factors ends all other sessions, and tells the owner; new recovery codes make the old ones void.
func TestChangesOfFactors(t *testing.T) {
	t.Parallel()
	h, app := guarded(t)
	_, old := h.In(t, ann, app)
	who := h.Second(t, ann, app)
	out, err := h.Accounts.RenewCodes(t.Context(), who)
	if err != nil || len(out.Codes) != 10 {
		t.Fatalf("%d codes, %v", len(out.Codes), err)
	}
	seen := map[string]bool{}
	for _, code := range out.Codes {
		if seen[code] || len(strings.ReplaceAll(code, "-", "")) != 24 {
			t.Errorf("the code %q", code)
		}
		seen[code] = true
	}
	if _, err := h.Whoami(t.Context(), old); !errors.Is(err, model.ErrUnauthenticated) {
		t.Errorf("another session lives on: %v", err)
	}
	if l := h.Post.Take(); len(l) != 1 || l[0].Kind != account.RecoveryMade {
		t.Errorf("letters: %+v", l)
	}
	c := accounttest.Address("192.0.2.1")
	if _, err := second(t, h, c, half(t, h, c), app.Codes[1]); !errors.Is(err, model.ErrUnauthenticated) {
		t.Errorf("an old recovery code: %v", err)
	}
	if _, err := second(t, h, c, half(t, h, c), strings.ToUpper(out.Codes[1])); err != nil {
		t.Errorf("a new one: %v", err)
	}
	h.Clock.Advance(2 * time.Minute)
	h.Post.Take()
	who = h.Second(t, ann, app)
	if _, err := h.Accounts.RemoveApp(t.Context(), who); err != nil {
		t.Fatal(err)
	}
	if l := h.Post.Take(); len(l) != 1 || l[0].Kind != account.FactorRemoved {
		t.Errorf("letters: %+v", l)
	}
	in, err := try(t, h, c, ann, accounttest.Password)
	if err != nil || in.Waiting != nil {
		t.Errorf("without factors: %+v, %v", in, err)
	}
	list, err := h.Accounts.ListFactors(t.Context(), h.Who(t, ann).Self())
	if err != nil || list.Any() || len(list.Codes) != 0 {
		t.Errorf("what is left: %+v, %v", list, err)
	}
}

// Nothing that is shown of factors holds a secret.
func TestFactorsAreShownWithoutSecrets(t *testing.T) {
	t.Parallel()
	h, app := guarded(t)
	list, err := h.Accounts.ListFactors(t.Context(), h.Second(t, ann, app).Self())
	if err != nil {
		t.Fatal(err)
	}
	if list.App == nil || list.App.Secret != "" || list.Offer != nil || list.Left() != 10 {
		t.Errorf("%+v", list)
	}
	for _, c := range list.Codes {
		if c.Hash != "" {
			t.Error("a hash of a recovery code is shown")
		}
	}
	for _, e := range entries(t, h, h.Account(t, ann)) {
		for _, secret := range append(app.Codes, strings.ReplaceAll(app.Secret, " ", "")) {
			if strings.Contains(strings.ToLower(e), secret) {
				t.Errorf("the trail holds a secret: %s", e)
			}
		}
	}
}
