package account_test

import (
	"context"
	"errors"
	"maps"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/bcrypt"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/product/account"
	"github.com/tinyoperahouse/toh/internal/product/account/accounttest"
)

func TestPolicy(t *testing.T) {
	t.Parallel()
	context := []string{"ann.fairweather@lanternhouse.example", "Ann Fairweather", "Lantern House Players"}
	for _, bad := range []string{
		"", "short", "elevenchars", "password", "passwordpassword", "Password1234!", "123456789012", "qwertyuiopas",
		"aaaaaaaaaaaaaaaa", "abcabcabcabcabc",
		"1q2w3e4r5t6y", "iloveyouiloveyou", "abcdefghijklmnop", "qwertyuiop123", "TinyOperaHouse2026!",
		"tiny opera house 1", "annfairweather1",
		"Fairweather-1987", "lanternhouse.example", "LanternHousePlayers", "ann.fairweather@lanternhouse.example",
		strings.Repeat("violet anchors ", 100),
		strings.Repeat(" ", 20), "p@ssw0rdp@ssw0rd", "P@$$w0rd!2026", "l1v3rp00l-f00tb4ll", "letmeinletmein",
		"correcthorsebatterystaple",
		"Summer2026!Summer2026!", "01/02/199901/02/1999", "motdepasse1234", "contraseña1234", "contrasen\u0303a1234",
		"пароль12345678", "!QAZ2wsx#EDC", "Fairweather!Fairweather!",
		"ann1987ann1987", "lantern-house-2026", "e\u0301e\u0301e\u0301e\u0301e\u0301e\u0301", "ｐａｓｓｗｏｒｄ１２３４",
	} {
		if account.PasswordProblem(bad, context...) == "" {
			t.Errorf("%q is accepted", bad)
		}
	}
	for _, good := range []string{
		accounttest.Password, other, "kq7 vz2 mwp 9xt", "mudança prévia do trovão azul", "Zahnrad Apfelmus Leuchtturm",
		"雷が鳴る夜に青い傘を三本買った話", "xK9#mQ2$vL7@nR4&",
		"nur kleine buchstaben ohne zahl", "ann likes violet anchors beneath gravel",
	} {
		if problem := account.PasswordProblem(good, context...); problem != "" {
			t.Errorf("%q: %s", good, problem)
		}
	}
}

// hostile are texts in which a search for pieces finds as many as there can be.
var hostile = map[string]string{
	"look-alikes": strings.Repeat("4@8({[<369!1|7$5+%2", 60)[:1024], "one letter": strings.Repeat("a", 1024),
	"one word": strings.Repeat("password1", 114)[:1024], "broken": strings.Repeat("\xff\xfe", 512),
	"dates": strings.Repeat("1/2/2003", 128), "signs": strings.Repeat("🎭", 256),
}

// TestPolicyOfHostileTexts: they are judged like any other (the look-alikes have nineteen different signs before they
// repeat, so they are strong), and a text that is too long is refused unread.
func TestPolicyOfHostileTexts(t *testing.T) {
	t.Parallel()
	for what, text := range hostile {
		problem := account.PasswordProblem(text, "ann@example.org", strings.Repeat("word ", 100))
		if accepted := problem == ""; accepted != (what == "look-alikes") {
			t.Errorf("%s: accepted %t, %q", what, accepted, problem)
		}
		if problem := account.PasswordProblem(strings.Repeat(text, 1024)); !strings.Contains(problem, "1024 bytes") {
			t.Errorf("a megabyte of %s: %q", what, problem)
		}
	}
}

func BenchmarkPolicy(b *testing.B) {
	texts := maps.Clone(hostile)
	texts["a good one"] = accounttest.Password
	for what, text := range texts {
		b.Run(what, func(b *testing.B) {
			for b.Loop() {
				_ = account.PasswordProblem(text, "ann@example.org", strings.Repeat("word ", 100))
			}
		})
	}
}

func FuzzPolicy(f *testing.F) {
	f.Add("violet anchors", "ann@example.org")
	f.Add("ǅİıſß\x00\xff", "𝔸nn@example.org")
	f.Fuzz(func(t *testing.T, password, context string) {
		if len(password) < 3000 && len(context) < 300 {
			_ = account.PasswordProblem(password, context)
		}
	})
}

func TestHashesAreExact(t *testing.T) {
	t.Parallel()
	peppers := &accounttest.Peppers{}
	peppers.Add("1")
	h := account.NewHasher(peppers, bcrypt.MinCost)
	base := strings.Repeat("a", 72)
	for _, pair := range [][2]string{
		{base, base + "b"}, {base + "b", base + "c"}, {strings.Repeat("a", 128), strings.Repeat("a", 127)},
		{"nul\x00one", "nul\x00two"}, {"space", "space "},
		{" space", "space"}, {"Case", "case"}, {"a\x00", "a"}, {"ﬁ", "fi"},
	} {
		form, err := h.Hash(t.Context(), pair[0])
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(form, pair[0]) || !strings.HasPrefix(form, "v1$1$2a$04$") {
			t.Errorf("form %q", form)
		}
		if ok, stale, err := h.Check(t.Context(), form, pair[0]); !ok || stale || err != nil {
			t.Errorf("%q is not itself: %v", pair[0], err)
		}
		if ok, _, _ := h.Check(t.Context(), form, pair[1]); ok {
			t.Errorf("%q passes for %q", pair[1], pair[0])
		}
	}
}

// TestOnePasswordHoweverItIsTyped: keyboards differ in how they compose letters, and in which space they type.
func TestOnePasswordHoweverItIsTyped(t *testing.T) {
	t.Parallel()
	peppers := &accounttest.Peppers{}
	peppers.Add("1")
	h := account.NewHasher(peppers, bcrypt.MinCost)
	for _, pair := range [][2]string{
		{"\u00e9t\u00e9", "e\u0301te\u0301"}, {"\u1ec7", "e\u0323\u0302"}, {"\uac00", "\u1100\u1161"},
		{"blue\u00a0moon", "blue moon"}, {"a\u3000b", "a b"},
		{"\u00e9 \u2764\ufe0f", "e\u0301 \u2764\ufe0f"}, {"\u212b", "\u00c5"},
	} {
		for _, typed := range [][2]string{pair, {pair[1], pair[0]}} {
			form, err := h.Hash(t.Context(), typed[0])
			if err != nil {
				t.Fatal(err)
			}
			if ok, stale, err := h.Check(t.Context(), form, typed[1]); !ok || stale || err != nil {
				t.Errorf("%+q does not pass for %+q: %v", typed[1], typed[0], err)
			}
		}
	}
	// Hashes of before: whoever types it as then gets in, and gets a new one.
	for _, old := range []string{"e\u0301te\u0301", "blue\u00a0moon", "nul\x00one", "\xff\xfe", "plain"} {
		form := h.HashRaw(t, old)
		if ok, stale, err := h.Check(t.Context(), form, old); !ok || err != nil || stale != (old == "e\u0301te\u0301" ||
			old == "blue\u00a0moon") {
			t.Errorf("%+q: %v, stale %v, %v", old, ok, stale, err)
		}
	}
	if ok, _, _ := h.Check(t.Context(), h.HashRaw(t, "e\u0301"), "\u00e8"); ok {
		t.Error("another letter passes")
	}
}

// TestPolicyLetsGeneratedPasswordsIn: what a password manager or dice make is never refused.
func TestPolicyLetsGeneratedPasswordsIn(t *testing.T) {
	t.Parallel()
	const signs = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789!@#$%^&*"
	words := strings.Fields(diceWords)
	r := rand.New(rand.NewPCG(2026, 11))
	for range 300 {
		text := make([]byte, 14)
		for i := range text {
			text[i] = signs[r.IntN(len(signs))]
		}
		if problem := account.PasswordProblem(string(text), "ann@example.org", "Ann Fairweather"); problem != "" {
			t.Errorf("%s: %s", text, problem)
		}
		phrase := make([]string, 5)
		for i := range phrase {
			phrase[i] = words[r.IntN(len(words))]
		}
		if problem := account.PasswordProblem(strings.Join(phrase, " "), "ann@example.org",
			"Ann Fairweather"); problem != "" {
			t.Errorf("%s: %s", phrase, problem)
		}
	}
}

const diceWords = `acorn anvil apron atlas badge bagel banjo basil beach berry birch bison blaze bloom brick broom brush cabin cactus camel candle canoe
	carpet carrot castle cedar chalk cherry chess cider cliff clock clover cobra comet copper coral cotton crane crayon cricket crown daisy denim desert
	dolphin donkey dragon drum eagle easel ember fable falcon feather fern ferry fiddle flame flint flute forest fossil fox garlic gecko ginger glacier
	glove goat granite grape gravel guitar hammer harbor hazel helmet heron honey horn ivory jacket jaguar jelly jungle kayak kettle kiwi ladder lagoon
	lantern lemon lilac linen lizard lobster lotus magnet mango maple marble meadow melon mint mirror moss mule nectar needle nickel noodle oasis olive onion
	orbit orchid otter oyster paddle palm panda paper parrot peach pebble pencil pepper pigeon pillow pine pirate planet plum pocket pony poppy potato prism
	pumpkin puzzle quartz quilt rabbit radar radish raven ribbon river robin rocket saddle sail salmon sandal satin scarf shell silver snail soap sparrow
	spider sponge spoon squid statue stone straw sugar sunset swan table teapot thistle thunder tiger timber tomato torch trumpet tulip tunnel turtle umbrella
	valley velvet violet violin volcano walnut walrus wagon whale wheat whistle willow window winter wolf yarn yeast zebra`

func TestHashRefusals(t *testing.T) {
	t.Parallel()
	peppers := &accounttest.Peppers{}
	peppers.Add("1")
	h := account.NewHasher(peppers, bcrypt.MinCost)
	form, err := h.Hash(t.Context(), "x")
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := h.Check(t.Context(), strings.Replace(form, "v1$1$", "v1$9$", 1), "x"); !errors.Is(err,
		model.ErrUnavailable) {
		t.Errorf("an unknown pepper: %v", err)
	}
	for _, bad := range []string{"", "x", form[5:], "v2" + form[2:], form + "x"} {
		if ok, _, err := h.Check(t.Context(), bad, "x"); ok || err == nil {
			t.Errorf("form %q: %v", bad, err)
		}
	}
	decoy, err := h.Decoy(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if ok, _, err := h.Check(t.Context(), decoy, "x"); ok || err != nil {
		t.Errorf("decoy: %v, %v", ok, err)
	}
	if _, _, err := account.NewHasher(&accounttest.Peppers{}, bcrypt.MinCost).Check(t.Context(), form,
		"x"); !errors.Is(err, model.ErrUnavailable) {
		t.Errorf("no pepper: %v", err)
	}
}

// A decoy costs what a real check costs: bcrypt does all of its rounds for it, and the pepper is used.
func TestDecoyCostsTheSame(t *testing.T) {
	t.Parallel()
	peppers := &accounttest.Peppers{}
	peppers.Add("1")
	peppers.Add("2")
	h := account.NewHasher(peppers, 5)
	form, err := h.Hash(t.Context(), "x")
	if err != nil {
		t.Fatal(err)
	}
	decoy, err := h.Decoy(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(decoy) != len(form) || decoy[:len("v1$2$2a$05$")] != form[:len("v1$2$2a$05$")] {
		t.Errorf("decoy %q, real %q", decoy, form)
	}
	if err := bcrypt.CompareHashAndPassword([]byte(decoy[len("v1$2"):]), []byte("x")); !errors.Is(err,
		bcrypt.ErrMismatchedHashAndPassword) {
		t.Errorf("bcrypt does not work on it: %v", err)
	}
}

func TestHashQueueIsBounded(t *testing.T) {
	t.Parallel()
	peppers := &accounttest.Peppers{}
	peppers.Add("1")
	h := account.NewHasher(peppers, bcrypt.MinCost)
	release := h.Hold()
	room := h.Room() - h.Waiting()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, room)
	for range room {
		go func() {
			_, err := h.Hash(ctx, "x")
			done <- err
		}()
	}
	for h.Waiting() < h.Room() {
		time.Sleep(time.Millisecond)
	}
	if _, err := h.Hash(t.Context(), "x"); !errors.Is(err, model.ErrTooMany) {
		t.Errorf("one too many: %v", err)
	}
	cancel()
	for range room {
		if err := <-done; !errors.Is(err, model.ErrUnavailable) {
			t.Errorf("who went away: %v", err)
		}
	}
	release()
	if _, err := h.Hash(t.Context(), "x"); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

func TestLowCostIsRefused(t *testing.T) {
	t.Parallel()
	h := accounttest.New(t)
	o := account.Options{Gate: h.Gate, Post: h.Post, Keys: h.Keys, Peppers: h.Peppers, BaseURL: accounttest.Base,
		Cost: 11}
	if _, err := account.New(o); err == nil {
		t.Error("cost 11 is accepted")
	}
	o.Cost = 12
	if _, err := account.New(o); err != nil {
		t.Error(err)
	}
	o.Session.Idle = -1
	if _, err := account.New(o); err == nil {
		t.Error("a negative life is accepted")
	}
	o.Session.Idle, o.BaseURL = 0, "no address"
	if _, err := account.New(o); err == nil {
		t.Error("no base URL is accepted")
	}
}
