package account

import (
	"slices"
	"unicode/utf8"
)

// longestFirst drops what is too short to mean anything, and what is there twice.
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
