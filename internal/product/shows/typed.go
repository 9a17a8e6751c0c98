package shows

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/cardnumber"
)

// Limits of what is kept as it was typed.
const (
	maxTyped    = 32 << 10  // bytes of one text
	maxTypedAll = 128 << 10 // of all of a draft
	maxTypings  = 200       // fields
)

// Typed is what was typed into a field of a draft and could not be parsed. It is as secret as the draft, which only its
// author reads; it is in no list and no search, and a filed report has none.
type Typed struct {
	Text string `json:"text,omitempty"`
	Why  string `json:"why"`            // what is wrong with it, for people
	Lost bool   `json:"lost,omitempty"` // the text could not be kept: it is too long, or must not be stored
	// Over is a fingerprint of what the field held then. A release that does not know of typed texts may have changed
	// the field since; then the text is outdated.
	Over string `json:"over"`
}

// SaveDraft starts a draft, with version 0, or changes it, as a form that saves itself does: what cannot be parsed is
// kept as it was typed, see Report.Unread, and everything else is saved. The whole is refused only for problems that no
// field can solve.
func (s *Service) SaveDraft(ctx context.Context, c access.Caller, id string, ifVersion int64,
	in ReportInput) (records.Record[Report], error) {
	in.keep = true
	if ifVersion == 0 {
		in.ID = id
		return s.CreateReport(ctx, c, in)
	}
	return s.UpdateReport(ctx, c, id, ifVersion, in)
}

// SaveWholeDraft is SaveDraft for a form that is shown again with everything that was entered: if something typed
// cannot even be kept, nothing is saved, and the error names every field that cannot be parsed.
func (s *Service) SaveWholeDraft(ctx context.Context, c access.Caller, id string, ifVersion int64,
	in ReportInput) (records.Record[Report], error) {
	in.whole = true
	return s.SaveDraft(ctx, c, id, ifVersion, in)
}

// Unread is what was typed into the draft and could not be parsed, by field: "title", "body", "audience", "people",
// "values.capacity", "times.act-up.1", "sections.ID.cue".
func (r *Report) Unread() map[string]Typed {
	if r.State != Draft {
		return nil
	}
	now := map[string]Typed{}
	for field, t := range r.Typed {
		if text, there := r.holds(field); there && heldSum(text) == t.Over {
			now[field] = t
		}
	}
	return now
}

// CheckForFiling returns what must be corrected before the draft can be filed, by field.
func (r *Report) CheckForFiling() error {
	p := problems{}
	for field, t := range r.Unread() {
		p.add(field, "%s", t.Says())
	}
	for i := range r.Sections {
		if s := &r.Sections[i]; !s.Withheld && !s.Blank() && strings.TrimSpace(s.Text) == "" {
			p.add("sections."+s.ID+".text", "Write what the note is about, or remove it.")
		}
	}
	r.checkTimes(p)
	return p.err()
}

// Says is what is wrong, for people who see the field again.
func (t Typed) Says() string {
	if t.Lost {
		return "What was typed here is not kept. " + t.Why
	}
	return t.Why
}

// Blank reports whether nothing was written into the section, and nothing chosen but a department. It is left out when
// its draft is filed.
func (s *Section) Blank() bool {
	return !s.Withheld && strings.TrimSpace(s.Text) == "" && s.Cue == "" && s.Topic == "" && s.Owner == "" &&
		s.Due == "" &&
		(s.Severity == Note || s.Severity == "") && s.Audience.Level == access.Everyone
}

// forget drops the typed texts of the fields that the input gives.
func (r *Report) forget(in ReportInput) {
	given := func(field string) bool {
		part, rest, _ := strings.Cut(field, ".")
		switch part {
		case "title":
			return in.Title != nil
		case "body":
			return in.Text != nil
		case "audience", "people":
			return in.Audience != nil
		case "values":
			_, there := in.Values[rest]
			return there
		case "times":
			return in.Times != nil
		}
		return in.Sections != nil
	}
	left := maps.Clone(r.Unread())
	maps.DeleteFunc(left, func(field string, _ Typed) bool { return given(field) })
	r.Typed = left
	if len(left) == 0 {
		r.Typed = nil
	}
}

// keep takes the problems that a field can solve: what was typed there is kept, and the field keeps its previous value.
// ids are those of the input's sections. lost says that something typed cannot be kept.
func (p problems) keep(before, r *Report, in ReportInput, ids []string) (lost bool) {
	size := 0
	for _, t := range r.Typed {
		size += len(t.Text)
	}
	for _, name := range slices.Sorted(maps.Keys(p)) {
		f, ok := in.fieldOf(name, before, r, ids)
		if !ok || len(r.Typed) >= maxTypings {
			continue
		}
		f.restore()
		t := Typed{Text: f.typed, Why: p[name]}
		if !keepable(f.typed) || size+len(f.typed) > maxTypedAll {
			t.Text, t.Lost, lost = "", true, true
		}
		size += len(t.Text)
		text, _ := r.holds(f.name)
		t.Over = heldSum(text)
		if r.Typed == nil {
			r.Typed = map[string]Typed{}
		}
		r.Typed[f.name] = t
		delete(p, name)
	}
	return lost
}

func keepable(text string) bool {
	return len(text) <= maxTyped && utf8.ValidString(text) && !strings.ContainsFunc(text, forbidden) &&
		!cardnumber.In(text)
}

// heldSum is a fingerprint of what a field holds.
func heldSum(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:6])
}

// typedField is a field of an input with what was typed there.
type typedField struct {
	name, typed string
	restore     func() // restores what it held before
}

// fieldOf finds the field that a problem of an input is about.
func (in ReportInput) fieldOf(problem string, before, r *Report, ids []string) (typedField, bool) {
	part, rest, _ := strings.Cut(problem, ".")
	f := typedField{name: problem}
	switch {
	case problem == "title" && in.Title != nil:
		f.typed, f.restore = *in.Title, func() { r.Title = before.Title }
	case problem == "body" && in.Text != nil:
		f.typed, f.restore = *in.Text, func() { r.Text = before.Text }
	case problem == "audience" && in.Audience != nil:
		f.typed, f.restore = string(in.Audience.Level), func() { r.Audience = before.Audience }
	case problem == "people" && in.Audience != nil:
		f.typed, f.restore = strings.Join(in.Audience.People, "\n"), func() { r.Audience.People = nil }
	case part == "values" && rest != "":
		text, isText := in.Values[rest].(string)
		f.typed, f.restore = text, func() { r.putBack(rest, before) }
		return f, isText
	case part == "times":
		return in.timeOf(rest, before, r)
	case part == "sections":
		return in.sectionOf(rest, before, r, ids)
	}
	return f, f.restore != nil
}

func (r *Report) putBack(key string, before *Report) {
	if old, there := before.Values[key]; there {
		r.Values[key] = old
	} else {
		delete(r.Values, key)
	}
}

// timeOf is an actual time; the scheduled ones are not typed here.
func (in ReportInput) timeOf(problem string, before, r *Report) (typedField, bool) {
	i, ok := placed(problem, ".actual", len(in.Times))
	if !ok {
		return typedField{}, false
	}
	key := Stamp{Event: in.Times[i].Event}
	if e, _ := EventOf(key.Event); e.Repeat {
		key.N = max(in.Times[i].N, 1)
	}
	return typedField{stampField(key.Event, key.N), in.Times[i].Actual, func() {
		r.setActual(key, before.actual(key.Event, key.N))
	}}, true
}

func stampField(event string, n int) string { return "times." + event + "." + strconv.Itoa(n) }

// placed reads a place in a list that ends with a suffix.
func placed(text, suffix string, most int) (int, bool) {
	number, ok := strings.CutSuffix(text, suffix)
	i, err := strconv.Atoi(number)
	return i, ok && err == nil && i >= 0 && i < most
}

func (r *Report) setActual(key Stamp, at time.Time) {
	for i := range r.Times {
		if s := &r.Times[i]; s.Event == key.Event && s.N == key.N {
			s.Actual = at
			return
		}
	}
	if !at.IsZero() {
		key.Actual = at
		r.Times = append(r.Times, key)
		slices.SortStableFunc(r.Times, func(a, b Stamp) int {
			return cmp.Compare(rank(a.Event, a.N), rank(b.Event, b.N))
		})
	}
}

// sectionOf is a part of a section.
func (in ReportInput) sectionOf(problem string, before, r *Report, ids []string) (typedField, bool) {
	number, part, _ := strings.Cut(problem, ".")
	i, ok := placed(number, "", min(len(ids), len(in.Sections)))
	if !ok {
		return typedField{}, false
	}
	s, given := r.section(ids[i]), &in.Sections[i]
	old := before.section(ids[i])
	if old == nil {
		old = &Section{Severity: Note, Audience: access.Audience{Level: access.Everyone}}
	}
	f := typedField{name: "sections." + ids[i] + "." + part}
	switch part {
	case "text":
		f.typed, f.restore = given.Text, func() { s.Text = old.Text }
	case "cue":
		f.typed, f.restore = given.Cue, func() { s.Cue = old.Cue }
	case "department":
		f.typed, f.restore = given.Department, func() { s.Department = old.Department }
	case "topic":
		f.typed, f.restore = given.Topic, func() { s.Topic = old.Topic }
	case "severity":
		f.typed, f.restore = string(given.Severity), func() { s.Severity = old.Severity }
	case "due":
		f.typed, f.restore = given.Due, func() { s.Due = old.Due }
	case "audience":
		f.typed, f.restore = string(given.Audience.Level), func() { s.Audience = old.Audience }
	case "people":
		f.typed, f.restore = strings.Join(given.Audience.People, "\n"), func() { s.Audience.People = nil }
	}
	return f, f.restore != nil && s != nil
}

// holds is what a field of the report holds, as a text that shows whether it changed; false if there is no such field.
func (r *Report) holds(field string) (string, bool) {
	part, rest, _ := strings.Cut(field, ".")
	switch {
	case field == "title":
		return r.Title, true
	case field == "body":
		return r.Text, true
	case field == "audience":
		return string(r.Audience.Level), true
	case field == "people":
		return strings.Join(r.Audience.People, "\n"), true
	case part == "values":
		return plain(r.Values[rest]), true // in its stored form, because fingerprints of it are kept
	case part == "times":
		event, n, _ := strings.Cut(rest, ".")
		number, err := strconv.Atoi(n)
		return r.actual(event, number).Format(time.RFC3339), err == nil
	}
	id, name, _ := strings.Cut(rest, ".")
	s := r.section(id)
	if part != "sections" || s == nil {
		return "", false
	}
	text, ok := map[string]string{
		"text": s.Text, "cue": s.Cue, "department": s.Department, "topic": s.Topic, "severity": string(s.Severity),
		"due":      s.Due,
		"audience": string(s.Audience.Level), "people": strings.Join(s.Audience.People, "\n"),
	}[name]
	return text, ok
}
