package reports

import (
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/product/shows"
)

// readDraft is the form as it was posted.
func readDraft(q *frame.Request, amend bool) (*DraftForm, error) {
	if err := q.Parse(); err != nil {
		return nil, err
	}
	kind := typeOr(q.PostForm.Get("type"))
	s := shape{times: postedTimes(q.PostForm), notes: postedNotes(q.PostForm), kind: kind, groups: postedGroups(kind,
		q.PostForm),
		day: q.PostForm.Has("day"), amend: amend}
	form, err := s.spec().Read(q, postedOptions(q, s))
	if err != nil {
		return nil, err
	}
	d := &DraftForm{Form: form, zone: q.PostForm.Get("zone"), amend: amend}
	d.bind(s)
	d.postedExact(q.PostForm)
	d.left = d.leftOf(q.PostForm)
	if amend {
		d.nameLeft()
	} else {
		d.Forgive() // for drafts, the use case checks the fields and stores texts that it cannot parse
	}
	return d, nil
}

func postedTimes(posted url.Values) []TimeLine {
	var lines []TimeLine
	for _, key := range limited(posted["time"], maxNotes) {
		if line, ok := newTimeLine(key); ok {
			line.Planned, line.Exact = posted.Get("t."+key+".planned"), posted.Get("t."+key+".exact")
			line.PlannedText = clockOf(line.Planned)
			lines = append(lines, line)
		}
	}
	return lines
}

// limited are the first values, each once.
func limited(values []string, most int) []string {
	var list []string
	for _, v := range values {
		if len(list) < most && !slices.Contains(list, v) {
			list = append(list, v)
		}
	}
	return list
}

func postedNotes(posted url.Values) []NoteLine {
	var lines []NoteLine
	for _, key := range limited(posted["note"], maxNotes+1) {
		if n, err := strconv.Atoi(key); err != nil || n < 0 || n > 9999 || strconv.Itoa(n) != key {
			continue
		}
		name := "n." + key + "."
		lines = append(lines, NoteLine{Key: key, ID: posted.Get(name + "id"), Owner: posted.Get(name + "owner"),
			Due: posted.Get(name + "due")})
	}
	return lines
}

// postedOptions offers the departments and people that were posted; the use case checks whether they exist.
func postedOptions(q *frame.Request, s shape) map[string][]frame.Option {
	m := staticOptions(q, s)
	as := func(name string) {
		for _, v := range limited(q.PostForm[name], maxNotes) {
			m[name] = append(m[name], frame.Option{Value: v, Text: v})
		}
	}
	as("people")
	for _, n := range s.notes {
		as("n." + n.Key + ".people")
		as("n." + n.Key + ".department")
	}
	return m
}

// input is the content of the form. Blank notes that an amendment would add are left out. Blank notes of a draft are
// left out when it is filed.
func (d *DraftForm) input() shows.ReportInput {
	in := shows.ReportInput{
		Title: d.Given("title"), Text: d.Given("text"), Audience: audienceOf(d.Get("audience"),
			d.All("people")),
		Values: d.values(), Times: []shows.StampInput{}, Sections: []shows.SectionInput{}, Confirm: d.Confirmed(),
		Acts: d.acts(),
	}
	if day := d.Get("day"); day != "" {
		in.Day = &day
	}
	d.sentTimes, d.sentNotes = nil, nil
	for _, t := range d.Times {
		if stamp, ok := t.input(); ok {
			in.Times, d.sentTimes = append(in.Times, stamp), append(d.sentTimes, t)
		}
	}
	for _, n := range d.Notes {
		if !d.amend || n.ID != "" || !n.blank() {
			in.Sections, d.sentNotes = append(in.Sections, n.input()), append(d.sentNotes, n)
		}
	}
	return in
}

func audienceOf(level string, people []string) *access.Audience {
	return &access.Audience{Level: access.Level(level), People: people}
}

// input is the moment with the texts that were typed, or the exact instants if the texts were not changed.
func (t TimeLine) input() (shows.StampInput, bool) {
	typed := t.Actual.Value
	if typed != "" && clockOf(t.Exact) == typed {
		typed = t.Exact
	}
	s := shows.StampInput{Event: t.event, N: t.n, Scheduled: t.Planned, Actual: typed}
	return s, s.Scheduled != "" || s.Actual != ""
}

// blank reports whether nothing but a department was written or chosen.
func (n NoteLine) blank() bool {
	return n.Text.Value == "" && n.Cue.Value == "" && n.Topic.Value == "" && n.Audience.Value == "" &&
		len(n.People.Values()) == 0 &&
		(n.Severity.Value == string(shows.Note) || n.Severity.Value == "")
}

func (n NoteLine) input() shows.SectionInput {
	topic := n.Topic.Value
	if topic == "" && n.ID != "" {
		topic = shows.NoTopic // the form showed which one it had
	}
	return shows.SectionInput{
		ID: n.ID, Department: n.Department.Value, Topic: topic, Severity: shows.Severity(n.Severity.Value),
		Text: n.Text.Value,
		Cue:  n.Cue.Value, Owner: n.Owner, Due: n.Due, Audience: *audienceOf(n.Audience.Value, n.People.Values()),
	}
}

// take puts the refusal of a use case at the fields that it is about.
func (d *DraftForm) take(err error) bool { return d.TakeAs(err, d.fieldOf) }

// fieldOf is the name in the form of a field of the use case.
func (d *DraftForm) fieldOf(name string) string {
	parts := strings.Split(name, ".")
	switch {
	case name == "body":
		return "text"
	case parts[0] == "values" && len(parts) == 2:
		return "v." + parts[1]
	case parts[0] == "times" && len(d.Times) > 0:
		return d.timeField(parts)
	case parts[0] == "sections":
		return d.noteField(parts)
	}
	return name
}

// timeField is the line that a problem is about, or the first one for a problem of all of them together.
func (d *DraftForm) timeField(parts []string) string {
	if key := at(parts, 1) + "." + at(parts, 2); d.Field("t."+key) != nil {
		return "t." + key
	}
	if i, err := strconv.Atoi(at(parts, 1)); err == nil && i < len(d.sentTimes) {
		return "t." + d.sentTimes[i].Key
	}
	for _, t := range d.Times {
		if t.event == at(parts, 1) {
			return "t." + t.Key
		}
	}
	for _, t := range d.Times {
		if t.event == shows.ActUp {
			return "t." + t.Key
		}
	}
	return "t." + d.Times[0].Key
}

func (d *DraftForm) noteField(parts []string) string {
	note := slices.IndexFunc(d.Notes, func(n NoteLine) bool { return n.ID != "" && n.ID == at(parts, 1) })
	key := ""
	if i, err := strconv.Atoi(at(parts, 1)); note >= 0 {
		key = d.Notes[note].Key
	} else if err == nil && i >= 0 && i < len(d.sentNotes) {
		key = d.sentNotes[i].Key
	} else {
		return "sections"
	}
	part := at(parts, 2)
	if !slices.Contains([]string{"department", "topic", "severity", "cue", "audience", "people"}, part) {
		part = "text"
	}
	return "n." + key + "." + part
}

func at(list []string, i int) string {
	if i < len(list) {
		return list[i]
	}
	return ""
}

// pressedDraft reads the form and which button sent it. If the button adds or removes lines, the form is changed, and
// nothing is to be saved.
func pressedDraft(q *frame.Request, amend bool) (d *DraftForm, do string, shaped bool, err error) {
	if err := q.Parse(); err != nil {
		return nil, "", false, err
	}
	do, _, _ = strings.Cut(q.PostForm.Get("do"), ":")
	switch do {
	case "add-note", "remove-note", "add-act":
		d, err = reshaped(q, amend)
		return d, do, true, err
	}
	d, err = readDraft(q, amend)
	return d, do, false, err
}

// reshaped is the form with another set of lines or groups, keeping everything that was entered.
func reshaped(q *frame.Request, amend bool) (*DraftForm, error) {
	do, which, _ := strings.Cut(q.PostForm.Get("do"), ":")
	posted := q.PostForm
	acts := len(posted["time"])
	switch do {
	case "add-note":
		if key := nextNote(posted["note"]); !slices.Contains(posted["note"], key) {
			posted.Add("note", key)
			posted.Set("n."+key+".severity", string(shows.Note))
			posted.Set("n."+key+".department", which)
		}
	case "remove-note":
		posted["note"] = slices.DeleteFunc(posted["note"], func(k string) bool { return k == which })
		maps.DeleteFunc(posted, func(name string, _ []string) bool { return strings.HasPrefix(name, "n."+which+".") })
	case "add-act":
		posted["time"] = withAct(posted["time"])
	}
	before := len(q.PostForm["time"])
	d, err := readDraft(q, amend)
	if err != nil {
		return nil, err
	}
	d.Forgive() // a person who adds a note has not finished
	if do == "add-act" && before == acts {
		d.Fail("", q.T("draft.most-acts", shows.MaxActs))
	}
	return d, nil
}

func nextNote(keys []string) string {
	next := 0
	for _, k := range keys {
		if n, err := strconv.Atoi(k); err == nil && n >= next && n < 9999 {
			next = n + 1
		}
	}
	return strconv.Itoa(next)
}

// withAct has one more act, in its place.
func withAct(keys []string) []string {
	last, place := 0, len(keys)
	for i, k := range keys {
		if line, ok := newTimeLine(k); ok && (line.event == shows.ActUp || line.event == shows.ActDown) &&
			line.n >= last {
			last, place = line.n, i+1
		}
	}
	if last >= shows.MaxActs {
		return keys
	}
	return slices.Insert(slices.Clone(keys), place, timeKey(shows.ActUp, last+1), timeKey(shows.ActDown, last+1))
}
