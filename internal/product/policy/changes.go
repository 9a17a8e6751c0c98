package policy

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Change is something that whoever has an agreement with the operator is told of: a new version of the agreement, or
// another list of subprocessors.
type Change struct {
	ID    string    `json:"id"`
	What  What      `json:"what"`
	Says  string    `json:"says"`  // what is different, for people
	Path  string    `json:"path"`  // of the page that shows all of it
	Found time.Time `json:"found"` // when this installation began to tell of it
	Holds time.Time `json:"holds"` // from when on
}

// What is of what a Change is.
type What string

// What can change.
const (
	OfAgreement     What = "agreement"
	OfSubprocessors What = "subprocessors"
)

// Difference says in words what differs between two lists of subprocessors; "" if nothing that concerns anybody's data.
// From when on it holds is the day of the latest that is new, or at, if no day is later.
func Difference(before, now []Subprocessor, at time.Time) (says string, holds time.Time) {
	var fresh, gone, other []string
	holds = at
	for _, p := range now {
		i := indexOf(before, p.Name)
		switch {
		case i < 0:
			fresh = append(fresh, p.Name+" ("+uncapped(p.Purpose)+")")
			if p.Since.After(holds) {
				holds = p.Since
			}
		case len(differing(before[i], p)) > 0:
			other = append(other, p.Name+" ("+strings.Join(differing(before[i], p), ", ")+")")
		}
	}
	for _, p := range before {
		if indexOf(now, p.Name) < 0 {
			gone = append(gone, p.Name)
		}
	}
	var parts []string
	for _, part := range []struct {
		lead  string
		names []string
	}{{"New: ", fresh}, {"No longer used: ", gone}, {"Changed: ", other}} {
		if len(part.names) > 0 {
			parts = append(parts, part.lead+strings.Join(part.names, "; ")+".")
		}
	}
	return strings.Join(parts, " "), holds
}

func indexOf(list []Subprocessor, name string) int {
	return slices.IndexFunc(list, func(p Subprocessor) bool { return p.Name == name })
}

// differing names what is different, apart from the link to their page.
func differing(before, now Subprocessor) []string {
	var names []string
	for _, f := range []struct{ name, before, now string }{
		{"what for", before.Purpose, now.Purpose}, {"which data", before.Data, now.Data},
		{"where", before.Place, now.Place},
	} {
		if f.before != f.now {
			names = append(names, f.name)
		}
	}
	return names
}

// uncapped is a sentence as it stands within another one.
func uncapped(sentence string) string {
	first, size := utf8.DecodeRuneInString(sentence)
	return string(unicode.ToLower(first)) + strings.TrimSuffix(sentence[size:], ".")
}
