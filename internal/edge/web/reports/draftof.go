package reports

import (
	"slices"
	"strconv"
	"time"

	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/product/shows"
)

// draftOf is the form filled with a report.
func draftOf(q *frame.Request, r *shows.Report, version int64, amend bool) *DraftForm {
	s := shape{times: timeLines(r), kind: typeOr(r.Type), groups: r.FieldsFor(q.Caller()), day: r.Performance == "",
		amend: amend}
	for i, section := range readable(r) {
		s.notes = append(s.notes, NoteLine{Key: strconv.Itoa(i), ID: section.ID, Owner: section.Owner,
			Due: section.Due})
	}
	for i := range s.times {
		s.times[i].stamp(r)
	}
	d := &DraftForm{Form: s.spec().Blank(q, nil), zone: r.Zone, amend: amend}
	d.bind(s)
	d.offer(q)
	d.Set("title", r.Title)
	d.Set("text", r.Text)
	d.Set("audience", string(r.Audience.Level))
	d.Set("people", r.Audience.People...)
	d.Set("production", r.Production)
	d.Set("performance", r.Performance)
	if version > 0 {
		d.Set("version", strconv.FormatInt(version, 10))
	}
	d.fillTimes()
	d.Set("type", r.Type)
	if s.day {
		d.Set("day", r.Day)
	}
	d.fillValues(r)
	for i, section := range readable(r) {
		d.Notes[i].fill(section)
	}
	d.fillUnread(r)
	return d
}

// readable are the sections that are not withheld from the caller.
func readable(r *shows.Report) []shows.Section {
	return slices.DeleteFunc(slices.Clone(r.Sections), func(s shows.Section) bool { return s.Withheld })
}

// stamp fills a line with the report's times of the moment.
func (t *TimeLine) stamp(r *shows.Report) {
	for _, s := range r.Times {
		if s.Event != t.event || s.N != t.n {
			continue
		}
		t.Planned, t.PlannedText, t.Exact = zonedText(s.Scheduled, r.Zone), venueClock(r, s.Scheduled),
			zonedText(s.Actual, r.Zone)
	}
}

func zonedText(t time.Time, zone string) string { return frame.LocalWhen(t, zone, "").Exact }

func (d *DraftForm) fillTimes() {
	for i := range d.Times {
		d.Times[i].Actual.Put([]string{clockOf(d.Times[i].Exact)})
	}
}

// clockOf is the local time of an instant that carries its zone.
func clockOf(exact string) string {
	t, err := time.Parse(time.RFC3339, exact)
	if err != nil {
		return ""
	}
	return t.Format("15:04")
}

func (n *NoteLine) fill(s shows.Section) {
	n.Department.Options = append(n.Department.Options, frame.Option{Value: s.Department, Text: title(s.Department)})
	n.Department.Put([]string{s.Department})
	n.Topic.Put([]string{s.Topic})
	n.Severity.Put([]string{string(s.Severity)})
	n.Audience.Put([]string{string(s.Audience.Level)})
	n.People.Put(s.Audience.People)
	n.Text.Put([]string{s.Text})
	n.Cue.Put([]string{s.Cue})
}
