package promise

import (
	"slices"
	"time"
)

// State is whether a promise holds, as far as anybody knows.
type State string

// The states.
const (
	Kept      State = "kept"
	Broken    State = "broken"
	Unchecked State = "unchecked"
)

// Why says why something is unchecked. It is a key of the page's texts.
type Why string

// The reasons.
const (
	NotBuilt  Why = "not-built"  // the product does not do all of it yet
	NotYet    Why = "not-yet"    // it was never tried
	Stale     Why = "stale"      // not checked since
	NoAnswer  Why = "no-answer"  // it could not be tried
	NotThere  Why = "not-here"   // there is nothing to check in this sort of installation
	NoneOther Why = "none-other" // nothing that can be checked here decides it
)

// ControlState is a control and what is known of it.
type ControlState struct {
	Control
	State    State
	Why      Why       // why it is unchecked
	Last     time.Time // when it was last tried; zero for never
	LastPass time.Time
	Next     time.Time // when it is tried again by itself
	Evidence string    // what the result rests on; empty while it fails
	Since    time.Time // since when it fails
}

// Standing is a promise and whether it holds.
type Standing struct {
	Promise
	State    State
	Why      Why
	Reason   string    // what is missing, or why it could not be tried
	Since    time.Time // since when it is broken, or not checked
	LastPass time.Time // when all its controls that can be tried here had passed
	Controls []ControlState
	Days     []DayCount
}

// DayCount is one day of the strip: how often the promise was found in each state.
type DayCount struct {
	Date string
	Count
}

// control is what the board says of a control.
func (b *board) control(c Control, now time.Time) ControlState {
	l, tried := b.Controls[c.ID]
	s := ControlState{Control: c, State: Unchecked, Last: l.At, LastPass: l.Passed, Next: l.At.Add(c.Every)}
	if !tried {
		s.Why, s.Next = NotYet, now
		return s
	}
	// It stays broken until it passes, also if it could not be tried or was not tried for long: nobody knows that it
	// was mended.
	if i := b.open(c.ID); i >= 0 {
		s.State, s.Since = Broken, b.Episodes[i].From
		return s
	}
	switch l.Outcome {
	case NotHere:
		s.Why = NotThere
	case Unknown:
		s.Why = NoAnswer
	default:
		s.State = Kept
	}
	s.Evidence = l.Evidence
	if now.Sub(l.At) > c.Fresh() && s.Why != NotThere {
		s.State, s.Why = Unchecked, Stale
	}
	return s
}

// standing decides about one promise. A broken control breaks it, whatever else there is; what was not checked is never
// counted as kept.
func (b *board) standing(p Promise, controls []Control, now time.Time) Standing {
	s := Standing{Promise: p, State: Unchecked, Days: b.strip(p.ID, now)}
	passed := 0
	var doubt *ControlState
	for _, c := range controls {
		if !slices.Contains(c.Promises, p.ID) {
			continue
		}
		state := b.control(c, now)
		s.Controls = append(s.Controls, state)
		switch {
		case state.State == Broken && (s.State != Broken || state.Since.Before(s.Since)):
			s.State, s.Since = Broken, state.Since
		case state.State == Kept:
			if !c.Partial {
				passed++
			}
			s.LastPass = earlier(s.LastPass, state.LastPass)
		case state.State == Unchecked && state.Why != NotThere && doubt == nil:
			doubt = &state
		}
	}
	switch {
	case s.State == Broken:
	case !p.Built():
		s.Why, s.Reason = NotBuilt, p.Missing
	case doubt != nil:
		s.Why, s.Since = doubt.Why, doubt.Last
		if doubt.Why == NoAnswer {
			s.Reason = doubt.Evidence
		}
	case passed == 0:
		s.Why = NoneOther
		if len(s.Controls) > 0 {
			s.Reason = s.Controls[0].Evidence
		}
	default:
		s.State = Kept
	}
	return s
}

func earlier(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}

// strip is the last 90 days of a promise, with days without a check.
func (b *board) strip(id string, now time.Time) []DayCount {
	counts := map[string]Count{}
	for _, d := range b.Days {
		counts[d.Date] = d.Counts[id]
	}
	list := make([]DayCount, 0, days)
	for i := days - 1; i >= 0; i-- {
		date := now.UTC().AddDate(0, 0, -i).Format(time.DateOnly)
		list = append(list, DayCount{date, counts[date]})
	}
	return list
}
