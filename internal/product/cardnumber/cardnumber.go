// Package cardnumber finds payment card numbers in text, so that none is ever stored.
//
// It is a leaf. It must never keep, log or return what it found: only whether there is something, or the text without
// it.
package cardnumber

import (
	"regexp"
	"strings"
	"unicode"
)

const (
	shortest = 13 // digits of a card number
	longest  = 19
	group    = 4 // digits of each group of a number written in groups, except the last
	left     = 4 // digits that a mask leaves
)

// Refusal is what people read who typed a card number anywhere.
const Refusal = "This looks like a payment card number. Card numbers must not be kept here: please remove it."

var (
	// runs are digits, in one piece or in groups separated by a space, a dash, a slash, a dot or an underscore.
	runs   = regexp.MustCompile(`[0-9]+(?:[ \x{00A0}\x{2007}\x{2009}\x{202F}.\-\x{2010}-\x{2015}\x{2212}/_][0-9]+)*`)
	digits = regexp.MustCompile(`[0-9]+`)
	// accounts are IBANs: they have the length of a card number but are not card numbers.
	accounts = regexp.MustCompile(`\b[A-Z]{2}[0-9]{2}(?:[ ]?[A-Z0-9]{4}){2,7}(?:[ ]?[A-Z0-9]{1,3})?\b`)
)

// In reports whether the text holds something that has the form and the check digit of a payment card number.
func In(text string) bool {
	_, _, found := find(plain(text))
	return found
}

// Mask replaces all but the last four digits of each card number. It is for text that nobody typed here and that cannot
// be refused.
func Mask(text string) string {
	masked := plain(text)
	for {
		from, to, found := find(masked)
		if !found {
			break
		}
		number := []byte(masked[from:to])
		for i, rest := len(number)-1, left; i >= 0; i-- {
			if number[i] < '0' || number[i] > '9' {
				continue
			}
			if rest--; rest < 0 {
				number[i] = '*'
			}
		}
		masked = masked[:from] + string(number) + masked[to:]
		text = masked
	}
	return text
}

// find is where the first number stands in a text with plain digits.
func find(text string) (from, to int, found bool) {
	if len(text) < shortest {
		return 0, 0, false
	}
	text = accounts.ReplaceAllStringFunc(text, func(a string) string { return strings.Repeat("x", len(a)) })
	for _, run := range runs.FindAllStringIndex(text, -1) {
		if from, to, found := inGroups(text[run[0]:run[1]]); found {
			return run[0] + from, run[0] + to, true
		}
	}
	return 0, 0, false
}

// plain writes the digits of all scripts as ASCII digits.
func plain(text string) string {
	return strings.Map(func(r rune) rune {
		if r > unicode.MaxASCII && unicode.Is(unicode.Nd, r) {
			return '0' + digit(r)
		}
		return r
	}, text)
}

// digit is the value of a decimal digit. Those of a script follow each other, beginning with zero.
func digit(r rune) rune {
	for _, block := range unicode.Nd.R16 {
		if r >= rune(block.Lo) && r <= rune(block.Hi) {
			return (r - rune(block.Lo)) % 10
		}
	}
	for _, block := range unicode.Nd.R32 {
		if lo, hi := rune(block.Lo), rune(block.Hi); r >= lo && r <= hi { // #nosec G115 -- code points
			return (r - lo) % 10
		}
	}
	return 0
}

// inGroups tries every sequence of groups of a run as a number.
func inGroups(run string) (from, to int, found bool) {
	groups := digits.FindAllStringIndex(run, -1)
	for i, first := range groups {
		number := run[first[0]:first[1]]
		if card(number) {
			return first[0], first[1], true
		}
		for j := i + 1; j < len(groups) && groups[j-1][1]-groups[j-1][0] >= group && len(number) < longest; j++ {
			number += run[groups[j][0]:groups[j][1]]
			if card(number) {
				return first[0], groups[j][1], true
			}
		}
	}
	return 0, 0, false
}

func card(number string) bool {
	return len(number) >= shortest && len(number) <= longest && number[0] != '0' && luhn(number)
}

// luhn is the check that every card number passes, and one in ten other numbers.
func luhn(number string) bool {
	sum, double := 0, false
	for i := len(number) - 1; i >= 0; i-- {
		d := int(number[i] - '0')
		if double {
			d *= 2
			if d > 9 {
				d -= 9
			}
		}
		sum += d
		double = !double
	}
	return sum%10 == 0
}
