package check

import (
	"cmp"
	"encoding/json"
	"slices"
	"time"
)

// section is one section in a check.
type section struct {
	*checking
	number  int64
	list    []Entry // as published
	entries []Entry // from 0, without a gap
	tree    tree    // over these
	hashes  *tree   // over the hashes that were published for them; nil if some are not there
	holes   bool    // entries are missing between others
	covered int64
	before  *Head // that its first entry names
	signers []signing
}

// signing says which key signs heads over more than a number of entries.
type signing struct {
	from int64
	key  string
}

// arrange puts the entries in order, and checks that they are complete and that no time goes back.
func (s *section) arrange() {
	seen := map[int64]bool{}
	var sorted []Entry
	last := int64(-1)
	for _, e := range s.list {
		if seen[e.Number] {
			s.report.find(EntryTwice, s.number, e.Number, 0, "Entry %d of section %d is there twice.", e.Number,
				s.number)
			continue
		}
		if e.Number < last {
			s.report.find(EntryOrder, s.number, e.Number, 0, "Entry %d of section %d comes after entry %d.", e.Number,
				s.number, last)
		}
		last = max(last, e.Number)
		seen[e.Number] = true
		sorted = append(sorted, e)
	}
	slices.SortFunc(sorted, func(a, b Entry) int { return cmp.Compare(a.Number, b.Number) })
	s.fill(sorted)
	s.checkTimes(sorted)
}

// fill takes the entries up to the first that is missing.
func (s *section) fill(sorted []Entry) {
	s.hashes = &tree{}
	next := int64(0)
	for _, e := range sorted {
		if e.Number != next {
			s.gone(next, e.Number)
			s.holes = true
		}
		next = e.Number + 1
		if s.holes {
			continue
		}
		s.entries = append(s.entries, e)
		s.grow(e)
	}
}

func (s *section) grow(e Entry) {
	if err := s.tree.add(e.Record()); err != nil {
		s.report.doubt("The tree of section %d could not be computed: %v.", s.number, err)
	}
	if s.hashes == nil || e.Hash == nil || s.hashes.add(*e.Hash) != nil {
		s.hashes = nil
	}
	if e.Kind == KindKey {
		s.changeKey(e)
	}
}

func (s *section) gone(from, until int64) {
	if until-from == 1 {
		s.report.find(EntryMissing, s.number, from, 0, "Entry %d of section %d is missing.", from, s.number)
		return
	}
	s.report.find(EntryMissing, s.number, from, 0, "The entries %d to %d of section %d are missing.", from, until-1,
		s.number)
}

func (s *section) checkTimes(sorted []Entry) {
	var latest Entry
	for i, e := range sorted {
		if i > 0 && e.At.Before(latest.At.Add(-Tolerance)) {
			s.report.find(BackDated, s.number, e.Number, 0, "Entry %d of section %d has the time %s, which is before "+
				"%s, the time of entry %d.", e.Number, s.number, shown(e.At), shown(latest.At), latest.Number)
		}
		if i == 0 || e.At.After(latest.At) {
			latest = e
		}
	}
}

func shown(t time.Time) string { return t.UTC().Format(time.RFC3339) }

// changeKey reads an entry that says which key signs from here on.
func (s *section) changeKey(e Entry) {
	var k KeyChange
	err := json.Unmarshal(e.Data, &k)
	if err == nil {
		_, err = k.New.Verifier()
	}
	if err != nil {
		s.report.find(BadKey, s.number, e.Number, 0, "Entry %d of section %d names a key that cannot be used: %v.",
			e.Number, s.number, err)
		return
	}
	if !s.known[k.New.ID] {
		s.report.doubt("Entry %d of section %d names an unknown key: %q is not in the list of keys.", e.Number,
			s.number, k.New.ID)
	}
	s.signers = append(s.signers, signing{e.Number, k.New.ID})
}

// signer is the key that signs heads of a size, "" if no entry says.
func (s *section) signer(size int64) string {
	key := ""
	for _, k := range s.signers {
		if k.from < size {
			key = k.key
		}
	}
	return key
}

// begins reads the first entry of a section after the first one.
func (s *section) begins() {
	if s.number == 1 || len(s.entries) == 0 {
		return
	}
	b, err := s.entries[0].beginning()
	if err != nil {
		s.unfounded("its first entry does not say how it begins")
		return
	}
	before, err := open(b.Before, s.keys)
	if before.Note == "" || before.Section >= s.number {
		s.unfounded("its first entry names no head of a section before it")
		return
	}
	s.before = &before
	if err != nil {
		s.refuse(before, err)
		return
	}
	s.take(before)
	if before.Size >= s.gaps[before.Section].size { // two sections can name the same one, after several restores
		s.gaps[before.Section] = gap{b, s.number, before.Size}
	}
	have := int64(0)
	if ended := s.sections[before.Section]; ended != nil {
		have = int64(len(ended.list))
	}
	// Fewer can be: a copy keeps entries that the service has lost.
	if missing := max(0, before.Size-have); missing > b.Missing {
		s.report.find(SectionUnfounded, s.number, 0, 0, "Section %d says that %d entries of section %d are missing, "+
			"and %d are.", s.number, b.Missing, before.Section, missing)
	}
	if b.Kept == "" {
		return
	}
	kept, err := open(b.Kept, s.keys)
	if err != nil {
		s.refuse(kept, err)
		return
	}
	s.take(kept)
}

func (s *section) unfounded(why string) {
	s.report.find(SectionUnfounded, s.number, 0, 0, "Section %d names no head that it continues: %s.", s.number, why)
}

// published is the hash of the tree by the hashes that were published.
func (s *section) published(h Head) bool { return s.hashes != nil && s.hashes.fits(h) }

// changed are the entries that are not what their published hash says.
func (s *section) changed() (list []int64) {
	for _, e := range s.entries {
		if e.Hash != nil && *e.Hash != e.Record() {
			list = append(list, e.Number)
		}
	}
	return list
}
