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

// keyed is an account whose only factor is a passkey.
func keyed(t *testing.T, a *accounttest.Authenticator) *accounttest.Fixture {
	t.Helper()
	h := accounttest.New(t)
	h.Person(t, ann, "Ann")
	who := h.Who(t, ann)
	h.OpenFactors(t, who)
	if out := h.AddPasskey(t, who, a, "Phone"); len(out.Codes) != 10 {
		t.Fatalf("%d recovery codes come with the first factor", len(out.Codes))
	}
	if l := h.Post.Take(); len(l) != 1 || l[0].Kind != account.FactorAdded || !strings.Contains(l[0].What, "Phone") {
		t.Errorf("letters: %+v", l)
	}
	return h
}

func enter(t *testing.T, h *accounttest.Fixture, answer func(account.Challenge) string) (account.SignedIn, error) {
	t.Helper()
	c := accounttest.Address("192.0.2.1")
	asked, err := h.Accounts.ChallengeToEnter(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return h.Accounts.Enter(t.Context(), c, asked.Step, answer(asked))
}

func TestAPasskeyIsTheWholeSignIn(t *testing.T) {
	t.Parallel()
	key := &accounttest.Authenticator{}
	h := keyed(t, key)
	h.Clock.Advance(time.Second)
	c := accounttest.Address("192.0.2.1")
	asked, err := h.Accounts.ChallengeToEnter(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	answer := key.Answer(t, asked)
	got := 0
	for range 3 {
		in, err := h.Accounts.Enter(t.Context(), c, asked.Step, answer)
		if err == nil {
			got++
			cred, err := h.Accounts.FromCookie(t.Context(), c, in.Cookie)
			if err != nil || !present(t, h, cred).Self().Proven {
				t.Errorf("a passkey proves nothing: %v", err)
			}
		}
	}
	if got != 1 {
		t.Errorf("one answer opens %d sessions", got)
	}
	list, err := h.Accounts.ListSessions(t.Context(), h.Owner(t, ann))
	if err != nil || list[0].By != account.ByPasskey {
		t.Errorf("how it was opened: %+v, %v", list, err)
	}
}

// What is not exactly an answer of a known passkey to this challenge, on our pages and by its owner, opens nothing, and
// all of it is answered alike.
func TestOtherAnswersOpenNothing(t *testing.T) {
	t.Parallel()
	key := &accounttest.Authenticator{}
	h := keyed(t, key)
	stranger := *key
	stranger.User = []byte("aaaaaaaaaaaaaaaaaaaaaaaaaa")
	other := &accounttest.Authenticator{}
	texts := map[string]bool{}
	for name, answer := range map[string]func(account.Challenge) string{
		"nothing":         func(account.Challenge) string { return "" },
		"no answer":       func(account.Challenge) string { return "{}" },
		"another site":    func(c account.Challenge) string { return key.AnswerFrom(t, c, "https://evil.example") },
		"another account": func(c account.Challenge) string { return stranger.Answer(t, c) },
		"an unknown key": func(c account.Challenge) string {
			_ = other.Make(t, c)
			other.User = key.User
			return other.Answer(t, c)
		},
		"nobody verified": func(c account.Challenge) string {
			blind := *key
			blind.Blind = true
			return blind.Answer(t, c)
		},
		"an older challenge": func(account.Challenge) string {
			c, err := h.Accounts.ChallengeToEnter(t.Context(), account.Client{})
			if err != nil {
				t.Fatal(err)
			}
			return key.Answer(t, c)
		},
	} {
		_, err := enter(t, h, answer)
		if !errors.Is(err, model.ErrUnauthenticated) {
			t.Errorf("%s: %v", name, err)
		}
		texts[model.PublicText(err)] = true
	}
	if len(texts) != 1 {
		t.Errorf("the answers differ: %v", texts)
	}
	if _, err := enter(t, h, func(c account.Challenge) string { return key.Answer(t, c) }); err != nil {
		t.Errorf("the right one: %v", err)
	}
}

// A removed passkey is as unknown as one that never was, and what it opened is ended.
func TestARemovedPasskeyIsUnknown(t *testing.T) {
	t.Parallel()
	key, gone := &accounttest.Authenticator{}, &accounttest.Authenticator{}
	h := keyed(t, key)
	in, err := enter(t, h, func(c account.Challenge) string { return key.Answer(t, c) })
	if err != nil {
		t.Fatal(err)
	}
	cred, err := h.Accounts.FromCookie(t.Context(), account.Client{}, in.Cookie)
	if err != nil {
		t.Fatal(err)
	}
	h.AddPasskey(t, present(t, h, cred), gone, "Lost")
	lost, err := enter(t, h, func(c account.Challenge) string { return gone.Answer(t, c) })
	if err != nil {
		t.Fatal(err)
	}
	in, err = enter(t, h, func(c account.Challenge) string { return key.Answer(t, c) })
	if err != nil {
		t.Fatal(err)
	}
	cred, err = h.Accounts.FromCookie(t.Context(), account.Client{}, in.Cookie)
	if err != nil {
		t.Fatal(err)
	}
	list, err := h.Accounts.ListFactors(t.Context(), present(t, h, cred).Self())
	if err != nil || len(list.Passkeys) != 2 || len(list.Passkeys[0].Credential) != 0 {
		t.Fatalf("%+v, %v", list, err)
	}
	if _, err := h.Accounts.RemovePasskey(t.Context(), present(t, h, cred), list.Passkeys[1].ID); err != nil {
		t.Fatal(err)
	}
	old, err := h.Accounts.FromCookie(t.Context(), account.Client{}, lost.Cookie)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.Whoami(t.Context(), old); !errors.Is(err, model.ErrUnauthenticated) {
		t.Errorf("a session of the removed passkey: %v", err)
	}
	never := &accounttest.Authenticator{}
	_, removed := enter(t, h, func(c account.Challenge) string { return gone.Answer(t, c) })
	_, unknown := enter(t, h, func(c account.Challenge) string {
		_ = never.Make(t, c)
		never.User = key.User
		return never.Answer(t, c)
	})
	if removed == nil || unknown == nil || model.PublicText(removed) != model.PublicText(unknown) {
		t.Errorf("a removed passkey: %v; one that never was: %v", removed, unknown)
	}
}

// A passkey whose flags or counter changed ends in no dead end: a person is told, and another way is open. A copy of a
// key that cannot be copied is refused, and its owner told.
func TestPasskeysThatChange(t *testing.T) {
	t.Parallel()
	for name, row := range map[string]struct {
		flags, then   byte
		before, after uint32
		says          string
		told          bool
	}{
		"counts on":  {before: 5, after: 6},
		"no counter": {before: 0, after: 0},
		"synced, no counter any more": {flags: accounttest.Eligible | accounttest.Backed, then: accounttest.Eligible,
			before: 5},
		"one device, counts back": {before: 5, after: 3, says: "may have been copied", told: true},
		"becomes synced": {then: accounttest.Eligible | accounttest.Backed, before: 1, after: 2,
			says: "no longer the one that you set up"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			key := &accounttest.Authenticator{Flags: row.flags}
			h := keyed(t, key)
			key.Count = row.before
			if _, err := enter(t, h, func(c account.Challenge) string { return key.Answer(t, c) }); err != nil {
				t.Fatal(err)
			}
			h.Post.Take()
			key.Flags, key.Count = row.then, row.after
			_, err := enter(t, h, func(c account.Challenge) string { return key.Answer(t, c) })
			if (err == nil) != (row.says == "") || !strings.Contains(model.PublicText(err), row.says) {
				t.Fatalf("%v", err)
			}
			letters := h.Post.Take()
			if told := len(letters) == 1 && letters[0].Kind == account.PasskeyCopied; told != row.told {
				t.Errorf("letters: %+v", letters)
			}
			if row.says == "" {
				return
			}
			found := false
			for _, e := range entries(t, h, h.Account(t, ann)) {
				found = found || strings.Contains(e, "a passkey's")
			}
			if !found {
				t.Error("the trail does not say why")
			}
		})
	}
}

func TestAPasskeyAsSecondFactorAndAsProof(t *testing.T) {
	t.Parallel()
	key := &accounttest.Authenticator{}
	h := keyed(t, key)
	c := accounttest.Address("192.0.2.1")
	secret, elsewhere := half(t, h, c), half(t, h, c)
	asked, err := h.Accounts.ChallengeSecond(t.Context(), c, secret)
	if err != nil {
		t.Fatal(err)
	}
	in := account.Second{Passkey: key.Answer(t, asked), Step: asked.Step}
	if _, err := h.Accounts.SecondStep(t.Context(), c, elsewhere, in); !errors.Is(err, account.ErrTooLate) {
		t.Errorf("the answer for another sign-in: %v", err)
	}
	out, err := h.Accounts.SecondStep(t.Context(), c, secret, in)
	if err != nil {
		t.Fatal(err)
	}
	cred, err := h.Accounts.FromCookie(t.Context(), c, out.Cookie)
	if err != nil {
		t.Fatal(err)
	}
	h.Clock.Advance(10 * time.Minute)
	who := present(t, h, cred)
	if who.Self().Proven {
		t.Fatal("a proof counts for too long")
	}
	if asked, err = h.Accounts.ChallengeToProve(t.Context(), who); err != nil {
		t.Fatal(err)
	}
	claim := account.Claim{Passkey: key.Answer(t, asked), Step: asked.Step}
	if p, err := h.Accounts.Prove(t.Context(), who, claim); err != nil || p.By != account.ByPasskey {
		t.Fatalf("%+v, %v", p, err)
	}
	if _, err := h.Accounts.Prove(t.Context(), who, claim); !errors.Is(err, model.ErrInvalid) {
		t.Errorf("one answer proves twice: %v", err)
	}
	if !present(t, h, cred).Self().Proven {
		t.Error("a passkey proves nothing")
	}
}
