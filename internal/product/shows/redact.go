package shows

import (
	"maps"
	"slices"

	"github.com/tinyoperahouse/toh/internal/access"
)

// audience is who may read a section, of those who may read the report.
func (s *Section) audience() access.Audience {
	a := access.Audience{Level: s.Audience.Level, People: s.Audience.People}
	if a.Level != access.Everyone && s.By != "" {
		a.Also = []string{s.By}
	}
	return a
}

// valueAudience is who may read a field's value, of those who may read the report. A field that the program does not
// know, or no longer knows, is for management.
func (r *Report) valueAudience(key string) access.Audience {
	a := access.Audience{Level: access.Managers}
	if f, ok := FieldOf(key); ok {
		a.Level = f.Audience
	}
	if by := r.valueWriter(key); a.Level != access.Everyone && by != "" {
		a.Also = []string{by}
	}
	return a
}

// questionAudience is who may read what a reviewer asked.
func (r *Report) questionAudience() access.Audience {
	return access.Audience{Level: access.Organizers, Also: []string{r.Author.ID}}
}

// redact takes out what the caller is not meant to read. It makes new lists, because the ones it was given may be in
// use elsewhere.
func redact(c access.Caller, r *Report) {
	r.hide(func(_ string, a access.Audience) bool { return a.Admits(c) })
	if !r.questionAudience().Admits(c) {
		r.Queries = nil
	}
	if r.State != Draft || r.Author.ID != c.Account {
		r.Typed = nil
	}
}

// valuePart is the name of a value among the parts of a report; a section is named by its id.
func valuePart(key string) string { return "values." + key }

// stub is all that others learn of a section or a value: that it exists.
func stub(part string) Section { return Section{Withheld: true, withheld: part} }

// hide replaces every part that is not to be shown by a stub. The stubs come last, because the place of a part would
// reveal something about it.
func (r *Report) hide(shows func(part string, a access.Audience) bool) {
	var shown, stubs []Section
	for i := range r.Sections {
		switch s := &r.Sections[i]; {
		case s.Withheld:
			stubs = append(stubs, *s)
		case shows(s.ID, s.audience()):
			shown = append(shown, *s)
		default:
			stubs = append(stubs, stub(s.ID))
		}
	}
	values := maps.Clone(r.Values)
	for _, key := range slices.Sorted(maps.Keys(r.Values)) {
		if !shows(valuePart(key), r.valueAudience(key)) {
			delete(values, key)
			stubs = append(stubs, stub(valuePart(key)))
		}
	}
	r.Sections, r.Values, r.Writers = append(shown, stubs...), values, r.Writers.of(values)
	if len(stubs) > 0 {
		r.Salt = "" // with it the hash would confirm a guess
	}
}

// heldBy reports whether the caller may read every part of the report. Whoever may not must not make it vanish for
// those who may, or show it to others.
func (r *Report) heldBy(c access.Caller) bool {
	seen := *r
	redact(c, &seen)
	return seen.WithheldCount() == 0
}
