package reports

import (
	"errors"
	"slices"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/product/shows"
)

// same reports whether two forms say the same.
func (d *DraftForm) same(other *DraftForm) bool {
	a, b := d.input(), other.input()
	return equalInput(a, b)
}

func equalInput(a, b shows.ReportInput) bool {
	if *a.Title != *b.Title || *a.Text != *b.Text || !sameReaders(*a.Audience, *b.Audience) {
		return false
	}
	if !slices.EqualFunc(clocks(a.Times), clocks(b.Times), func(x, y string) bool { return x == y }) {
		return false
	}
	for key, v := range a.Values {
		if b.Values[key] != v {
			return false
		}
	}
	return slices.EqualFunc(a.Sections, b.Sections, func(x, y shows.SectionInput) bool {
		return x.Department == y.Department && topicOf(x) == topicOf(y) && x.Severity == y.Severity &&
			x.Text == y.Text && x.Cue == y.Cue &&
			(x.Audience.Level == "" || y.Audience.Level == "" || sameReaders(x.Audience, y.Audience))
	})
}

// topicOf is the topic of a note: that it has none is said only if the form showed which one it had.
func topicOf(s shows.SectionInput) string {
	if s.Topic == shows.NoTopic {
		return ""
	}
	return s.Topic
}

func sameReaders(a, b access.Audience) bool {
	sorted := func(people []string) []string { return slices.Sorted(slices.Values(people)) }
	return a.Level == b.Level && slices.Equal(sorted(a.People), sorted(b.People))
}

// clocks are the typed moments as clocks show them.
func clocks(list []shows.StampInput) []string {
	var texts []string
	for _, s := range list {
		shown := s.Actual
		if t, err := shows.ParseTime(s.Actual); err == nil {
			shown = t.String()
		} else if exact := clockOf(s.Actual); exact != "" {
			shown = exact
		}
		if shown != "" {
			texts = append(texts, timeKey(s.Event, s.N)+" "+shown)
		}
	}
	return slices.Sorted(slices.Values(texts))
}

// draftID is the id of the report of the address; one that cannot be an id is absent.
func draftID(q *frame.Request) (string, error) {
	id := q.Var("report")
	if !model.ValidID(id) {
		return "", model.ErrNotFound
	}
	return id, nil
}

// isStale reports whether somebody changed the thing in between.
func isStale(err error) bool { return errors.Is(err, model.ErrStale) }
