package shows

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/platform/records"
)

// maxTokens limits the blind index of one report, so that a long report for many people can still be filed: words
// beyond it are not searchable. The words that most people may read come first, so that nobody can tell from what is
// not found how much is withheld.
const maxTokens = 3500

// searchTexts assigns every word of a report to those who may read it in its place.
func searchTexts(r *Report) []records.Text {
	own := r.audience()
	texts := []records.Text{{Audience: own, Words: r.ownWords()}}
	for _, level := range []access.Level{access.Everyone, access.Organizers, access.Managers, access.People} {
		for _, part := range r.partTexts(level) {
			texts = append(texts, records.Text{Audience: both(own, part.Audience), Words: part.Words})
		}
	}
	return bounded(texts)
}

// partTexts are the words of the values and sections of one level.
func (r *Report) partTexts(level access.Level) []records.Text {
	var texts []records.Text
	add := func(a access.Audience, words string) {
		if a.Level == level {
			texts = append(texts, records.Text{Audience: a, Words: words})
		}
	}
	for _, key := range slices.Sorted(maps.Keys(r.Values)) {
		add(r.valueAudience(key), valueWords(r.Values[key]))
	}
	for i := range r.Sections {
		add(r.Sections[i].audience(), r.Sections[i].words())
	}
	return texts
}

// ownWords are the words for everybody who may read the report.
func (r *Report) ownWords() string {
	words := []string{r.Title, r.Text, r.ProductionTitle, r.PerformanceLabel, r.Author.Name, r.Day}
	if t, ok := TypeOf(r.Type); ok {
		words = append(words, t.Label)
	}
	return strings.Join(words, "\n")
}

func (s *Section) words() string {
	topic, _ := TopicOf(s.Topic)
	return strings.Join([]string{s.Department, topic.Label, s.Text, s.Cue}, "\n")
}

func valueWords(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case []any:
		words := make([]string, len(v))
		for i, e := range v {
			words[i] = fmt.Sprint(e)
		}
		return strings.Join(words, "\n")
	}
	return ""
}

// both is the audience of a part inside a whole, for search: whoever it admits may read the part. The gate decides
// about the whole again, on every hit, before anything is counted.
func both(whole, part access.Audience) access.Audience {
	if part.Level == access.Everyone {
		return whole
	}
	return part
}

// bounded cuts off words at the end, so that the blind index fits into a document.
func bounded(texts []records.Text) []records.Text {
	room := maxTokens
	var kept []records.Text
	for _, t := range texts {
		domains := len(t.Audience.Domains())
		words := records.Words(t.Words)
		if domains == 0 || len(words) == 0 {
			continue
		}
		if fit := room / domains; len(words) > fit {
			words = words[:fit]
		}
		room -= len(words) * domains
		kept = append(kept, records.Text{Audience: t.Audience, Words: strings.Join(words, " ")})
	}
	return kept
}
