package account

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"github.com/tinyoperahouse/toh/internal/product/cardnumber"
)

// maxName bounds the names of people, in characters.
const maxName = 80

// CleanName normalizes a name of one line: NFC, single spaces, no invisible characters. ok is false if it is empty or
// longer than most.
func CleanName(text string, most int) (name string, ok bool) {
	if !utf8.ValidString(text) || len(text) > 8*most {
		return "", false
	}
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case invisible(r):
			return -1
		}
		return r
	}, norm.NFC.String(text))
	text = strings.Join(strings.Fields(text), " ")
	n := utf8.RuneCountInString(text)
	return text, n > 0 && n <= most
}

// Typed cleans and checks a name of one line that somebody typed. A name that is empty, too long or a payment card
// number is reported in fields.
func Typed(fields map[string]string, field, text string, most int, ask string) string {
	name, ok := CleanName(text, most)
	switch {
	case !ok:
		fields[field] = ask
	case cardnumber.In(name):
		fields[field] = cardnumber.Refusal
	}
	return name
}

// invisible reports characters that do not belong in a name: controls, and marks of text direction.
func invisible(r rune) bool {
	const joiner, nonJoiner = '\u200d', '\u200c' // letters of some scripts need them
	return unicode.IsControl(r) || (unicode.Is(unicode.Cf, r) && r != joiner && r != nonJoiner) || r == '\u2028' ||
		r == '\u2029'
}

// cut shortens a text to a number of bytes, between two characters, and drops invalid bytes.
func cut(text string, most int) string {
	text = strings.ToValidUTF8(text, "")
	if len(text) <= most {
		return text
	}
	for most > 0 && !utf8.RuneStart(text[most]) {
		most--
	}
	return text[:most]
}
