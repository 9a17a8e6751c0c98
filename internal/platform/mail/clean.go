package mail

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

const (
	maxName = 80
	maxWhat = 1000
)

// oneLine makes text safe for a header: no control characters, no line breaks, nothing that changes the direction of
// text, single spaces, limited length.
func oneLine(s string, limit int) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r), r == 0x2028, r == 0x2029:
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), r == utf8.RuneError, unicode.Is(unicode.Co, r):
			return -1
		}
		return r
	}, s)
	return truncate(strings.Join(strings.Fields(s), " "), limit)
}

func truncate(s string, limit int) string {
	if utf8.RuneCountInString(s) <= limit {
		return s
	}
	return strings.TrimSpace(string([]rune(s)[:limit-1])) + "…"
}

var (
	dotted  = regexp.MustCompile(`([\pL\pN])([.．。｡])([\pL\pN])`)
	slashes = regexp.MustCompile(`[:/\\@<>"]+`)
)

// plain makes a name that somebody else chose safe for a mail that comes from us: one line, and nothing that a mail
// program would turn into a link or an address.
func plain(s string, limit int) string {
	s = slashes.ReplaceAllString(s, " ")
	for range 2 { // the matches in a.b.c overlap
		s = dotted.ReplaceAllString(s, "$1$2 $3")
	}
	return oneLine(s, limit)
}
