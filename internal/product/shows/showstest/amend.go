package showstest

import (
	"maps"
	"slices"
	"testing"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/shows"
)

// fields are values of a front-of-house report, one of each audience that fields have.
var fields = map[string]access.Level{"weather": access.Everyone, "banked-by": access.Organizers,
	"medical": access.Managers}

// begin starts a draft.
func (c *Chain) begin(t testing.TB) *Report {
	t.Helper()
	r := &Report{draft: true, author: c.somebody()}
	r.now = content{parts: map[string]part{}}
	e := c.edit(r, r.author)
	for range 3 {
		e.add()
	}
	for key := range fields {
		if c.one(2) {
			e.set(key)
		}
	}
	e.text()
	e.open(c.audience())
	e.in.Production, e.in.Type = &c.Production, new("front-of-house")
	made, err := c.Stage.CreateReport(t.Context(), c.Caller(r.author), e.in)
	if !c.ended(t, "begin", r.author, r, r.author.atLeast(access.Reporter), err) {
		return nil
	}
	r.ID = made.ID
	r.now = e.learnt(made)
	r.now.readers.also = r.author.Account
	c.Reports = append(c.Reports, r)
	return r
}

// amend changes something in a filed report.
func (c *Chain) amend(t testing.TB, r *Report, p *Member) {
	t.Helper()
	e := c.edit(r, p)
	for range 1 + c.Rand.IntN(3) {
		e.change()
	}
	if c.one(4) {
		e.open(c.audience())
	}
	if c.one(3) {
		e.text()
	}
	made, err := c.Stage.AmendReport(t.Context(), c.Caller(p), r.ID, 0, "A reason", e.in)
	if c.ended(t, "amend", p, r, r.mayAmend(p) && !e.wrong, err) {
		r.now = e.learnt(made)
		r.waiting = true
		r.filed = append(r.filed, r.now.clone())
	}
}

func (r *Report) mayAmend(p *Member) bool {
	return !r.trashed && r.admits(p) && p.atLeast(access.Reporter) && (p == r.author || p.atLeast(access.Organizer))
}

// edit is a change in the making: what is sent, and what will stand there if it is taken.
type edit struct {
	*Chain
	r     *Report
	p     *Member
	in    shows.ReportInput
	after content
	fresh []part // sections whose ids are not known yet
	wrong bool   // it must be refused
}

func (c *Chain) edit(r *Report, p *Member) *edit {
	e := &edit{Chain: c, r: r, p: p, after: r.now.clone()}
	e.in.Sections = []shows.SectionInput{}
	for _, id := range slices.Sorted(maps.Keys(r.now.parts)) {
		if s := r.now.parts[id]; s.key == "" && s.readers.admit(p) {
			e.in.Sections = append(e.in.Sections, shows.SectionInput{
				ID: id, Department: s.department, Text: s.word, Audience: access.Audience{Level: s.readers.level,
					People: s.readers.people},
			})
		}
	}
	return e
}

// change draws one.
func (e *edit) change() {
	n := len(e.in.Sections)
	switch k := e.Rand.IntN(10); {
	case k < 2 || n == 0:
		e.add()
	case k < 4:
		keys := slices.Sorted(maps.Keys(fields))
		e.set(keys[e.Rand.IntN(len(keys))])
	default:
		i := e.Rand.IntN(n)
		s := &e.in.Sections[i]
		switch {
		case s.ID == "":
		case k < 6:
			delete(e.after.parts, s.ID)
			e.in.Sections = slices.Delete(e.in.Sections, i, i+1)
		case k < 8:
			s.Text = e.word(e.r)
			s.Department = "the " + s.Text
			e.put(s)
		default:
			before := s.Audience
			s.Audience = e.audience()
			if s.Audience.Level != before.Level || !slices.Equal(s.Audience.People, before.People) {
				e.put(s)
			}
		}
	}
}

// put writes a section anew. One that is sent as it stands stays what it was, and its writer too.
func (e *edit) put(s *shows.SectionInput) {
	if old := e.r.now.parts[s.ID]; old.word == s.Text && old.readers.level == s.Audience.Level &&
		slices.Equal(old.readers.people, s.Audience.People) {
		e.after.parts[s.ID] = old
		return
	}
	e.after.parts[s.ID] = part{readers: readers{s.Audience.Level, s.Audience.People, e.p.Account}, word: s.Text,
		department: s.Department}
}

func (e *edit) add() {
	w := e.word(e.r)
	// the department is withheld as the text is
	s := shows.SectionInput{Department: "the " + w, Text: w, Audience: e.audience()}
	e.in.Sections = append(e.in.Sections, s)
	e.fresh = append(e.fresh, part{readers: readers{s.Audience.Level, s.Audience.People, e.p.Account}, word: s.Text,
		department: s.Department})
}

// set gives a value, or takes it away.
func (e *edit) set(key string) {
	if e.in.Values == nil {
		e.in.Values = map[string]any{}
	}
	id := "values." + key
	old, there := e.r.now.parts[id]
	may := readers{level: fields[key]}.admit(e.p) || there && old.readers.admit(e.p) || e.r.draft
	e.wrong = e.wrong || !may
	if e.one(3) {
		e.in.Values[key] = nil
		delete(e.after.parts, id)
		return
	}
	w := e.word(e.r)
	e.in.Values[key] = w
	e.after.parts[id] = part{readers: readers{level: fields[key], also: e.p.Account}, word: w, key: key}
}

func (e *edit) text() {
	e.after.title, e.after.word = e.word(e.r), e.word(e.r)
	e.in.Title, e.in.Text = &e.after.title, &e.after.word
}

// open says who the whole report is for.
func (e *edit) open(a access.Audience) {
	same := a.Level == e.r.now.readers.level && slices.Equal(a.People, e.r.now.readers.people)
	e.wrong = e.wrong || !same && !e.r.draft && !e.r.whole(e.p)
	e.in.Audience = &a
	e.after.readers.level, e.after.readers.people = a.Level, a.People
}

// learnt is what stands there now, with the ids that new sections were given.
func (e *edit) learnt(made records.Record[shows.Report]) content {
	for _, s := range made.Body.Sections {
		for _, f := range e.fresh {
			if s.Text == f.word {
				e.after.parts[s.ID] = f
			}
		}
	}
	return e.after
}
