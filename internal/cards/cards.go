// Package cards finds payment card numbers in text, so that none is ever stored.
//
// It is a leaf. It must never keep, log or return what it found: only that there is something.
package cards

import "regexp"

const (
	shortest = 13 // digits of a card number
	longest  = 19
	group    = 4 // digits of each group of a number written in groups, except the last
)

var (
	// runs are digits, in one piece or in groups that a space, a dash or a dot parts.
	runs   = regexp.MustCompile(`[0-9]+(?:[ \x{00A0}\x{202F}.\-][0-9]+)*`)
	digits = regexp.MustCompile(`[0-9]+`)
	// accounts are IBANs: they have the length of a card number and are none.
	accounts = regexp.MustCompile(`\b[A-Z]{2}[0-9]{2}(?:[ ]?[A-Z0-9]{4}){2,7}(?:[ ]?[A-Z0-9]{1,3})?\b`)
)

// In reports whether the text holds something that has the form and the check digit of a payment card number.
func In(text string) bool {
	if len(text) < shortest {
		return false
	}
	for _, run := range runs.FindAllString(accounts.ReplaceAllString(text, " "), -1) {
		if inGroups(digits.FindAllString(run, -1)) {
			return true
		}
	}
	return false
}

// inGroups tries every sequence of groups as a number.
func inGroups(groups []string) bool {
	for i, first := range groups {
		number := first
		if card(number) {
			return true
		}
		for j := i + 1; j < len(groups) && len(groups[j-1]) >= group && len(number) < longest; j++ {
			number += groups[j]
			if card(number) {
				return true
			}
		}
	}
	return false
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
