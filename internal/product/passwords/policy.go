package passwords

import (
	_ "embed"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"github.com/ccojocar/zxcvbn-go/frequency"
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"github.com/tinyoperahouse/toh/internal/product/guess"
)

// The bounds of a password. There are no composition rules: what counts is how hard it is to guess.
const (
	minPassword = 12   // characters
	maxPassword = 1024 // bytes
	// of guess.Bits: years of work offline for one machine even if the pepper is known, since the hash is slow
	minBits       = 35
	minContext    = 4  // characters of a word of context
	ownCharacters = 10 // that a password must have beside words of context
)

//go:embed common.txt
var commonText string

// common holds the passwords that attackers try first, folded.
var common = sync.OnceValue(func() map[string]bool {
	set := map[string]bool{}
	for line := range strings.Lines(commonText) {
		if word := fold(line); word != "" && !strings.HasPrefix(line, "#") {
			set[word] = true
		}
	}
	for _, word := range frequency.Lists["Passwords"].List {
		set[fold(word)] = true
	}
	return set
})

// product are words that an attacker of this product would try.
var product = []string{"tinyoperahouse", "tinyopera", "operahouse", "operagrid", "tinyops"}

// Problem is the password policy for sign-up, invitation, reset, change and the operator's command. It returns
// "", or a sentence that says what to do. context is what others know: the person's name and address, the company's
// name.
func Problem(password string, context ...string) string {
	if len(password) > maxPassword {
		return "Use at most 1024 bytes, which is about 1000 letters."
	}
	password = prepared(password)
	if utf8.RuneCountInString(password) < minPassword {
		return "Use at least 12 characters. Four or five unrelated words are easy to remember."
	}
	words := contextWords(context)
	if listed(password) {
		return "This is one of the passwords that attackers try first. Use four or five unrelated words."
	}
	if leansOn(password, words) {
		return "Leave out your name, your address and the name of the company or of this product, or add more words " +
			"that are unrelated to them."
	}
	if guess.Bits(password, words) < minBits {
		return "This is too easy to guess. Make it longer: four or five unrelated words, without dates, rows of keys " +
			"or repetition."
	}
	return ""
}

// fold makes texts comparable: it removes case, compatibility forms, and everything but letters and digits.
func fold(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, cases.Fold().String(norm.NFKC.String(text)))
}

// listed reports whether a password is among the common ones.
func listed(password string) bool { return common()[fold(password)] }

// leansOn reports whether a password would be too short without the words that others know.
func leansOn(password string, words []string) bool {
	rest, found := fold(password), false
	for _, w := range words {
		if strings.Contains(rest, w) {
			rest, found = strings.ReplaceAll(rest, w, ""), true
		}
	}
	return found && utf8.RuneCountInString(rest) < ownCharacters
}

// contextWords are the words that others know, the longest first.
func contextWords(context []string) []string {
	words := append([]string{}, product...)
	for _, text := range context {
		words = append(words, fold(text))
		for _, part := range strings.FieldsFunc(text, func(r rune) bool {
			return !unicode.IsLetter(r) && !unicode.IsDigit(r)
		}) {
			words = append(words, fold(part))
		}
	}
	return longestFirst(words)
}

// longestFirst sorts words by length and drops duplicates and words that are too short to matter.
func longestFirst(words []string) []string {
	words = slices.DeleteFunc(words, func(w string) bool { return utf8.RuneCountInString(w) < minContext })
	slices.SortFunc(words, func(a, b string) int {
		if d := len(b) - len(a); d != 0 {
			return d
		}
		if a < b {
			return -1
		}
		if a > b {
			return 1
		}
		return 0
	})
	return slices.Compact(words)
}
