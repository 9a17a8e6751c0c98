package passwords_test

import (
	"maps"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/tinyoperahouse/toh/internal/product/passwords"
)

const strong = "violet anchors sleep beneath gravel"

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
		if passwords.Problem(bad, context...) == "" {
			t.Errorf("%q is accepted", bad)
		}
	}
	for _, good := range []string{
		strong, "seven copper lanterns hum",
		"kq7 vz2 mwp 9xt", "mudança prévia do trovão azul", "Zahnrad Apfelmus Leuchtturm",
		"雷が鳴る夜に青い傘を三本買った話", "xK9#mQ2$vL7@nR4&",
		"nur kleine buchstaben ohne zahl", "ann likes violet anchors beneath gravel",
	} {
		if problem := passwords.Problem(good, context...); problem != "" {
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
		problem := passwords.Problem(text, "ann@example.org", strings.Repeat("word ", 100))
		if accepted := problem == ""; accepted != (what == "look-alikes") {
			t.Errorf("%s: accepted %t, %q", what, accepted, problem)
		}
		if problem := passwords.Problem(strings.Repeat(text, 1024)); !strings.Contains(problem, "1024 bytes") {
			t.Errorf("a megabyte of %s: %q", what, problem)
		}
	}
}

func BenchmarkPolicy(b *testing.B) {
	texts := maps.Clone(hostile)
	texts["a good one"] = strong
	for what, text := range texts {
		b.Run(what, func(b *testing.B) {
			for b.Loop() {
				_ = passwords.Problem(text, "ann@example.org", strings.Repeat("word ", 100))
			}
		})
	}
}

func FuzzPolicy(f *testing.F) {
	f.Add("violet anchors", "ann@example.org")
	f.Add("ǅİıſß\x00\xff", "𝔸nn@example.org")
	f.Fuzz(func(t *testing.T, password, context string) {
		if len(password) < 3000 && len(context) < 300 {
			_ = passwords.Problem(password, context)
		}
	})
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
		if problem := passwords.Problem(string(text), "ann@example.org", "Ann Fairweather"); problem != "" {
			t.Errorf("%s: %s", text, problem)
		}
		phrase := make([]string, 5)
		for i := range phrase {
			phrase[i] = words[r.IntN(len(words))]
		}
		if problem := passwords.Problem(strings.Join(phrase, " "), "ann@example.org",
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
