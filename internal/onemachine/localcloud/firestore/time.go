package firestore

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/kv"
)

// The clock of one machine may be set back, while the program runs or between two runs. The times of documents never go
// back with it, because the newest time is stored with every commit.

// now is the time of something that happens: after everything that happened before, in whole microseconds.
func (s *Server) now() time.Time {
	wall := s.clock().UnixMicro()
	for {
		last := s.last.Load()
		next := max(wall, last+1)
		if s.last.CompareAndSwap(last, next) {
			return time.UnixMicro(next).UTC()
		}
	}
}

// after makes every time that is issued from now on later than t, in microseconds.
func (s *Server) after(t int64) {
	for {
		last := s.last.Load()
		if t <= last || s.last.CompareAndSwap(last, t) {
			return
		}
	}
}

// timeOf is the time of a commit. It is later than what it replaces, even where the stored time is older, as in a
// folder from before it was stored.
func (s *Server) timeOf(c *commit) (time.Time, error) {
	for _, w := range c.writes {
		ch, err := s.change(c, w)
		if err != nil {
			return time.Time{}, err
		}
		if ch.old != nil {
			s.after(ch.old.GetUpdateTime().AsTime().UnixMicro())
		}
	}
	return s.now(), nil
}

func timeKey() []byte { return []byte{space, tableTime} }

// keepTime keeps the newest time with a commit that changes something.
func (s *Server) keepTime(b *kv.Batch) {
	if !b.Empty() {
		b.Set(timeKey(), binary.BigEndian.AppendUint64(nil, uint64(s.last.Load()))) // #nosec G115 -- after 1970
	}
}

// overlap is more than two commits at the same moment can be apart: which of them is written last is chance, so a time
// newer than the stored one may have been issued.
const overlap = time.Second

// loadTime continues after the times that were issued. A clock that is right is already past them.
func (s *Server) loadTime() error {
	kept, err := s.kv.Get(timeKey())
	if errors.Is(err, kv.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if len(kept) != 8 {
		return fmt.Errorf("the kept time has %d bytes", len(kept))
	}
	last := int64(binary.BigEndian.Uint64(kept)) // #nosec G115 -- as it was written
	if s.clock().UnixMicro() <= last {
		last += overlap.Microseconds()
	}
	s.after(last)
	return nil
}
