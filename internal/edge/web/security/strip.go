package security

import (
	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/product/promise"
)

// Strip is the last 90 days as a picture, and in words for whoever does not see it.
type Strip struct {
	Width, Height int
	Runs          []Run
	Says          string
}

// Run is some days in a row that are alike. The class says how they are coloured; a broken day is also taller, and an
// unchecked one a thin line, so that colour is not all that tells them apart.
type Run struct {
	X, Y, Width, Height int
	Class               string
}

const (
	dayWidth    = 6
	stripHeight = 24
)

// dayState is a day in one word. A day with one failure is a broken one, whatever else was found on it.
func dayState(c promise.Count) promise.State {
	switch {
	case c.Broken > 0:
		return promise.Broken
	case c.Kept > 0:
		return promise.Kept
	}
	return promise.Unchecked
}

func strip(q *frame.Request, p *promise.Standing) Strip {
	s := Strip{Width: dayWidth * len(p.Days), Height: stripHeight}
	days := map[promise.State]int{}
	for i, d := range p.Days {
		state := dayState(d.Count)
		days[state]++
		if n := len(s.Runs); n > 0 && s.Runs[n-1].Class == string(state) {
			s.Runs[n-1].Width += dayWidth
			continue
		}
		s.Runs = append(s.Runs, shape(state, i*dayWidth))
	}
	s.Says = q.T("security.strip", len(p.Days), days[promise.Kept], days[promise.Broken], days[promise.Unchecked])
	return s
}

func shape(s promise.State, x int) Run {
	r := Run{X: x, Y: 8, Width: dayWidth, Height: 14, Class: string(s)}
	switch s {
	case promise.Broken:
		r.Y, r.Height = 0, stripHeight
	case promise.Unchecked:
		r.Y, r.Height = 13, 4
	}
	return r
}
