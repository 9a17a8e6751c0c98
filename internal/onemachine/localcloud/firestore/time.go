package firestore

import (
	"encoding/binary"
	"errors"
	"fmt"
	"time"

	"github.com/tinyoperahouse/toh/internal/onemachine/localcloud/kv"
)

// The clock of one machine may be set back, while the program runs or between two runs. Times that documents get never
// go back with it: the newest one is kept with every commit.

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

// after makes every time that is given from here on later than t, in microseconds.
func (s *Server) after(t int64) {
	for {
		last := s.last.Load()
		if t <= last || s.last.CompareAndSwap(last, t) {
			return
		}
	}
}

// timeOf is the time of a commit. It is later than what it replaces, even where the kept time is older: in a folder
// from before there was one.
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

// overlap is more than two commits at the same moment can be apart: which of them is written last is chance, so a newer
// time than the one that is kept may have been given.
const overlap = time.Second

// loadTime goes on after the times that were given. A clock that goes right is past them.
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
