package stage

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/records"
	"github.com/tinyoperahouse/toh/internal/seal"
)

// maxTokens bounds the blind index of one report, so that a long report for many people can still be filed: words beyond it are not
// searchable, the report's own come first.
const maxTokens = 3500

// searchTexts gives every word of a report to those who may read it where it stands.
func searchTexts(r *Report) []records.Text {
	own := r.audience()
	texts := []records.Text{{Audience: own, Words: r.ownWords()}}
	for _, key := range slices.Sorted(maps.Keys(r.Values)) {
		texts = append(texts, records.Text{Audience: both(own, r.valueAudience(key)), Words: valueWords(r.Values[key])})
	}
	for i := range r.Sections {
		s := &r.Sections[i]
		texts = append(texts, records.Text{Audience: both(own, s.audience()), Words: s.words()})
	}
	return bounded(texts)
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

// both is the audience of a part inside a whole, for search: whoever it admits may read the part. Of the whole the gate decides
// again, on every hit, before anything is counted.
func both(whole, part access.Audience) access.Audience {
	if part.Level == access.Everyone {
		return whole
	}
	return part
}

// bounded cuts words off at the end, so that the blind index fits into a document.
func bounded(texts []records.Text) []records.Text {
	room := maxTokens
	var kept []records.Text
	for _, t := range texts {
		domains := len(t.Audience.Domains())
		words := seal.Words(t.Words)
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
