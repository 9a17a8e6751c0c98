package check

import (
	"cmp"
	"slices"
)

// checkHeads checks the heads of a section against its entries and against each other.
func (s *section) checkHeads() {
	heads := slices.Clone(s.heads[s.number])
	slices.SortStableFunc(heads, func(a, b Head) int {
		return cmp.Or(cmp.Compare(a.Size, b.Size), a.At.Compare(b.At))
	})
	for i, h := range heads {
		if s.plain(h); i > 0 {
			s.compare(heads[i-1], h)
		}
		if s.tree.fits(h) {
			s.covered = max(s.covered, h.Size)
			if h.At.After(s.report.UpTo) {
				s.report.UpTo = h.At
			}
		}
	}
	fitted, explained := int64(0), false // the largest head before this one that fits
	for _, h := range heads {
		switch {
		case s.tree.fits(h):
			fitted = max(fitted, h.Size)
		case h.Size > int64(len(s.entries)):
			s.tooLarge(h)
		case h.Size == s.covered: // it contradicts the one before it
		case h.Size < s.covered:
			s.report.find(HeadsContradict, s.number, -1, h.Size, "The head over %d entries of section %d contradicts "+
				"the head over %d entries: both are signed, and they cannot be over the same entries.", h.Size,
				s.number, s.covered)
		case !explained:
			explained = true
			s.misfit(h, fitted)
		}
	}
	s.checkHashes()
}

// plain checks what a head says besides its root.
func (s *section) plain(h Head) {
	before := ""
	if s.before != nil {
		before = s.before.Hash()
	}
	if h.Before != before && (s.number == 1 || s.before != nil) {
		s.report.find(HeadDoesNotFit, s.number, -1, h.Size, "The head over %d entries of section %d names another "+
			"head before the section than its first entry.", h.Size, s.number)
	}
	if key := s.signer(h.Size); key != h.Key && h.Size <= int64(len(s.entries)) {
		s.report.find(OtherSigner, s.number, -1, h.Size, "The head over %d entries of section %d was signed by %q, "+
			"and by its entries %q signs.", h.Size, s.number, h.Key, key)
	}
	for _, e := range s.entries[:min(h.Size, int64(len(s.entries)))] {
		if h.At.Before(e.At.Add(-Tolerance)) {
			s.report.find(BackDated, s.number, e.Number, h.Size, "The head over %d entries of section %d has the time "+
				"%s, which is before %s, the time of entry %d.", h.Size, s.number, shown(h.At), shown(e.At), e.Number)
			return
		}
	}
}

// compare compares two heads, the second not over fewer entries.
func (s *section) compare(a, b Head) {
	switch {
	case a.Size == b.Size && a.Root != b.Root:
		s.report.find(HeadsContradict, s.number, -1, b.Size, "Two heads over %d entries of section %d contradict each "+
			"other: both are signed, and their roots differ.", b.Size, s.number)
	case a.Size < b.Size && b.At.Before(a.At.Add(-Tolerance)):
		s.report.find(BackDated, s.number, -1, b.Size, "The head over %d entries of section %d has the time %s, which "+
			"is before %s, the time of the head over %d.", b.Size, s.number, shown(b.At), shown(a.At), a.Size)
	}
}

// tooLarge is about a head over more entries than there are.
func (s *section) tooLarge(h Head) {
	have := int64(len(s.list))
	g, said := s.gaps[s.number]
	switch {
	case s.holes: // the missing entries were found already
	case said && h.Size <= g.size && g.Missing == max(0, g.size-have):
		s.report.doubt("%d entries at the end of section %d are gone, as section %d says: %s", g.Missing, s.number,
			g.by, g.Why)
	default:
		s.report.find(SizeTooLarge, s.number, have, h.Size, "The head of section %d is over %d entries, and there are "+
			"only %d.", s.number, h.Size, have)
	}
}

// misfit says which entries can be why a head does not fit; those under the largest head that fits cannot.
func (s *section) misfit(h Head, fitted int64) {
	if s.published(h) {
		return // the changed entries are found by their hashes
	}
	if h.Size == fitted+1 {
		s.report.find(EntryChanged, s.number, fitted, h.Size, "Entry %d of section %d is not what was recorded: the "+
			"head over it does not fit, and the one before it does.", fitted, s.number)
		return
	}
	s.report.find(HeadDoesNotFit, s.number, fitted, h.Size, "The head over %d entries of section %d does not fit "+
		"them: one of the entries %d to %d is not what was recorded.", h.Size, s.number, fitted, h.Size-1)
}

// checkHashes compares entries with their published hashes.
func (s *section) checkHashes() {
	for _, n := range s.changed() {
		if n < s.covered {
			s.report.find(HashChanged, s.number, n, 0, "The stored hash of entry %d of section %d is not that of the "+
				"entry, and the entry is what was signed.", n, s.number)
			continue
		}
		s.report.find(EntryChanged, s.number, n, 0, "Entry %d of section %d is not what was recorded: its hash is "+
			"another.", n, s.number)
	}
}
