package seal

import (
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Limits of Words. Longer runs are truncated, so that a long name can still be found by its full form.
const (
	minWord  = 2
	maxWord  = 40
	maxWords = 2000
)

// Words are the words by which a text can be found, each once, in order of appearance: runs of letters and digits, with
// compatible forms unified, case folded and marks stripped, without the small words (see Small). So "Straße" is found
// as "strasse", "ﬁnale" as "finale", and İ, I, ı and i are the same letter. Scripts that are written without spaces
// (Chinese, Japanese kana, Thai and the like) are indexed by pairs of neighbouring characters, and a single character
// by itself. Symbols and emoji separate words.
func Words(text string) []string { return collect(text).words }

// OnlySmall reports whether a text has words, but none by which anything can be found.
func OnlySmall(text string) bool {
	c := collect(text)
	return len(c.words) == 0 && c.small
}

func collect(text string) *collector {
	c := &collector{seen: make(map[string]bool, len(text)/12)}
	for rest := text; rest != "" && !c.full(); {
		var part string
		var plain bool
		part, plain, rest = nextPart(rest)
		if plain {
			c.plain(part)
		} else {
			c.foreign(part)
		}
	}
	return c
}

// nextPart splits a text at the next ASCII character that is neither a letter nor a digit, and says whether the part
// before it is all ASCII.
func nextPart(text string) (part string, plain bool, rest string) {
	plain = true
	for i := range len(text) {
		switch class[text[i]] {
		case separates:
			return text[:i], plain, text[i+1:]
		case beyond:
			plain = false
		}
	}
	return text, plain, ""
}

const (
	belongs   = iota // ASCII letters and digits
	separates        // all other ASCII
	beyond           // part of a non-ASCII character
)

// class is the class of each byte of a text.
var class = func() (table [256]uint8) {
	for b := range table {
		switch {
		case b >= 0x80:
			table[b] = beyond
		case !unicode.IsLetter(rune(b)) && !unicode.IsNumber(rune(b)):
			table[b] = separates
		}
	}
	return table
}()

// plain takes an ASCII word: most words are ASCII, and need none of what foreign does.
func (c *collector) plain(part string) {
	if len(part) > 0 {
		c.unlessSmall(strings.ToLower(part[:min(len(part), maxWord)]), len(part))
	}
}

// foreign takes letters of any script.
func (c *collector) foreign(part string) {
	folded := cases.Fold().String(norm.NFKD.String(part))
	for _, r := range norm.NFKD.String(folded) {
		if c.full() {
			break
		}
		c.take(r)
	}
	c.flush()
}

// collector splits a stream of characters into words.
type collector struct {
	run   []rune
	dense bool // the run is of a script without spaces
	small bool // small words were left out
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
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer,
		unicode.Myanmar)
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
	if len(run) > 0 {
		c.unlessSmall(string(run[:min(len(run), maxWord)]), len(run))
	}
}

func (c *collector) unlessSmall(word string, letters int) {
	if letters < minWord || Small(word) {
		c.small = true
		return
	}
	c.add(word)
}

func (c *collector) add(word string) {
	if c.full() || c.seen[word] {
		return
	}
	c.seen[word] = true
	c.words = append(c.words, word)
}
