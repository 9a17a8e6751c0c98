package seal

import (
	"slices"
	"testing"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"
)

// plainWords is Words without its short cuts.
func plainWords(text string) []string {
	c := collector{seen: map[string]bool{}}
	folded := cases.Fold().String(norm.NFKD.String(text))
	for _, r := range norm.NFKD.String(folded) {
		if c.full() {
			break
		}
		c.take(r)
	}
	c.flush()
	return c.words
}

func TestShortCutsChangeNothing(t *testing.T) {
	t.Parallel()
	letters := rapid.SampledFrom(
		[]rune("abcXYZ019 .,-_'\t\n\u0000äÖßſKıİIﬁée\u0301\u0308\u200dñ中文日本ไทย가각①½٣Ⅷ😀\u00a0\u2028"))
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(letters).Draw(t, "text")
		if got, want := Words(text), plainWords(text); !slices.Equal(got, want) {
			t.Fatalf("%q: %q, not %q", text, got, want)
		}
	})
}

func TestWordsAreBounded(t *testing.T) {
	t.Parallel()
	var text []byte
	for i := range maxWords + 10 {
		text = append(text, 'a'+byte(i%26), 'a'+byte(i/26%26), 'a'+byte(i/676), ' ')
	}
	if n := len(Words(string(text))); n != maxWords {
		t.Errorf("%d words, not %d", n, maxWords)
	}
}

func BenchmarkWords(b *testing.B) {
	text := "House opened on time, the audience was warm and quick to laugh. Act one ran two minutes long; fly cue " +
		"14 was late by a beat. "
	for b.Loop() {
		Words(text + text + text)
	}
}
