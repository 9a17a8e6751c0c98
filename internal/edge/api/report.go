package api

import (
	"maps"
	"slices"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/shows"
)

// Report is a report as its reader may see it.
type Report struct {
	ID               string         `json:"id"`
	Number           int            `json:"number" doc:"Counted per production and type, assigned when the report is filed; 0 for a draft."`
	Production       string         `json:"production"`
	ProductionTitle  string         `json:"production_title"`
	Performance      string         `json:"performance" doc:"Empty if the report is not about a performance."`
	PerformanceLabel string         `json:"performance_label"`
	Type             string         `json:"type"`
	State            string         `json:"state" enum:"draft,filed,accepted,queried"`
	Day              string         `json:"day" doc:"The local date that it is about."`
	Zone             string         `json:"zone"`
	Title            string         `json:"title"`
	Body             string         `json:"body"`
	Audience         string         `json:"audience" enum:"everyone,organizers,management,people" doc:"Who may read it once it is filed."`
	People           []string       `json:"people,omitempty" doc:"Account ids, for the audience people."`
	Sections         []Section      `json:"sections"`
	Values           map[string]any `json:"values,omitempty" doc:"Further fields of the report's type, by key: list-report-types names them."`
	Times            []Moment       `json:"times,omitempty"`
	Unread           []Unread       `json:"unread,omitempty" doc:"Texts in the form of a draft that could not be parsed. The draft cannot be filed until each of these fields is sent again."`
	Author           Person         `json:"author"`
	Revision         int            `json:"revision" doc:"How often it was filed: more than once if it was amended."`
	Hash             string         `json:"hash,omitempty" doc:"A hash of the content that was last filed."`
	FiledAt          *time.Time     `json:"filed_at,omitempty"`
	AmendedAt        *time.Time     `json:"amended_at,omitempty"`
	AcceptedAt       *time.Time     `json:"accepted_at,omitempty"`
	AcceptedBy       *Person        `json:"accepted_by,omitempty"`
	Queries          []Query        `json:"queries,omitempty" doc:"Questions of reviewers, for the author, organizers and management."`
	Version          int64          `json:"version" doc:"Counts changes; its ETag."`
	CreatedAt        time.Time      `json:"created_at"`
	UpdatedAt        time.Time      `json:"updated_at"`
}

// Section is a note of a department. For each section or value that is withheld from the reader there is a Section with
// nothing but Sealed, after all others.
type Section struct {
	ID         string   `json:"id,omitempty"`
	Department string   `json:"department,omitempty"`
	Topic      string   `json:"topic,omitempty"`
	Audience   string   `json:"audience,omitempty" enum:"everyone,organizers,management,people"`
	People     []string `json:"people,omitempty" doc:"Account ids, for the audience people."`
	Text       *string  `json:"text,omitempty"`
	Severity   string   `json:"severity,omitempty" enum:"note,attention,urgent"`
	Owner      string   `json:"owner,omitempty" doc:"Account id of the person who takes care of it."`
	Due        string   `json:"due,omitempty"`
	Cue        string   `json:"cue,omitempty"`
	Sealed     bool     `json:"sealed,omitempty" doc:"Stands for a section or value that is withheld from you."`
}

// Moment is a moment of the evening. Answers have RFC 3339; requests may also have local times such as 19:32.
type Moment struct {
	Event     string `json:"event"`
	N         int    `json:"n,omitempty" doc:"Which one, for moments that repeat, from 1."`
	Scheduled string `json:"scheduled,omitempty"`
	Actual    string `json:"actual,omitempty"`
}

// Unread is a text that could not be parsed.
type Unread struct {
	Field string `json:"field" doc:"title, body, audience, people, values.KEY, times.EVENT.N or sections.ID.PART"`
	Text  string `json:"text" doc:"As it was typed; empty if it was not stored."`
	Why   string `json:"why"`
}

// Person is a member, with their name at the time.
type Person struct {
	ID   string `json:"id"`
	Name string `json:"name"`
}

// Query is a reviewer's question.
type Query struct {
	Text string    `json:"text"`
	By   Person    `json:"by"`
	At   time.Time `json:"at"`
}

// ReportSummary is a report in a list. Of its content it has only the title.
type ReportSummary struct {
	ID               string     `json:"id"`
	Number           int        `json:"number" doc:"Counted per production and type, assigned when the report is filed; 0 for a draft."`
	Production       string     `json:"production"`
	ProductionTitle  string     `json:"production_title"`
	Performance      string     `json:"performance" doc:"Empty if the report is not about a performance."`
	PerformanceLabel string     `json:"performance_label"`
	Type             string     `json:"type"`
	State            string     `json:"state" enum:"draft,filed,accepted,queried"`
	Day              string     `json:"day" doc:"The local date that it is about."`
	Zone             string     `json:"zone"`
	Title            string     `json:"title"`
	Author           Person     `json:"author"`
	Revision         int        `json:"revision" doc:"How often it was filed: more than once if it was amended."`
	FiledAt          *time.Time `json:"filed_at,omitempty"`
	Version          int64      `json:"version" doc:"Counts changes; its ETag."`
	CreatedAt        time.Time  `json:"created_at"`
	UpdatedAt        time.Time  `json:"updated_at"`
}

func summaryOf(rec records.Record[shows.Report]) ReportSummary {
	r := &rec.Body
	return ReportSummary{
		ID: rec.ID, Number: r.Number, Production: r.Production, ProductionTitle: r.ProductionTitle,
		Performance: r.Performance, PerformanceLabel: r.PerformanceLabel, Type: r.Type, State: string(r.State),
		Day: r.Day, Zone: r.Zone,
		Title: r.Title, Author: Person(r.Author), Revision: r.Revision,
		FiledAt: moment(r.FiledAt), Version: rec.Version, CreatedAt: rec.Created, UpdatedAt: rec.Updated,
	}
}

func reportOf(rec records.Record[shows.Report]) Report {
	r := &rec.Body
	out := Report{
		ID: rec.ID, Number: r.Number, Production: r.Production, ProductionTitle: r.ProductionTitle,
		Performance: r.Performance, PerformanceLabel: r.PerformanceLabel, Type: r.Type, State: string(r.State),
		Day: r.Day, Zone: r.Zone,
		Title: r.Title, Body: r.Text, Audience: string(r.Audience.Level), People: r.Audience.People,
		Sections: make([]Section, len(r.Sections)), Values: r.Values, Author: Person(r.Author), Revision: r.Revision,
		Hash:    r.Hash,
		FiledAt: moment(r.FiledAt), Version: rec.Version, CreatedAt: rec.Created, UpdatedAt: rec.Updated,
	}
	for i := range r.Sections {
		out.Sections[i] = sectionOf(&r.Sections[i])
	}
	for _, t := range r.Times {
		out.Times = append(out.Times, Moment{Event: t.Event, N: t.N, Scheduled: instant(t.Scheduled),
			Actual: instant(t.Actual)})
	}
	unread := r.Unread()
	for _, field := range slices.Sorted(maps.Keys(unread)) {
		out.Unread = append(out.Unread, Unread{field, unread[field].Text, unread[field].Why})
	}
	for _, q := range r.Queries {
		out.Queries = append(out.Queries, Query{Text: q.Text, By: Person(q.By), At: q.At})
	}
	if r.Amended() {
		out.AmendedAt = moment(r.Refiled)
	}
	if r.Accepted != nil {
		by := Person(r.Accepted.By)
		out.AcceptedAt, out.AcceptedBy = moment(r.Accepted.At), &by
	}
	return out
}

func sectionOf(s *shows.Section) Section {
	if s.Withheld {
		return Section{Sealed: true}
	}
	return Section{
		ID: s.ID, Department: s.Department, Topic: s.Topic, Audience: string(s.Audience.Level),
		People: s.Audience.People,
		Text:   &s.Text, Severity: string(s.Severity), Owner: s.Owner, Due: s.Due, Cue: s.Cue,
	}
}

func moment(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// NewReport is the input of a new draft.
type NewReport struct {
	Production string `json:"production" doc:"The id of a production. Required."`
	Type       string `json:"type,omitempty" doc:"Defaults to show."`
	ReportChange
}

// ReportChange is the input of a change of a draft, and of an amendment. What is left out stays as it is.
type ReportChange struct {
	Performance *string        `json:"performance,omitempty" doc:"The id of a performance; empty for none."`
	Day         *string        `json:"day,omitempty" doc:"The local date, for a report about no performance."`
	Title       *string        `json:"title,omitempty"`
	Body        *string        `json:"body,omitempty"`
	Audience    *string        `json:"audience,omitempty" doc:"everyone, organizers, management or people."`
	People      []string       `json:"people,omitempty"`
	Sections    []SectionInput `json:"sections,omitempty" doc:"Replace the sections that you can read. Sealed ones stay, and may be sent back unchanged."`
	Values      map[string]any `json:"values,omitempty" doc:"Further fields of the type, merged by key; null removes. list-report-types names them."`
	Times       []Moment       `json:"times,omitempty" doc:"Replace all."`
}

// SectionInput is a section as it is sent. One with an id changes that section.
type SectionInput struct {
	ID         string   `json:"id,omitempty"`
	Department string   `json:"department,omitempty" doc:"Required, unless it is sealed."`
	Topic      string   `json:"topic,omitempty" doc:"none removes it; if left out, it stays as it is."`
	Audience   string   `json:"audience,omitempty" doc:"everyone, organizers, management or people. Defaults to the topic's audience."`
	People     []string `json:"people,omitempty" doc:"Account ids, for the audience people."`
	Text       string   `json:"text,omitempty"`
	Severity   string   `json:"severity,omitempty" doc:"note, attention or urgent. Defaults to note."`
	Owner      string   `json:"owner,omitempty"`
	Due        string   `json:"due,omitempty"`
	Cue        string   `json:"cue,omitempty"`
	Sealed     bool     `json:"sealed,omitempty" doc:"Stands for a section that you cannot read. It changes nothing."`
}

func (n *NewReport) input() shows.ReportInput {
	in := n.ReportChange.input()
	in.Production, in.Type = &n.Production, given(n.Type)
	return in
}

func (c *ReportChange) input() shows.ReportInput {
	in := shows.ReportInput{Performance: c.Performance, Day: c.Day, Title: c.Title, Text: c.Body, Values: c.Values}
	if c.Audience != nil || c.People != nil {
		in.Audience = &access.Audience{People: c.People}
		if c.Audience != nil {
			in.Audience.Level = access.Level(*c.Audience)
		}
	}
	if c.Times != nil {
		in.Times = make([]shows.StampInput, len(c.Times))
	}
	for i, t := range c.Times {
		in.Times[i] = shows.StampInput(t)
	}
	if c.Sections != nil {
		in.Sections = make([]shows.SectionInput, len(c.Sections))
	}
	for i := range c.Sections {
		in.Sections[i] = c.Sections[i].input()
	}
	return in
}

func (s *SectionInput) input() shows.SectionInput {
	return shows.SectionInput{
		ID: s.ID, Department: s.Department, Topic: s.Topic, Audience: access.Audience{Level: access.Level(s.Audience),
			People: s.People},
		Text: s.Text, Severity: shows.Severity(s.Severity), Owner: s.Owner, Due: s.Due, Cue: s.Cue, Withheld: s.Sealed,
	}
}
