package firestore

import (
	"bytes"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/kv"
)

// scan walks over the suffixes that one access has in the windows. Suffixes come in scan order, which is the order of
// their bytes: a backward scan inverts them.
type scan struct {
	access
	it      iterator
	windows []interval // in scan order
	at      int
	key     []byte // the suffix, inverted for a backward scan; it changes with the next movement
	buffer  []byte
	ok      bool
}

func newScan(r reader, a access, windows []interval) (*scan, error) {
	it, err := r.Iter(a.prefix, kv.PrefixEnd(a.prefix))
	if err != nil {
		return nil, err
	}
	return &scan{access: a, it: it, windows: windows}, nil
}

// first moves to the first suffix.
func (s *scan) first() bool { return s.enter(nil) }

// enter moves to the first suffix from target on, in this window or a later one.
func (s *scan) enter(target []byte) bool {
	for ; s.at < len(s.windows); s.at++ {
		w := s.windows[s.at]
		if w.hi != nil && bytes.Compare(target, w.hi) >= 0 {
			continue
		}
		if s.move(maxBytes(target, w.lo)) && s.within() {
			return true
		}
	}
	s.ok = false
	return false
}

// move puts the iterator at the first suffix from lo on.
func (s *scan) move(lo []byte) bool {
	if !s.reverse {
		return s.take(s.it.SeekGE(append(bytes.Clone(s.prefix), lo...)))
	}
	if len(lo) == 0 {
		return s.take(s.it.Last())
	}
	// The inverted suffixes from lo on are those up to the inverse of lo, including all that begin with it.
	end := kv.PrefixEnd(append(bytes.Clone(s.prefix), inverse(lo)...))
	return s.take(s.it.SeekLT(end))
}

// next moves on by one.
func (s *scan) next() bool {
	var there bool
	if s.reverse {
		there = s.it.Prev()
	} else {
		there = s.it.Next()
	}
	if s.take(there) && s.within() {
		return true
	}
	s.at++
	return s.enter(nil)
}

// seek moves to the first suffix that is target or after it.
func (s *scan) seek(target []byte) bool {
	if s.ok && bytes.Compare(s.key, target) >= 0 {
		return true
	}
	return s.enter(target)
}

// take notes the suffix at the iterator.
func (s *scan) take(there bool) bool {
	s.ok = there
	if !there {
		return false
	}
	s.key = s.it.Key()[len(s.prefix):]
	if s.reverse {
		s.buffer = append(s.buffer[:0], s.key...)
		invert(s.buffer)
		s.key = s.buffer
	}
	return true
}

func (s *scan) within() bool {
	hi := s.windows[s.at].hi
	return hi == nil || bytes.Compare(s.key, hi) < 0
}
