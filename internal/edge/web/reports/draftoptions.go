package reports

import (
	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/product/shows"
)

// offer sets the choices that are the same for every report.
func (d *DraftForm) offer(q *frame.Request) {
	for name, options := range staticOptions(q, d.shape()) {
		d.Offer(name, options)
	}
}

func (d *DraftForm) shape() shape {
	s := shape{times: d.Times, notes: d.Notes}
	for _, g := range d.Groups {
		group := shows.FieldGroup{Label: g.Label}
		for _, f := range g.Fields {
			group.Fields = append(group.Fields, f.of)
		}
		s.groups = append(s.groups, group)
	}
	return s
}

func staticOptions(q *frame.Request, s shape) map[string][]frame.Option {
	m := map[string][]frame.Option{"audience": audienceOptions(q)}
	offerValues(s.groups, m)
	for _, n := range s.notes {
		m["n."+n.Key+".topic"], m["n."+n.Key+".severity"] = topicOptions(q), severityOptions(q)
		m["n."+n.Key+".audience"] = append([]frame.Option{{Value: "", Text: q.T("audience.automatic")}},
			audienceOptions(q)...)
	}
	return m
}

func audienceOptions(q *frame.Request) []frame.Option {
	return []frame.Option{
		{Value: string(access.Everyone), Text: q.T("audience.everyone")}, {Value: string(access.Organizers),
			Text: q.T("audience.organizers")},
		{Value: string(access.Managers), Text: q.T("audience.management")}, {Value: string(access.People),
			Text: q.T("audience.people")},
	}
}

func topicOptions(q *frame.Request) []frame.Option {
	options := []frame.Option{{Value: "", Text: q.T("note.no-topic")}}
	for _, t := range shows.Topics {
		options = append(options, frame.Option{Value: t.Key, Text: t.Label})
	}
	return options
}

func severityOptions(q *frame.Request) []frame.Option {
	return []frame.Option{
		{Value: string(shows.Note), Text: q.T("severity.note")}, {Value: string(shows.Attention),
			Text: q.T("severity.attention")},
		{Value: string(shows.Urgent), Text: q.T("severity.urgent")},
	}
}

// HeadOpen is the same for title and readers.
func (d *DraftForm) HeadOpen() bool {
	return telling(d.Field("title")) || telling(d.Field("people")) || d.Field("audience").Error != "" ||
		d.Get("audience") != string(access.Everyone)
}

func telling(f *frame.Field) bool { return f.Value != "" || f.Error != "" }

// CueOpen reports whether the part with the cue has something in it, or something wrong with it.
func (n NoteLine) CueOpen() bool { return telling(n.Cue) }

// PeopleOpen reports whether the people of the note are chosen one by one.
func (n NoteLine) PeopleOpen() bool {
	return n.Audience.Value == string(access.People) || telling(n.People)
}
