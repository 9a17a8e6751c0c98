// Package guess estimates how hard a text is to guess for somebody who knows how people make passwords: from words and
// names in many languages, dates, rows of keys, letters and numbers in order, and repeated pieces.
//
// It is a leaf. It must never keep, log or return the text.
package guess

import (
	"math"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Most is how many characters of a text are looked at. Further characters can only make it harder to guess.
const Most = 64

// Bits is approximately the binary logarithm of the number of guesses that a text takes, rather too low than too high.
// known holds what is easy to guess about whoever chose it, such as a name.
func Bits(text string, known []string) float64 {
	t := read(text)
	return min(t.cheapest(known), t.untangled().cheapest(known)+untangling)
}

// untangling is the cost of trying texts that are two others mixed character by character, as in a1b2c3.
const untangling = 3

// text is what is looked at, character by character.
type text struct {
	raw   []rune // as written, in NFC
	plain []rune // in lower case, without accents
	alike [2][]rune
}

func read(s string) *text {
	t := &text{}
	for _, r := range norm.NFC.String(s) {
		if t.raw = append(t.raw, r); len(t.raw) == Most {
			break
		}
	}
	t.derive()
	return t
}

func (t *text) derive() {
	t.plain, t.alike = make([]rune, len(t.raw)), [2][]rune{make([]rune, len(t.raw)), make([]rune, len(t.raw))}
	for i, r := range t.raw {
		t.plain[i] = plain(r)
		for k, letters := range lookAlikes {
			t.alike[k][i] = t.plain[i]
			if letter, ok := letters[r]; ok {
				t.alike[k][i] = letter
			}
		}
	}
}

// untangled has every other character first, and then those between.
func (t *text) untangled() *text {
	u := &text{raw: make([]rune, 0, len(t.raw))}
	for first := range 2 {
		for i := first; i < len(t.raw); i += 2 {
			u.raw = append(u.raw, t.raw[i])
		}
	}
	u.derive()
	return u
}

// plain is a letter in lower case and without accents.
func plain(r rune) rune {
	r = unicode.ToLower(r)
	if r < 0x80 {
		return r
	}
	parts := []rune(norm.NFKD.String(string(r)))
	if len(parts) == 1 {
		return unicode.ToLower(parts[0])
	}
	for _, mark := range parts[1:] {
		if !unicode.Is(unicode.Mn, mark) {
			return r
		}
	}
	return unicode.ToLower(parts[0])
}

// lookAlikes are the usual ways to write letters as other characters; there are two, since 1 and ! stand for i or l.
var lookAlikes = [2]map[rune]rune{alike('i'), alike('l')}

func alike(one rune) map[rune]rune {
	return map[rune]rune{
		'4': 'a', '@': 'a', '8': 'b', '(': 'c', '3': 'e', '6': 'g', '9': 'g', '1': one, '!': one, '|': one, '0': 'o',
		'5': 's', '$': 's',
		'7': 't', '+': 't', '2': 'z', '€': 'e',
	}
}

// found is called with a piece, from one character up to but excluding another, and its cost.
type found func(from, to int, bits float64)

// pieceBits are for knowing which kind of piece is where. Without them random texts would seem to be made of pieces.
const pieceBits = 1.5

// cheapest is the cost of the cheapest way to build the text from pieces.
func (t *text) cheapest(known []string) float64 {
	n := len(t.raw)
	pieces := make([][]piece, n) // by where they begin
	add := func(from, to int, bits float64) {
		pieces[from] = append(pieces[from], piece{to, bits + pieceBits})
	}
	for i := range n {
		pieces[i] = append(pieces[i], piece{i + 1, t.alone(i)})
	}
	t.words(newNames(known), add)
	t.orders(add)
	t.copies(add)
	t.walks(add)
	t.dates(add)
	return shortest(pieces)
}

type piece struct {
	to   int
	bits float64
}

// shortest is the path with the fewest bits from the beginning to the end.
func shortest(pieces [][]piece) float64 {
	least := make([]float64, len(pieces)+1)
	for i := 1; i <= len(pieces); i++ {
		least[i] = math.Inf(1)
	}
	for i, from := range pieces {
		for _, p := range from {
			least[p.to] = min(least[p.to], least[i]+p.bits)
		}
	}
	return least[len(pieces)]
}

// The cost of a single character that belongs to no other piece.
const (
	digitBits  = 3.2
	letterBits = 4.7
	signBits   = 5
	usualBits  = 3 // of signs that separate words or end them
	hanBits    = 9
	otherBits  = 6
)

func (t *text) alone(i int) float64 {
	r := t.raw[i]
	switch {
	case r >= '0' && r <= '9':
		return digitBits
	case r == ' ' || r == '-' || r == '_' || r == '.' || r == ',' || r == '!' || r == '?':
		return usualBits
	case r >= 'a' && r <= 'z':
		return letterBits
	case r < 0x80 && unicode.IsUpper(r):
		return letterBits + 1
	case r < 0x80:
		return signBits
	case unicode.Is(unicode.Han, r) || unicode.Is(unicode.Hangul, r):
		return hanBits
	}
	return otherBits
}
