package showstest

import (
	"regexp"
	"slices"
	"testing"
)

var canary = regexp.MustCompile(`canary[0-9]+x`)

// Words are the words of reports that stand in the texts, sorted, each once.
func Words(texts ...string) []string {
	var found []string
	for _, text := range texts {
		found = append(found, canary.FindAllString(text, -1)...)
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// Holds fails unless the texts of an output hold exactly these words.
func Holds(t testing.TB, output string, p *Member, want []string, texts ...string) {
	t.Helper()
	want = slices.Compact(slices.Sorted(slices.Values(want)))
	if got := Words(texts...); !slices.Equal(got, want) {
		t.Fatalf("%s for %s (%s) holds %v, should hold %v", output, p.Name, p.Role, got, want)
	}
}

// Within fails if the texts of an output hold other words than these.
func Within(t testing.TB, output string, p *Member, may []string, texts ...string) {
	t.Helper()
	for _, w := range Words(texts...) {
		if !slices.Contains(may, w) {
			t.Fatalf("%s for %s (%s) holds %s", output, p.Name, p.Role, w)
		}
	}
}

// Picks are some words of a report to search for: one that the person may read, and two others that stand or stood in
// it.
func (c *Chain) Picks(r *Report, p *Member) []string {
	list := []string{r.all[c.Rand.IntN(len(r.all))], r.all[c.Rand.IntN(len(r.all))]}
	if may := r.Now(p); len(may) > 0 {
		list = append(list, may[c.Rand.IntN(len(may))])
	}
	return list
}

// Found reports whether the person may find the report by the word. What reviewers asked is not searched.
func (r *Report) Found(p *Member, word string) bool {
	return slices.Contains(r.Now(p), word) && !slices.Contains(r.now.questions, word)
}
