package config

import (
	"encoding/base64"
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

var (
	// placeholderWords must stand alone, because as part of a random value they mean nothing.
	placeholderWords = regexp.MustCompile(`(?:^|[^a-z0-9])(?:` +
		`change[-_ ]?me|place[-_ ]?holder|example|replace[-_ ]?(?:me|this|with)|your|to[-_ ]?do|dummy|insert|fix[-_ ]?me|x{3,}` +
		`)(?:[^a-z]|$)|<[a-z _-]+>`)
	notSecret = regexp.MustCompile(
		`^(secret|password|passw0rd|test|default|none|null|undefined|admin|letmein|0123456789|1234567890|abcdefghij)`)
	base64Run = regexp.MustCompile(`[A-Za-z0-9+/_-]+`)
)

// isPlaceholder looks only at text that a person could have typed. Words that happen to occur in random bytes, or in
// random bytes encoded as text, mean nothing.
func isPlaceholder(v string) bool {
	if strings.ContainsFunc(v, func(r rune) bool {
		return r == utf8.RuneError || !unicode.IsPrint(r) && !unicode.IsSpace(r)
	}) {
		return false
	}
	lower := strings.ToLower(base64Run.ReplaceAllStringFunc(v, withoutKey))
	return placeholderWords.MatchString(lower) || notSecret.MatchString(lower) || strings.Trim(lower, "x*.-_#") == ""
}

// withoutKey blanks a run of characters that is 32 random bytes in base64, in either alphabet.
func withoutKey(run string) string {
	key, err := base64.RawURLEncoding.DecodeString(strings.NewReplacer("+", "-", "/", "_").Replace(run))
	if err != nil || len(key) != 32 || distinctBytes(key) < 16 {
		return run
	}
	return "key"
}
