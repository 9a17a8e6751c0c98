package stage

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

// stub is all that others see of a section.
func (s *Section) stub() Section {
	return Section{Department: s.Department, Sealed: true, sealed: s.ID + s.sealed}
}

// valueAudience is who may read a field's value. A field that the program does not know (any more) is for management.
func (r *Report) valueAudience(key string) access.Audience {
	level := access.Managers
	if f, ok := FieldOf(key); ok {
		level = f.Audience
	}
	if level == access.Everyone {
		return access.Audience{Level: level}
	}
	return access.Audience{Level: level, Also: []string{r.Author.ID}}
}

// questionAudience is who may read what a reviewer asked.
func (r *Report) questionAudience() access.Audience {
	return access.Audience{Level: access.Organizers, Also: []string{r.Author.ID}}
}

// redact takes away what the caller is not meant to read. It makes new lists: what it was given may be in use elsewhere.
func redact(c access.Caller, r *Report) {
	hidden := hideSections(r, func(s *Section) bool { return s.audience().Admits(c) })
	hidden = hideValues(c, r) || hidden
	if !r.questionAudience().Admits(c) {
		r.Queries = nil
	}
	if hidden {
		r.Salt = ""
	}
}

// hideSections replaces the sections that are not admitted, and reports whether there are any.
func hideSections(r *Report, admits func(*Section) bool) bool {
	shown := slices.Clone(r.Sections)
	hidden := false
	for i := range shown {
		if shown[i].Sealed || !admits(&shown[i]) {
			shown[i] = shown[i].stub()
			hidden = true
		}
	}
	r.Sections = shown
	return hidden
}

func hideValues(c access.Caller, r *Report) bool {
	shown := maps.Clone(r.Values)
	maps.DeleteFunc(shown, func(key string, _ any) bool { return !r.valueAudience(key).Admits(c) })
	hidden := len(shown) < len(r.Values)
	r.Values = shown
	return hidden
}
