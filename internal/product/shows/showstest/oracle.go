// Package stagetest leads reports through random lives (filed, amended, narrowed, widened, cut, reviewed, trashed,
// restored, among people whose roles change) and knows by a simple model of its own who may read which word of them.
// Production code must never import it.
package showstest

import (
	"slices"

	"github.com/tinyoperahouse/toh/internal/access"
)

// Member is a member of the company.
type Member struct {
	Name, Account string
	Role          access.Role
	Away          bool // is no member for the time being
}

// atLeast compares roles by a list of its own.
func (p *Member) atLeast(r access.Role) bool {
	order := []access.Role{access.Viewer, access.Reporter, access.Organizer, access.Management}
	return slices.Index(order, p.Role) >= slices.Index(order, r)
}

// readers are who something is for: a level, named people, and one more person who may always read it.
type readers struct {
	level  access.Level
	people []string
	also   string
}

func (r readers) admit(p *Member) bool {
	switch {
	case r.level == access.Everyone, r.also == p.Account:
		return true
	case r.level == access.Organizers:
		return p.atLeast(access.Organizer)
	case r.level == access.Managers:
		return p.Role == access.Management
	}
	return slices.Contains(r.people, p.Account)
}

// part is a section or a value.
type part struct {
	readers    readers // also: who wrote it as it stands
	word       string
	department string // of a section
	key        string // of a value
}

// content is what a report says at one time.
type content struct {
	readers   readers // also: its author
	title     string
	word      string
	parts     map[string]part // by section id, or "values." and key
	questions []string
}

func (c content) clone() content {
	parts := map[string]part{}
	for id, p := range c.parts {
		parts[id] = p
	}
	c.parts, c.questions = parts, slices.Clone(c.questions)
	return c
}

// words are what the person may read of it, leaving out the parts that are closed.
func (c content) words(p *Member, closed map[string]bool) []string {
	list := []string{c.title, c.word}
	for id, part := range c.parts {
		if part.readers.admit(p) && !closed[id] {
			list = append(list, part.word)
		}
	}
	if p.atLeast(access.Organizer) || p.Account == c.readers.also {
		list = append(list, c.questions...)
	}
	return list
}

// Report is one report as the model knows it.
type Report struct {
	ID             string
	author         *Member
	draft, trashed bool
	waiting        bool // for review
	now            content
	filed          []content
	all            []string // every word that ever stood in it
}

// Filed reports whether it is no draft any more.
func (r *Report) Filed() bool { return !r.draft }

// Now are the words that the person may read in the report as it stands.
func (r *Report) Now(p *Member) []string {
	if r.trashed || !r.admits(p) {
		return nil
	}
	return r.now.words(p, nil)
}

// Title is the word that lists show, or "" if the report is in none of the person's.
func (r *Report) Title(p *Member) string {
	if r.Now(p) == nil {
		return ""
	}
	return r.now.title
}

// InTrash are the words that the person may read of it in the trash.
func (r *Report) InTrash(p *Member) []string {
	if !r.trashed || !r.admits(p) {
		return nil
	}
	return r.now.words(p, nil)
}

// Restorable reports whether the person may take it out of the trash.
func (r *Report) Restorable(p *Member) bool { return r.trashed && r.disposable(p) }

// disposable reports whether the person may put it in the trash, or take it out.
func (r *Report) disposable(p *Member) bool {
	if r.draft {
		return r.admits(p) && p.atLeast(access.Reporter)
	}
	return r.admits(p) && p.atLeast(access.Organizer) && r.whole(p)
}

func (r *Report) admits(p *Member) bool {
	if r.draft {
		return p.Account == r.author.Account
	}
	return r.now.readers.admit(p)
}

// Past are the words that the person may read in filed versions: those of a version whose every later version is for
// the person too, and of parts that are for the person in every later version that has them.
func (r *Report) Past(p *Member) []string {
	if r.Now(p) == nil {
		return nil
	}
	var list []string
	for i, version := range r.filed {
		closed, gone := map[string]bool{}, false
		for _, later := range r.filed[i:] {
			gone = gone || !later.readers.admit(p)
			for id, part := range later.parts {
				closed[id] = closed[id] || !part.readers.admit(p)
			}
		}
		if !gone {
			list = append(list, version.words(p, closed)...)
		}
	}
	return list
}

// whole reports whether the person may read every part of the report as it stands.
func (r *Report) whole(p *Member) bool {
	for _, part := range r.now.parts {
		if !part.readers.admit(p) {
			return false
		}
	}
	return true
}

// Withheld is how many parts of it the person may not read.
func (r *Report) Withheld(p *Member) int {
	n := 0
	for _, part := range r.now.parts {
		if !part.readers.admit(p) {
			n++
		}
	}
	return n
}
