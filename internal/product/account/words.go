package account

import (
	"slices"
	"unicode/utf8"
)

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
