package reports

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/edge/web/stage"
	"github.com/tinyoperahouse/toh/internal/product/shows"
)

// reportView is a report as its reader may see it. What is withheld from the reader is counted, and nothing more is
// said about it.
func reportView(q *frame.Request, r *shows.Report, n names) ReportView {
	l := ReportView{
		Number: stage.ReportName(q, r), Title: r.Title, Production: r.ProductionTitle, Performance: r.PerformanceLabel,
		Day:    frame.DayText(r.Day),
		Author: r.Author.Name, For: n.audience(q, r.Audience), State: stage.StateBadge(q, r.State), Text: r.Text,
		Clock: computed(q, r), Times: times(r), Values: values(q, r), Revision: r.Revision, Hash: r.Hash,
	}
	if r.Performance != "" {
		l.Day = ""
	}
	if !r.FiledAt.IsZero() {
		l.Filed = frame.LocalWhen(r.FiledAt, r.Zone, "Mon 2 Jan 2006, 15:04")
	}
	if r.Amended() {
		l.Changed = frame.LocalWhen(r.Refiled, r.Zone, "Mon 2 Jan 2006, 15:04")
	}
	if withheld := r.WithheldCount(); withheld > 0 {
		l.Withheld = q.N("report.sealed", withheld)
	}
	if r.Accepted != nil {
		l.Accepted = q.T("report.accepted-by", r.Accepted.By.Name, frame.LocalWhen(r.Accepted.At, r.Zone,
			"Mon 2 Jan 2006, 15:04").Text)
	}
	l.Notes = notes(q, r, n)
	return l
}

// notes are the notes that the reader may read, the urgent ones first.
func notes(q *frame.Request, r *shows.Report, n names) []NoteView {
	var list []NoteView
	for _, severity := range []shows.Severity{shows.Urgent, shows.Attention, shows.Note} {
		for _, section := range r.Sections {
			if !section.Withheld && section.Severity == severity {
				list = append(list, note(q, &section, n))
			}
		}
	}
	return list
}

func note(q *frame.Request, s *shows.Section, n names) NoteView {
	v := NoteView{Department: title(s.Department), Text: s.Text, Cue: s.Cue, Due: frame.DayText(s.Due),
		Severity: string(s.Severity)}
	if t, ok := shows.TopicOf(s.Topic); ok {
		v.Topic = t.Label
	}
	if s.Audience.Level != access.Everyone {
		v.For = q.T("report.for-only", n.audience(q, s.Audience))
	}
	switch s.Severity {
	case shows.Urgent:
		v.Badge = &frame.Badge{Text: q.T("severity.urgent"), Icon: "octagon-alert", Tone: "bad"}
	case shows.Attention:
		v.Badge = &frame.Badge{Text: q.T("severity.attention"), Icon: "triangle-alert", Tone: "warn"}
	}
	return v
}

// title begins a department's name with a capital.
func title(text string) string {
	first, size := utf8.DecodeRuneInString(text)
	if size == 0 {
		return ""
	}
	return string(unicode.ToUpper(first)) + text[size:]
}

// computed is what follows from the times: run time, show time, lateness, intervals.
func computed(q *frame.Request, r *shows.Report) []Computed {
	c := r.Computed()
	var list []Computed
	if c.RunTime > 0 {
		list = append(list, Computed{Name: q.T("computed.run-time"), Text: hours(c.RunTime), Aside: q.N("computed.acts",
			len(c.Acts))})
	}
	if c.ShowTime > 0 {
		list = append(list, Computed{Name: q.T("computed.show-time"), Text: hours(c.ShowTime),
			Aside: q.T("computed.with-intervals")})
	}
	for _, interval := range c.Intervals {
		list = append(list, Computed{Name: q.T("computed.interval", interval.N), Text: hours(interval.Length)})
	}
	if c.Started {
		list = append(list, lateness(q, c.Late))
	}
	return list
}

func lateness(q *frame.Request, late int) Computed {
	l := Computed{Name: q.T("computed.curtain"), Late: late > 0}
	switch {
	case late > 0:
		l.Text = q.N("computed.late", late)
	case late < 0:
		l.Text = q.N("computed.early", -late)
	default:
		l.Text = q.T("computed.on-time")
	}
	return l
}

// hours is a length as "2:41" hours, or "20 min".
func hours(d time.Duration) string {
	minutes := int(d.Round(time.Minute) / time.Minute)
	if minutes < 60 {
		return fmt.Sprintf("%d min", minutes)
	}
	return fmt.Sprintf("%d h %02d", minutes/60, minutes%60)
}

func times(r *shows.Report) []TimeView {
	list := make([]TimeView, len(r.Times))
	for i, t := range r.Times {
		list[i] = TimeView{Name: momentName(t.Event, t.N), Scheduled: venueClock(r, t.Scheduled),
			Actual: venueClock(r, t.Actual)}
	}
	return list
}

// venueClock is the local time of an instant at the venue.
func venueClock(r *shows.Report, t time.Time) string { return frame.LocalWhen(t, r.Zone, "15:04").Text }

// momentName is what a moment is called, as in "Act 2 up".
func momentName(key string, n int) string {
	event, ok := shows.EventOf(key)
	if !ok {
		return key
	}
	if !event.Repeat {
		return event.Label
	}
	first, rest, _ := strings.Cut(event.Label, " ")
	return strings.TrimSpace(fmt.Sprintf("%s %d %s", first, max(n, 1), rest))
}

// values are the further fields in the order of the list of all fields.
func values(q *frame.Request, r *shows.Report) []ValueView {
	var list []ValueView
	for _, f := range shows.Fields {
		lines := f.Shown(r)
		if len(lines) == 0 {
			continue
		}
		v := ValueView{Name: f.Label, Text: lines[0]}
		if len(lines) > 1 || f.IsList() {
			v.Text, v.Lines = "", lines
		}
		if f.Audience != access.Everyone {
			v.For = q.T("report.for-only", names{}.audience(q, access.Audience{Level: f.Audience}))
		}
		list = append(list, v)
	}
	return list
}
