package shows

import (
	"fmt"
	"slices"
	"strings"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/product/wallclock"
)

// SectionInput is a section as given. One with the id of a section changes it; one without is new, or replaces the one
// with the same text or department that is not mentioned otherwise. Withheld ones stand for what the caller cannot see,
// and are skipped.
type SectionInput struct {
	ID         string
	Department string
	Topic      string          // "" leaves it as it is; NoTopic removes it
	Audience   access.Audience // no level: as the topic says, otherwise everyone
	Text       string
	Severity   Severity // "" is Note
	Owner      string
	Due        string
	Cue        string
	Withheld   bool
}

// NoTopic says that a section is not about anything sensitive.
const NoTopic = "none"

// putSections replaces the sections that the caller can read, and keeps the others where they are. It returns the ids
// of the given ones.
func (p problems) putSections(c access.Caller, r *Report, given []SectionInput) (ids []string) {
	if given == nil {
		return nil
	}
	given = slices.DeleteFunc(slices.Clone(given), func(s SectionInput) bool { return s.Withheld })
	m := newMerge(c, r.Sections)
	if len(given)+m.unseen > maxSections {
		p.add("sections", "At most %d sections.", maxSections)
		return nil
	}
	m.match(given)
	list := m.after("")
	for i, in := range given {
		s := p.readSection(c, fmt.Sprintf("sections.%d", i), in, m.old[i])
		if r.State != Draft && s.Text == "" && (m.old[i] == nil || m.old[i].Text != "") {
			p.add(fmt.Sprintf("sections.%d.text", i), "Write what the note is about, or remove it.")
		}
		if in.ID != "" && m.old[i] == nil {
			p.add(fmt.Sprintf("sections.%d", i), "This section is not there any more.")
		}
		list, ids = append(list, s), append(ids, s.ID)
		list = append(list, m.after(s.ID)...)
	}
	r.Sections = append(list, m.rest()...)
	return ids
}

func (p problems) readSection(c access.Caller, name string, in SectionInput, old *Section) Section {
	s := Section{
		ID:         model.NewID(),
		Department: p.need(name+".department", in.Department, maxWord),
		Text:       p.text(name+".text", in.Text, maxNote),
		Severity:   in.Severity,
		Owner:      in.Owner,
		Cue:        p.line(name+".cue", in.Cue, maxWord),
		By:         c.Account,
	}
	if s.Severity == "" {
		s.Severity = Note
	}
	if _, ok := label(Severities, string(s.Severity)); !ok {
		p.add(name+".severity", "Choose note, attention or urgent.")
	}
	s.Topic = p.readTopic(name, in, old)
	s.Audience = p.audience(name+".", in.Audience, sectionDefault(s, old))
	s.Due = p.readDay(name+".due", in.Due)
	return s.over(old)
}

// readTopic takes the topic, or one that the department names.
func (p problems) readTopic(name string, in SectionInput, old *Section) string {
	if t, ok := TopicOf(in.Topic); ok {
		return t.Key
	}
	switch {
	case in.Topic != "" && in.Topic != NoTopic:
		p.add(name+".topic", "There is no such topic.")
		return ""
	case in.Topic == "" && old != nil:
		return old.Topic
	}
	t, _ := TopicOf(in.Department)
	return t.Key
}

// sectionDefault is the audience of a section that is given without one: what it had, or what its topic starts with.
func sectionDefault(s Section, old *Section) access.Audience {
	if old != nil {
		return old.Audience
	}
	if t, ok := TopicOf(s.Topic); ok {
		return access.Audience{Level: t.Audience}
	}
	return access.Audience{Level: access.Everyone}
}

func (p problems) readDay(name, text string) string {
	if text == "" {
		return ""
	}
	_, err := wallclock.ParseDay(text)
	p.note(name, err)
	return text
}

// over keeps the id of the section that this one changes, and its writer if nothing changed.
func (s Section) over(old *Section) Section {
	if old == nil {
		return s
	}
	s.ID = old.ID
	if s.content() == old.content() && sameAudience(s.Audience, old.Audience) {
		s.By = old.By
	}
	return s
}

type sectionContent struct{ department, topic, text, severity, owner, due, cue string }

func (s *Section) content() sectionContent {
	return sectionContent{s.Department, s.Topic, s.Text, string(s.Severity), s.Owner, s.Due, s.Cue}
}

func sameAudience(a, b access.Audience) bool {
	return a.Level == b.Level && slices.Equal(a.People, b.People)
}

// audience reads an audience; name is put before the names of its fields. Members are checked separately, because that
// requires a look at the workspace.
func (p problems) audience(name string, given, otherwise access.Audience) access.Audience {
	if given.Level == "" && len(given.People) == 0 {
		return otherwise
	}
	if given.Level == "" {
		given.Level = access.People
	}
	a := access.Audience{Level: given.Level}
	switch {
	case !access.ValidLevel(given.Level):
		p.add(name+"audience", "Choose everyone, organizers, management or people.")
	case given.Level != access.People && len(given.People) > 0:
		p.add(name+"people", "Name people only for the audience “people”.")
	case given.Level == access.People && len(given.People) == 0:
		p.add(name+"people", "Name at least one person.")
	case len(given.People) > maxPeople:
		p.add(name+"people", "At most %d people.", maxPeople)
	default:
		a.People = slices.Compact(slices.Sorted(slices.Values(given.People)))
	}
	return a
}

// merge merges given sections into the existing ones.
type merge struct {
	seen    []*Section // that the caller may read
	hidden  map[string][]Section
	anchors []string // of the hidden ones, in order
	unseen  int
	old     map[int]*Section // by place in the input
}

func newMerge(c access.Caller, sections []Section) *merge {
	m := &merge{hidden: map[string][]Section{}, old: map[int]*Section{}}
	anchor := ""
	for i := range sections {
		s := &sections[i]
		if s.Withheld && strings.HasPrefix(s.withheld, valuePart("")) {
			continue // no section
		}
		if s.audience().Admits(c) {
			m.seen = append(m.seen, s)
			anchor = s.ID
			continue
		}
		m.unseen++
		m.hidden[anchor] = append(m.hidden[anchor], *s)
		if !slices.Contains(m.anchors, anchor) {
			m.anchors = append(m.anchors, anchor)
		}
	}
	return m
}

// match finds the section that each given one changes: by id first, then by text, then by department.
func (m *merge) match(given []SectionInput) {
	for i, in := range given {
		m.take(i, func(s *Section) bool { return in.ID != "" && s.ID == in.ID })
	}
	for i, in := range given {
		m.take(i, func(s *Section) bool { return in.ID == "" && s.Department == in.Department && s.Text == in.Text })
	}
	// the same words in another place are the same section, so that making them confidential also covers older versions
	for i, in := range given {
		m.take(i, func(s *Section) bool { return in.ID == "" && in.Text != "" && s.Text == in.Text })
	}
	for i, in := range given {
		m.take(i, func(s *Section) bool { return in.ID == "" && s.Department == in.Department })
	}
}

func (m *merge) take(i int, fits func(*Section) bool) {
	if m.old[i] != nil {
		return
	}
	if at := slices.IndexFunc(m.seen, fits); at >= 0 {
		m.old[i] = m.seen[at]
		m.seen = slices.Delete(slices.Clone(m.seen), at, at+1)
	}
}

// after are the hidden sections that followed the section with this id ("" at the top), once.
func (m *merge) after(id string) []Section {
	list := m.hidden[id]
	delete(m.hidden, id)
	return list
}

// rest are the hidden sections whose place is gone.
func (m *merge) rest() []Section {
	var list []Section
	for _, anchor := range m.anchors {
		list = append(list, m.after(anchor)...)
	}
	return list
}
