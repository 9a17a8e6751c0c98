package seal_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/tinyoperahouse/toh/internal/platform/seal"
)

func TestWords(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"": "",
		"The tenor, the TENOR & the Tenor's dog!": "tenor dog",
		"a b cd 7 42":                             "42",
		"Straße STRASSE strasse":                  "strasse",
		"ﬁnale ﬂute ﬃ":                            "finale flute ffi",
		"Dvořák Dvorak DVOŘÁK Dvor\u030ca\u0301k": "dvorak",
		"İstanbul ISTANBUL ıstanbul istanbul":     "istanbul",
		"Ærø Øresund":                             "ærø øresund",
		"ΣΊΣΥΦΟΣ Σίσυφος":                         "σισυφοσ",
		"re-hearsal stage_left 19:30":             "hearsal stage left 19 30",
		"x²  ½ Ⅳ №5":                              "x2 no5",
		"ｆｕｌｌ　ｗｉｄｔｈ":                              "full width",
		"soft\u00adhyphen zero\u200dwidth":        "softhyphen zerowidth",
		"東京オペラ":                                   "東京 京オ オヘ ヘラ",
		"火":                                       "火",
		"Aria 夜の女王 now":                           "aria 夜の の女 女王",
		"ガ ｶﾞ か゚":                                 "カ か",
		"🎭 bravo🎉brava 👩‍🎤":                       "bravo brava",
		"Москва Ёлка":                             "москва елка",
		"كِتَاب كتاب":                             "كتاب",
		"\xff\xfeab\xffcd":                        "",
		"Li, Ty und q7 L5 не да нет ab":           "und q7 l5 нет",
		strings.Repeat("ab", 30):                  strings.Repeat("ab", 20),
	} {
		if got := strings.Join(seal.Words(text), " "); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestOnlySmall(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{
		"": false, "!?": false, "the": true, "The, OF ... a": true, "x": true, "of Tosca": false, "42": false,
		"7": true,
		"火": false, "out": false, "May": false, "Will": false, "blackout": false,
	} {
		if got := seal.OnlySmall(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

// TestShortWordsOfOtherScripts: in scripts where a letter is a syllable, two letters are a word.
func TestShortWordsOfOtherScripts(t *testing.T) {
	t.Parallel()
	if n := len(seal.Words("공연 극 שם")); n != 3 {
		t.Errorf("%d words", n)
	}
}

func TestWordsAreBounded(t *testing.T) {
	t.Parallel()
	var b strings.Builder
	for i := range 5000 {
		fmt.Fprintf(&b, "word%d ", i)
	}
	words := seal.Words(b.String())
	if len(words) != 2000 || words[0] != "word0" || words[1999] != "word1999" {
		t.Fatalf("%d words", len(words))
	}
	if n := len(seal.Words(strings.Repeat("a b ", 1<<18))); n != 0 {
		t.Fatalf("%d words of nothing", n)
	}
}

// checkWords checks what must hold for any text.
func checkWords(t *testing.T, text string) {
	words := seal.Words(text)
	seen := map[string]bool{}
	for _, w := range words {
		n := utf8.RuneCountInString(w)
		if n < 1 || n > 40 || seen[w] || !utf8.ValidString(w) || strings.ContainsAny(w, " \t\n") {
			t.Fatalf("%q gives %q", text, w)
		}
		seen[w] = true
		if again := seal.Words(w); len(again) != 1 || again[0] != w {
			t.Fatalf("%q gives %q, which gives %q", text, w, again)
		}
	}
	if len(words) > 2000 {
		t.Fatalf("%d words", len(words))
	}
	if upper := seal.Words(strings.ToUpper(text)); !slices.Equal(words, upper) && isASCII(text) {
		t.Fatalf("%q gives %q, in capitals %q", text, words, upper)
	}
}

func isASCII(s string) bool { return strings.IndexFunc(s, func(r rune) bool { return r > 126 }) < 0 }

func FuzzWords(f *testing.F) {
	for _, s := range []string{"Straße", "ﬁ", "İı", "東京オペラ", "e\u0301", "ᄀ가", "ẞ", "\u0345", "ŉ", "a\u0300\u0300b"} {
		f.Add(s)
	}
	f.Fuzz(checkWords)
}

func FuzzOpen(f *testing.F) {
	w := newWorld(f)
	r := w.ring(f, w.instance(), tosca)
	c := sealed(f, r, "curtain")
	f.Add(c, "reports", "r1", "title")
	f.Add(c[:10], "reports", "r1", "")
	f.Fuzz(func(t *testing.T, c2 []byte, kind, id, field string) {
		b := seal.Binding{Scope: tosca, Kind: kind, ID: id, Field: field}
		plain, err := r.Open(c2, b)
		if err == nil && (!slices.Equal(c, c2) || b != place(tosca)) {
			t.Fatalf("opened %q", plain)
		}
		if _, err := openFile(r, c2, b); err == nil {
			t.Fatal("opened as a file")
		}
		if kind == "" || id == "" {
			return
		}
		again, err := r.Seal(c2, b)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := r.Open(again, b); err != nil || !slices.Equal(back, c2) {
			t.Fatal(err)
		}
	})
}
