package logging

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

// mask is a pattern of something that must not be written. It is tried only if the text contains hint.
type mask struct {
	hint string // lower case
	form *regexp.Regexp
	as   string
}

var masks = []mask{
	{"@", regexp.MustCompile(`[^\s@<>"'(),;:=\[\]{}|\\/]{1,128}@[^\s@<>"'(),;:=\[\]{}|\\/]{1,253}`), "[e-mail]"},
	{"%40", regexp.MustCompile(`(?i)[a-z0-9._%+-]{1,128}%40[a-z0-9.-]{1,253}`), "[e-mail]"},
	{"eyj", regexp.MustCompile(`eyJ[A-Za-z0-9_=-]{2,}(\.[A-Za-z0-9_=-]*){0,4}`), "[token]"},
	{"bearer", regexp.MustCompile(`(?i)bearer[\s:=]+[^\s,;"']+`), "[token]"},
	{"basic", regexp.MustCompile(`(?i)basic\s+[A-Za-z0-9+/_=-]{8,}`), "[token]"},
	{"__host-", regexp.MustCompile(`(?i)__host-[a-z-]+=[^\s;,]+`), "[cookie]"},
	{"key", regexp.MustCompile(`-----BEGIN [A-Z ]*KEY-----[\s\S]*?(-----END [A-Z ]*KEY-----|$)`), "[key]"},
	{"toh_", regexp.MustCompile(`toh_[A-Za-z0-9_-]{12,}`), "[token]"},
	{"_", regexp.MustCompile(`\b(re|sk|rk|pk|whsec|shp[a-z]{2}|btok|gh[pousr])_[A-Za-z0-9_]{8,}`), "[token]"},
	{"access-", regexp.MustCompile(`access-(sandbox|development|production)-[a-z0-9-]{8,}`), "[token]"},
	{"ya29.", regexp.MustCompile(`ya29\.[A-Za-z0-9_-]{8,}`), "[token]"},
	{"=", regexp.MustCompile(`(?i)(password|passwd|secret|token|api_?key|ticket|[?&]code|[?&]state)=[^\s&;,"']+`),
		"$1=[not logged]"},
}

// maskText replaces what looks like an address or a token.
func maskText(s string) string {
	if len(s) < 4 {
		return s
	}
	lower := strings.ToLower(s)
	for _, m := range masks {
		if strings.Contains(lower, m.hint) {
			s = m.form.ReplaceAllString(s, m.as)
		}
	}
	return s
}

// cleanText truncates, masks and escapes. It masks before it truncates, so that truncation cannot hide the end of a
// pattern, and looks only at a limited part.
func cleanText(s string, limit int) string {
	cut := len(s) > limit*2
	if cut {
		s = s[:limit*2]
	}
	s = escapeControls(maskText(s), false)
	if len(s) > limit {
		s, cut = trimTo(s, limit), true
	}
	if cut {
		s += "… [cut]"
	}
	return s
}

// moduleVersion occurs in the file paths of stacks, and would be mistaken for an address.
var moduleVersion = regexp.MustCompile(`@(v[0-9]+\.[0-9]+\.[0-9]+)`)

// cleanStack is cleanText for stacks, which keep their lines.
func cleanStack(s string) string {
	s = moduleVersion.ReplaceAllString(trimTo(s, maxStack), " $1")
	return trimTo(escapeControls(maskText(s), true), maxStack)
}

func trimTo(s string, limit int) string {
	if len(s) <= limit {
		return s
	}
	for limit > 0 && !utf8.RuneStart(s[limit]) {
		limit--
	}
	return s[:limit]
}

// escapeControls makes characters visible that could forge a line, move a terminal's cursor or reverse text.
func escapeControls(s string, lines bool) string {
	if !hasControls(s) {
		return s
	}
	var b strings.Builder
	for _, r := range s {
		switch {
		case lines && (r == '\n' || r == '\t'):
			b.WriteRune(r)
		case isControl(r):
			b.WriteString(escapeRune(r))
		default:
			b.WriteRune(r)
		}
	}
	return b.String()
}

func hasControls(s string) bool {
	for _, r := range s {
		if isControl(r) || r == utf8.RuneError {
			return true
		}
	}
	return false
}

func isControl(r rune) bool {
	if r < 0x7f {
		return r < 0x20
	}
	return r < 0xa0 || r == 0x2028 || r == 0x2029 || unicode.Is(unicode.Cf, r)
}

func escapeRune(r rune) string {
	switch r {
	case '\n':
		return `\n`
	case '\r':
		return `\r`
	case '\t':
		return `\t`
	}
	const digits = "0123456789abcdef"
	out := []byte(`\u`)
	shift := 12
	if r > 0xffff {
		shift = 20
	}
	for ; shift >= 0; shift -= 4 {
		out = append(out, digits[(r>>shift)&0xf])
	}
	return string(out)
}
