package check

import (
	"errors"
	"maps"
	"slices"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// Tolerance is by how much a time may be earlier than one that was recorded before it: the clocks of two instances are
// never quite the same.
const Tolerance = 2 * time.Minute

// Bundle is what is checked together.
type Bundle struct {
	Origin  string   // the first line that heads must have
	Entries []Entry  // in the order in which they were published
	Heads   []string // the head that is published, and heads that somebody kept
	Keys    []Key    // those that are trusted, and no others
}

// checking is a check in progress.
type checking struct {
	Bundle
	report   *Report
	known    map[string]bool // ids of the keys
	keys     note.Verifiers
	heads    map[int64][]Head // by section, signed by known keys
	sections map[int64]*section
	gaps     map[int64]gap
}

// gap is what a later section says of the end of one before it.
type gap struct {
	Beginning
	by   int64 // the section that says so
	size int64 // entries under the last head
}

// Verify checks a bundle.
func Verify(b Bundle) Report {
	c := &checking{
		Bundle: b, report: &Report{Origin: b.Origin, Entries: int64(len(b.Entries))}, known: map[string]bool{},
		heads: map[int64][]Head{}, sections: map[int64]*section{}, gaps: map[int64]gap{},
	}
	c.openKeys()
	for _, text := range b.Heads {
		c.openHead(text)
	}
	for _, e := range b.Entries {
		s := c.sections[e.Section]
		if s == nil {
			s = &section{checking: c, number: e.Section}
			c.sections[e.Section] = s
		}
		s.list = append(s.list, e)
	}
	order := slices.Sorted(maps.Keys(c.sections))
	for _, n := range order {
		c.sections[n].arrange()
		c.sections[n].begins()
	}
	for _, n := range order {
		c.sections[n].checkHeads()
	}
	c.checkSections(order)
	c.report.end()
	return *c.report
}

func (c *checking) openKeys() {
	var list []note.Verifier
	for _, k := range c.Keys {
		v, err := k.Verifier()
		switch {
		case err != nil:
			c.report.find(BadKey, 0, -1, 0, "The key %q cannot be used: %v.", k.ID, err)
		case !c.known[k.ID]:
			c.known[k.ID] = true
			list = append(list, v)
		}
	}
	c.keys = note.VerifierList(list...)
}

// openHead takes a head that was published or kept.
func (c *checking) openHead(text string) {
	h, err := open(text, c.keys)
	switch {
	case err == nil && h.Origin != c.Origin:
		c.report.find(WrongOrigin, h.Section, -1, h.Size, "The head over %d entries of section %d is one of %q, and "+
			"not of %q.", h.Size, h.Section, h.Origin, c.Origin)
	case err == nil:
		c.take(h)
	default:
		c.refuse(h, err)
	}
}

func (c *checking) take(h Head) {
	if !slices.ContainsFunc(c.heads[h.Section], func(o Head) bool { return o.Note == h.Note }) {
		c.heads[h.Section] = append(c.heads[h.Section], h)
	}
}

// refuse says why a head proves nothing.
func (c *checking) refuse(h Head, err error) {
	switch {
	case errors.Is(err, errUnknownKey):
		c.report.doubt("The head over %d entries of section %d was signed by an unknown key: %q is not in the list of "+
			"keys.", h.Size, h.Section, h.Key)
	case errors.Is(err, errBadSignature):
		c.report.find(BadSignature, h.Section, -1, h.Size, "The signature of the head over %d entries of section %d "+
			"is not that of its key: it was changed, or signed by somebody else.", h.Size, h.Section)
	case errors.Is(err, errTooManySignatures):
		c.report.find(TooManySignatures, 0, -1, 0, "A head is refused: %v.", err)
	default:
		c.report.find(HeadMalformed, 0, -1, 0, "A head is refused: %v.", err)
	}
}

// checkSections checks that no section is missing, and counts.
func (c *checking) checkSections(order []int64) {
	if len(c.Entries) == 0 && len(c.heads) == 0 {
		c.report.doubt("There is no entry and no head.")
		return
	}
	newest := int64(0)
	for _, n := range slices.Concat(order, slices.Collect(maps.Keys(c.heads))) {
		newest = max(newest, n)
	}
	c.report.Sections = int64(len(order))
	for n := int64(1); n <= newest; n++ {
		s := c.sections[n]
		if s == nil {
			c.missing(n)
			continue
		}
		c.report.Covered += s.covered
		switch open := int64(len(s.entries)) - s.covered; {
		case open == 0:
		case n == newest && s.covered > 0:
			c.report.Open = open
		case len(c.heads[n]) == 0:
			c.report.doubt("No head of a known key is over the entries of section %d.", n)
		case n < newest:
			c.report.doubt("No head is over the last %d entries of section %d.", open, n)
		}
	}
}

// missing is about a section without entries.
func (c *checking) missing(n int64) {
	if g, said := c.gaps[n]; said && g.Missing == g.size {
		c.report.doubt("All %d entries of section %d are gone, as section %d says: %s", g.Missing, n, g.by, g.Why)
		return
	}
	c.report.find(SectionMissing, n, -1, 0, "Section %d is missing.", n)
}
