package promise

import (
	"slices"
	"time"
)

const (
	days         = 90  // that the page shows
	mostEpisodes = 100 // that are kept
)

// board is what is known of all promises: the last result of each control, counts of the last 90 days, and when a
// promise was broken. There is one.
type board struct {
	Since    time.Time       `json:"since"` // of the first run
	Controls map[string]last `json:"controls"`
	Days     []day           `json:"days"` // the oldest first
	Episodes []Episode       `json:"episodes"`
}

// last is the last result of a control.
type last struct {
	Outcome  Outcome   `json:"outcome"`
	Evidence string    `json:"evidence,omitempty"`
	Detail   string    `json:"detail,omitempty"`
	At       time.Time `json:"at"`
	Passed   time.Time `json:"passed,omitzero"` // when it last passed
}

// day counts the checks of a day (UTC), by promise.
type day struct {
	Date   string           `json:"date"`
	Counts map[string]Count `json:"counts"`
}

// Count is how often a promise was found in each state.
type Count struct {
	Kept      int `json:"k,omitempty"`
	Broken    int `json:"b,omitempty"`
	Unchecked int `json:"u,omitempty"`
}

// Checks is how many checks there were.
func (c Count) Checks() int { return c.Kept + c.Broken + c.Unchecked }

// Episode is a time in which a control failed.
type Episode struct {
	Control string    `json:"control"`
	From    time.Time `json:"from"`
	Until   time.Time `json:"until,omitzero"` // zero while it lasts
	Detail  string    `json:"detail,omitempty"`
}

// record adds the results of one run. It gives the episodes that ended with it.
func (b *board) record(results []Result, now time.Time) (ended []Episode) {
	if b.Controls == nil {
		b.Controls, b.Since = map[string]last{}, now
	}
	for _, r := range results {
		l := last{Outcome: r.Outcome, Evidence: r.Evidence, Detail: r.Detail, At: r.At,
			Passed: b.Controls[r.Control].Passed}
		if r.Outcome == Passed {
			l.Passed = r.At
		}
		b.Controls[r.Control] = l
		if e, over := b.episode(r, now); over {
			ended = append(ended, e)
		}
	}
	b.Episodes = slices.DeleteFunc(b.Episodes, func(e Episode) bool {
		return !e.Until.IsZero() && e.Until.Before(now.AddDate(0, 0, -days))
	})
	b.Episodes = newest(b.Episodes)
	return ended
}

// newest leaves out the oldest episodes of too many; one that lasts is never left out.
func newest(list []Episode) []Episode {
	extra := len(list) - mostEpisodes
	return slices.DeleteFunc(list, func(e Episode) bool {
		if extra <= 0 || e.Until.IsZero() {
			return false
		}
		extra--
		return true
	})
}

// episode begins or ends the time in which a control fails. A control that cannot be tried leaves it open.
func (b *board) episode(r Result, now time.Time) (Episode, bool) {
	i := b.open(r.Control)
	switch {
	case r.Outcome == Failed && i < 0:
		b.Episodes = append(b.Episodes, Episode{Control: r.Control, From: now, Detail: r.Detail})
	case r.Outcome == Failed:
		b.Episodes[i].Detail = r.Detail
	case r.Outcome == Passed && i >= 0:
		b.Episodes[i].Until = now
		return b.Episodes[i], true
	}
	return Episode{}, false
}

// open is the episode of a control that is not over, or -1.
func (b *board) open(control string) int {
	return slices.IndexFunc(b.Episodes, func(e Episode) bool { return e.Control == control && e.Until.IsZero() })
}

// count adds one check of a promise to its day.
func (b *board) count(promise string, s State, now time.Time) {
	date := now.UTC().Format(time.DateOnly)
	if n := len(b.Days); n == 0 || b.Days[n-1].Date < date {
		b.Days = append(b.Days, day{Date: date, Counts: map[string]Count{}})
	}
	d := &b.Days[len(b.Days)-1]
	c := d.Counts[promise]
	switch s {
	case Kept:
		c.Kept++
	case Broken:
		c.Broken++
	default:
		c.Unchecked++
	}
	d.Counts[promise] = c
	oldest := now.UTC().AddDate(0, 0, -(days - 1)).Format(time.DateOnly)
	b.Days = slices.DeleteFunc(b.Days, func(d day) bool { return d.Date < oldest })
}
