package account

import (
	_ "embed"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	zxcvbn "github.com/ccojocar/zxcvbn-go"
	"github.com/ccojocar/zxcvbn-go/frequency"
	"github.com/ccojocar/zxcvbn-go/matching"
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// The bounds of a password. There are no rules of composition: what counts is how hard it is to guess.
const (
	minPassword   = 12   // characters
	maxPassword   = 1024 // bytes
	maxGuessed    = 64   // bytes of it that the estimate looks at, which takes longer the more there are
	minScore      = 3    // of 4: safely unguessable offline by a patient attacker with one machine, since the hash is slow
	minContext    = 4    // characters of a word of context
	ownCharacters = 10   // that a password must have beside words of context
)

//go:embed common.txt
var commonText string

// common are passwords of those lists that attackers try first, folded.
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

// product are words that everybody would try here.
var product = []string{"tinyoperahouse", "tinyopera", "operahouse", "operagrid", "tinyops"}

// PasswordProblem is the password policy of every way to set one: sign-up, invitation, reset, change, the operator's command. It
// gives "", or a sentence that says what to do. The context is what others know: the person's name and address, the company's name.
func PasswordProblem(password string, context ...string) string {
	switch {
	case utf8.RuneCountInString(password) < minPassword:
		return "Use at least 12 characters. Four or five words that do not belong together are easy to keep in mind."
	case len(password) > maxPassword:
		return "Use at most 1024 bytes, which is about 1000 letters."
	}
	words := contextWords(context)
	if listed(password) {
		return "This is one of the passwords that attackers try first. Use four or five words that do not belong together."
	}
	if leansOn(password, words) {
		return "Leave out your name, your address and the name of the company or of this product, or add more that has nothing to do with them."
	}
	if score(password, words) < minScore {
		return "This can be guessed. Make it longer: four or five words that do not belong together, without patterns or repetition."
	}
	return ""
}

// fold makes texts comparable: without case, compatibility forms, and anything that is no letter or digit.
func fold(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, cases.Fold().String(norm.NFKC.String(text)))
}

// listed reports a password that is on a list, or one on a list written several times.
func listed(password string) bool {
	folded := fold(password)
	return common()[folded] || repeated(folded) || repeated(password)
}

// repeated reports a short piece, or a listed one, that is written several times.
func repeated(folded string) bool {
	for size := 1; size <= len(folded)/2; size++ {
		if len(folded)%size == 0 && strings.Repeat(folded[:size], len(folded)/size) == folded {
			if size < 6 || common()[folded[:size]] {
				return true
			}
		}
	}
	return false
}

// leansOn reports a password that would be short without the words that others know.
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
		for _, part := range strings.FieldsFunc(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }) {
			words = append(words, fold(part))
		}
	}
	return longestFirst(words)
}

// score is the estimate of zxcvbn, from 0 to 4. A long password is judged by its beginning, and also as it reads with look-alikes
// taken for letters: the library's own matcher of those takes seconds for some inputs.
func score(password string, words []string) int {
	text := cut(password, maxGuessed)
	least := guess(text, words)
	for _, letters := range lookAlikes {
		if plain := letters.Replace(text); plain != text {
			least = min(least, guess(plain, words))
		}
	}
	return least
}

func guess(text string, words []string) int {
	return zxcvbn.PasswordStrength(text, words, matching.FilterL33tMatcher).Score
}

// lookAlikes are the usual ways to write letters as other characters; two, since 1 and ! stand for i or l.
var lookAlikes = []*strings.Replacer{
	strings.NewReplacer("4", "a", "@", "a", "8", "b", "(", "c", "3", "e", "6", "g", "9", "g", "1", "i", "!", "i", "|", "i", "0", "o", "5", "s", "$", "s", "7", "t", "+", "t", "2", "z"),
	strings.NewReplacer("4", "a", "@", "a", "8", "b", "(", "c", "3", "e", "6", "g", "9", "g", "1", "l", "!", "l", "|", "l", "0", "o", "5", "s", "$", "s", "7", "t", "+", "t", "2", "z"),
}
