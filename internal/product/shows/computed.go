package shows

import "time"

// Computed is what follows from the times of a report. It is never typed and never stored. What is not known yet is
// zero.
type Computed struct {
	RunTime   time.Duration // acts only
	ShowTime  time.Duration // from the first act up to the last act down: acts and intervals
	Acts      []Span
	Intervals []Span
	Started   bool // the curtain's scheduled and actual time are known
	Late      int  // minutes late, negative when early; if Started
}

// Span is one act or interval.
type Span struct {
	N          int
	Start, End time.Time
	Length     time.Duration // 0 while an end is missing
}

// Computed calculates it.
func (r *Report) Computed() Computed {
	c := Computed{Acts: r.acts()}
	c.Intervals = r.intervals(c.Acts)
	c.RunTime = total(c.Acts)
	if n := len(c.Acts); n > 0 && c.RunTime > 0 {
		c.ShowTime = c.Acts[n-1].End.Sub(c.Acts[0].Start)
	}
	planned, up := r.curtain()
	if !planned.IsZero() && !up.IsZero() {
		c.Started, c.Late = true, wholeMinutes(up.Sub(planned))
	}
	return c
}

// curtain is when the first act was to go up and when it did.
func (r *Report) curtain() (planned, up time.Time) {
	first := r.stamp(ActUp, 1)
	if first.Scheduled.IsZero() {
		return r.Start, first.Actual
	}
	return first.Scheduled, first.Actual
}

// acts are the acts from the first on. The last one ends with the final curtain if its own end is not known.
func (r *Report) acts() []Span {
	var acts []Span
	for n := 1; !r.actual(ActUp, n).IsZero(); n++ {
		acts = append(acts, span(n, r.actual(ActUp, n), r.actual(ActDown, n)))
	}
	if n := len(acts); n > 0 && acts[n-1].End.IsZero() {
		acts[n-1] = span(n, acts[n-1].Start, r.actual(FinalCurtain, 0))
	}
	return acts
}

// intervals are as recorded, or otherwise the time between two acts.
func (r *Report) intervals(acts []Span) []Span {
	var list []Span
	for n := 1; n <= len(acts); n++ {
		start, end := r.actual(IntervalStart, n), r.actual(IntervalEnd, n)
		if start.IsZero() && n < len(acts) {
			start = acts[n-1].End
		}
		if end.IsZero() && n < len(acts) {
			end = acts[n].Start
		}
		if s := span(n, start, end); s.Length > 0 {
			list = append(list, s)
		}
	}
	return list
}

func span(n int, start, end time.Time) Span {
	s := Span{N: n, Start: start, End: end}
	if !start.IsZero() && end.After(start) {
		s.Length = end.Sub(start)
	}
	return s
}

// total is 0 unless every span has a length.
func total(spans []Span) time.Duration {
	var sum time.Duration
	for _, s := range spans {
		if s.Length == 0 {
			return 0
		}
		sum += s.Length
	}
	return sum
}

// wholeMinutes drops seconds: a curtain 59 seconds late is on time.
func wholeMinutes(d time.Duration) int { return int(d / time.Minute) }
