package reports

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/product/shows"
)

// DraftForm is the form of a report: common fields, a line for each moment, and a group of fields for each note.
type DraftForm struct {
	*frame.Form
	Times  []TimeLine
	Groups []ValueGroup
	Notes  []NoteLine

	zone      string
	amend     bool       // an amendment: fields that cannot be parsed are refused, and not stored as they were typed
	left      []string   // fields that were posted and that no part of the form reads
	unsaved   bool       // the form was sent, and is shown again without having been saved
	sentTimes []TimeLine // the moments in the order in which the use case got them
	sentNotes []NoteLine
}

// TimeLine is a moment of the evening with what was typed.
type TimeLine struct {
	Key, Name      string // "act-up.1", "Act 1 up"
	Planned, Exact string // RFC 3339, so that nothing is lost by showing hours and minutes
	PlannedText    string
	Actual         *frame.Field

	event string
	n     int
}

// NoteLine is a note of a department.
type NoteLine struct {
	Key                                                      string
	Number                                                   int
	ID, Owner, Due                                           string
	Department, Topic, Severity, Audience, People, Text, Cue *frame.Field
}

const maxNotes = 100

// shape is which lines and groups a form has.
type shape struct {
	times  []TimeLine
	notes  []NoteLine
	kind   shows.ReportType
	groups []shows.FieldGroup
	day    bool // it asks for the day, since there is no performance that has one
	amend  bool
}

func (s shape) spec() frame.FormSpec {
	spec := frame.FormSpec{
		{Name: "title", Kind: frame.KindText, Label: "draft.title", Hint: "draft.title-hint", Max: 200, Optional: true},
		{Name: "text", Kind: frame.KindArea, Label: "draft.text", Max: 100 << 10, Rows: 5, Optional: true},
		{Name: "audience", Kind: frame.KindSelect, Label: "draft.audience", Width: "medium"},
		{Name: "people", Kind: frame.KindChecks, Label: "draft.people", Max: 64, Optional: true},
	}
	for _, t := range s.times {
		spec = append(spec, frame.FieldSpec{Name: "t." + t.Key, Kind: frame.KindText, Max: 30, Width: "short",
			InputMode: "numeric",
			Optional:  true, Clock: true, Plain: true, Autocomplete: "off"})
	}
	spec = append(spec, valueSpecs(s.groups)...)
	if s.day {
		spec = append(spec, frame.FieldSpec{Name: "day", Kind: frame.KindDate, Label: "draft.day", Width: "medium",
			Max:      10,
			Optional: true})
	}
	for _, n := range s.notes {
		spec = append(spec, n.spec()...)
	}
	if s.amend {
		spec = append(spec, frame.FieldSpec{Name: "reason", Kind: frame.KindArea, Label: "amend.reason",
			Hint: "amend.reason-hint",
			Max:  2000, Rows: 3})
	}
	return append(spec, frame.FieldSpec{Name: "type", Kind: frame.KindHidden, Max: 64, Optional: true},
		frame.FieldSpec{Name: "production", Kind: frame.KindHidden, Max: 64, Optional: true},
		frame.FieldSpec{Name: "performance", Kind: frame.KindHidden, Max: 64, Optional: true}, frame.FieldVersion)
}

func (n NoteLine) spec() frame.FormSpec {
	name := func(part string) string { return "n." + n.Key + "." + part }
	return frame.FormSpec{
		{Name: name("department"), Kind: frame.KindSelect, Label: "note.department"},
		{Name: name("topic"), Kind: frame.KindSelect, Label: "note.topic", Optional: true},
		{Name: name("severity"), Kind: frame.KindSelect, Label: "note.severity"},
		{Name: name("text"), Kind: frame.KindArea, Label: "note.text", Max: 20 << 10, Rows: 3, Optional: true},
		{Name: name("cue"), Kind: frame.KindText, Label: "note.cue", Max: 60, Optional: true, Width: "medium"},
		{Name: name("audience"), Kind: frame.KindSelect, Label: "note.audience", Optional: true},
		{Name: name("people"), Kind: frame.KindChecks, Label: "note.people", Max: 64, Optional: true},
	}
}

// bind finds the fields of each line and group in the form, and names them.
func (d *DraftForm) bind(s shape) {
	for _, f := range d.Fields {
		f.Max = 0 // with a maximum, a browser would cut pasted text without notice
	}
	for _, t := range s.times {
		t.Actual = d.Field("t." + t.Key)
		t.Actual.Label, t.Actual.Optional, t.Actual.Now = t.Name, false, d.zone
		if t.PlannedText != "" {
			t.Actual.Hint = d.T("draft.planned", t.PlannedText)
		}
		d.Times = append(d.Times, t)
	}
	d.bindValues(s.kind, s.groups)
	for i, n := range s.notes {
		d.Notes = append(d.Notes, d.bindNote(n, i+1))
	}
}

func (d *DraftForm) bindNote(n NoteLine, number int) NoteLine {
	field := func(part string) *frame.Field { return d.Field("n." + n.Key + "." + part) }
	n.Number = number
	n.Department, n.Topic, n.Severity, n.Audience = field("department"), field("topic"), field("severity"),
		field("audience")
	n.People, n.Text, n.Cue = field("people"), field("text"), field("cue")
	for _, f := range []*frame.Field{n.Department, n.Topic, n.Severity, n.Audience, n.People, n.Text} {
		f.Optional = false
	}
	for _, f := range []*frame.Field{n.Department, n.Topic, n.Severity, n.Audience, n.People, n.Text, n.Cue} {
		f.Full = d.T("draft.of-note", number, f.Label)
	}
	return n
}

// newTimeLine is a line for a key such as "act-up.1"; false if there is no such moment.
func newTimeLine(key string) (TimeLine, bool) {
	event, number, _ := strings.Cut(key, ".")
	e, ok := shows.EventOf(event)
	n, err := strconv.Atoi(number)
	if !ok || err != nil || n < 0 || n > shows.MaxActs || e.Repeat == (n == 0) {
		return TimeLine{}, false
	}
	return TimeLine{Key: key, Name: momentName(event, n), event: event, n: n}, true
}

func timeKey(event string, n int) string { return event + "." + strconv.Itoa(n) }

// timeLines are the moments that a form asks for: the usual ones, and any others that the report has.
func timeLines(r *shows.Report) []TimeLine {
	var keys []string
	if kind, _ := shows.TypeOf(r.Type); kind.Evening {
		keys = eveningKeys(r)
	}
	for _, t := range r.Times {
		if key := timeKey(t.Event, t.N); !slices.Contains(keys, key) {
			keys = append(keys, key)
		}
	}
	var lines []TimeLine
	for _, key := range keys {
		if line, ok := newTimeLine(key); ok {
			lines = append(lines, line)
		}
	}
	slices.SortStableFunc(lines, func(a, b TimeLine) int { return cmp.Compare(a.rank(), b.rank()) })
	return lines
}

// eveningKeys are the moments of any evening.
func eveningKeys(r *shows.Report) []string {
	keys := []string{timeKey("house-open", 0)}
	for n := 1; n <= actsOf(r); n++ {
		keys = append(keys, timeKey(shows.ActUp, n), timeKey(shows.ActDown, n))
	}
	return append(keys, timeKey("clear", 0))
}

// rank puts calls first, then act by act, then the end.
func (t TimeLine) rank() int {
	i := slices.IndexFunc(shows.Events, func(e shows.Event) bool { return e.Key == t.event })
	switch e := shows.Events[i]; {
	case e.Repeat:
		return 1000 + t.n*100 + i
	case e.Before:
		return i
	}
	return 100_000 + i
}

// actsOf is how many acts the form asks for: as many as are known, and at least as many as the draft's form had before,
// because an act may have no times yet. It is two if nothing is known.
func actsOf(r *shows.Report) int {
	acts := 0
	for _, t := range r.Times {
		if t.Event == shows.ActUp || t.Event == shows.ActDown {
			acts = max(acts, t.N)
		}
	}
	if r.State == shows.Draft && r.Acts == 0 || acts == 0 {
		acts = max(acts, 2)
	}
	return min(max(acts, r.Acts), shows.MaxActs)
}

// acts is how many acts the form asks for.
func (d *DraftForm) acts() int {
	acts := 0
	for _, t := range d.Times {
		if t.event == shows.ActUp || t.event == shows.ActDown {
			acts = max(acts, t.n)
		}
	}
	return acts
}
