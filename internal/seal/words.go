package seal

import (
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Bounds of Words. Longer runs are cut, so that a long name is still found by itself.
const (
	minWord  = 2
	maxWord  = 40
	maxWords = 2000
)

// Words are the words by which a text is found, each once, in order of appearance: runs of letters and digits, compatible
// forms unified, case folded, marks stripped. So "Straße" is found as "strasse", "ﬁnale" as "finale", and İ, I, ı and i are
// the same letter. Scripts that are written without spaces (Chinese, Japanese kana, Thai and the like) are indexed by pairs
// of neighbouring characters, a single one by itself. Symbols and emoji separate words.
func Words(text string) []string {
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

// collector splits a stream of characters into words.
type collector struct {
	run   []rune
	dense bool // the run is of a script without spaces
	words []string
	seen  map[string]bool
}

func (c *collector) full() bool { return len(c.words) >= maxWords }

func (c *collector) take(r rune) {
	switch {
	case unicode.Is(unicode.Mn, r) || unicode.Is(unicode.Cf, r):
		return // marks and invisible joiners do not separate
	case !unicode.IsLetter(r) && !unicode.IsNumber(r):
		c.flush()
		return
	}
	if d := isDense(r); d != c.dense {
		c.flush()
		c.dense = d
	}
	if r == 'ı' {
		r = 'i'
	}
	c.run = append(c.run, r)
}

func isDense(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar)
}

// flush ends a run.
func (c *collector) flush() {
	switch {
	case !c.dense:
		c.word(c.run)
	case len(c.run) == 1:
		c.add(string(c.run))
	default:
		for i := 0; i+1 < len(c.run); i++ {
			c.add(string(c.run[i : i+2]))
		}
	}
	c.run = c.run[:0]
}

func (c *collector) word(run []rune) {
	if len(run) >= minWord {
		c.add(string(run[:min(len(run), maxWord)]))
	}
}

func (c *collector) add(word string) {
	if c.full() || c.seen[word] {
		return
	}
	c.seen[word] = true
	c.words = append(c.words, strings.Clone(word))
}
