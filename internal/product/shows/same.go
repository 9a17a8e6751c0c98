package shows

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
)

// Same reports whether two inputs, each complete as a form gives it, produce the same report. Ids and scheduled times
// do not count, because people do not see them change.
func (r *Report) Same(a, b ReportInput) bool {
	return value(a.Title) == value(b.Title) && value(a.Day) == value(b.Day) && value(a.Text) == value(b.Text) &&
		r.sameValues(a.Values, b.Values) &&
		sameReaders(audienceValue(a.Audience), audienceValue(b.Audience)) &&
		slices.Equal(r.moments(a.Times), r.moments(b.Times)) &&
		slices.EqualFunc(a.Sections, b.Sections, SectionInput.same)
}

func audienceValue(a *access.Audience) access.Audience {
	if a == nil {
		return access.Audience{}
	}
	return *a
}

func (r *Report) sameValues(a, b map[string]any) bool {
	all := maps.Clone(a)
	if all == nil {
		all = map[string]any{}
	}
	maps.Copy(all, b)
	for key := range all {
		if !fieldNamed(key).Same(r, a[key], b[key]) {
			return false
		}
	}
	return true
}

// moments are the actual times, as instants where they can be read.
func (r *Report) moments(list []StampInput) []string {
	e, errEvening := r.evening()
	var texts []string
	for _, s := range list {
		if s.Actual == "" {
			continue
		}
		event, _ := EventOf(s.Event)
		text := s.Actual
		if at, err := e.At(s.Actual, event.Before, time.Time{}); errEvening == nil && err == nil {
			text = at.In(e.Zone).Format("15:04") // the part of it that is shown
		}
		texts = append(texts, s.Event+" "+strconv.Itoa(s.N)+" "+text)
	}
	return slices.Sorted(slices.Values(texts))
}

// same compares what people see of two sections. A section without an audience has the one it had.
func (s SectionInput) same(other SectionInput) bool {
	if s.Audience.Level != "" && other.Audience.Level != "" && !sameReaders(s.Audience, other.Audience) {
		return false
	}
	return s.content() == other.content()
}

// content is a section as it would be stored, but for its audience.
func (s SectionInput) content() sectionContent {
	if s.Topic == NoTopic {
		s.Topic = ""
	}
	return sectionContent{s.Department, s.Topic, s.Text, cmp.Or(string(s.Severity), string(Note)), s.Owner, s.Due,
		s.Cue}
}

func sameReaders(a, b access.Audience) bool {
	a.People, b.People = slices.Sorted(slices.Values(a.People)), slices.Sorted(slices.Values(b.People))
	return sameAudience(a, b)
}
