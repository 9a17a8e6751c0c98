package policy

import (
	"fmt"
	"strings"

	"github.com/tinyoperahouse/toh/internal/model"
)

// Stored is a sort of data that an installation stores.
type Stored struct {
	model.About
	Place string // what it is called where it is stored: the collection, or what else holds it
}

// DataGroup is what stands under a heading.
type DataGroup struct {
	Heading model.Heading
	Rows    []Stored
}

// Data orders everything that is stored under headings. What only the configuration says is in words. A sort of data
// that does not say what it is for or how it ends is an error, and so is a word in braces that is not known.
func Data(all []Stored, words map[string]string) ([]DataGroup, error) {
	var pairs []string
	for word, text := range words {
		pairs = append(pairs, "{"+word+"}", text)
	}
	fill := strings.NewReplacer(pairs...)
	groups := make([]DataGroup, len(model.Headings))
	for i, h := range model.Headings {
		groups[i].Heading = h
	}
	seen := map[string]bool{}
	for _, s := range all {
		s.Until = fill.Replace(s.Until)
		switch open := leftOpen.FindString(s.Until); {
		case !s.Complete() || s.Place == "":
			return nil, fmt.Errorf("policy: %q does not say what it is for and how it ends: see About in its "+
				"declaration", s.Place)
		case open != "":
			return nil, fmt.Errorf("policy: %q ends by %s, of which nothing is known", s.Place, open)
		case seen[s.Place]:
			return nil, fmt.Errorf("policy: %q is stored twice", s.Place)
		}
		seen[s.Place] = true
		for i := range groups {
			if groups[i].Heading == s.Heading {
				groups[i].Rows = append(groups[i].Rows, s)
			}
		}
	}
	return groups, nil
}
