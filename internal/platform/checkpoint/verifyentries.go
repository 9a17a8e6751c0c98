package checkpoint

import (
	"fmt"
	"time"
)

// checkEntries compares what the checkpoints say with the existing entries.
func (c *check) checkEntries() {
	for _, p := range c.checkpoints {
		for _, l := range p.Leaves {
			c.compare(p, l)
		}
	}
	var first time.Time
	for id, e := range c.entries {
		if e.altered {
			c.report.find(Finding{
				Kind: EntryChanged, Entry: id, At: e.at, Says: "The entry is not what was written: its own seal " +
					"does not hold.",
			})
		}
		switch {
		case e.covered:
		case c.head == nil || !e.at.Before(c.head.Horizon.Add(-tolerance)):
			c.report.Open++
			if first.IsZero() || e.at.Before(first) {
				first = e.at
			}
		case e.at.Before(c.head.Since):
			c.report.Before++
		default:
			says := "The entry is in no checkpoint, although later ones were made: it was inserted."
			if c.gaps {
				says = "The entry is in no checkpoint: it was inserted, or its checkpoint is the one that is gone or " +
					"was changed."
			}
			c.report.find(Finding{Kind: EntryInserted, Entry: id, At: e.at, Says: says})
		}
	}
	c.report.OpenSince = first
}

// compare looks for one entry of a checkpoint.
func (c *check) compare(p *storedCheckpoint, l Leaf) {
	about := Finding{Entry: l.ID, At: l.at(), Checkpoint: p.Number, Round: p.Round}
	e, there := c.entries[l.ID]
	switch {
	case !there && l.expired(c.now):
		c.report.Expired++
		return
	case !there:
		about.Kind, about.Says = EntryRemoved, "The entry was removed before its time was up."
	case e.covered:
		about.Kind, about.Says = EntryTwice, "The entry is in two checkpoints."
	case e.hash != l.Hash:
		about.Kind, about.Says = EntryChanged, "The entry was changed after it was written."
	default:
		c.report.Covered++
	}
	if there {
		e.covered = true
		if about.Kind == EntryChanged {
			e.altered = false // one finding is enough
		}
		c.entries[l.ID] = e
	}
	if about.Kind != "" {
		c.report.find(about)
	}
}

// checkRest determines up to when everything is bound together, and whether checkpoints are being made at all.
func (c *check) checkRest() {
	if c.head == nil {
		c.report.doubt("No checkpoint was made yet.")
		return
	}
	c.report.UpTo = c.now
	if c.report.Open > 0 {
		c.report.UpTo = c.report.OpenSince
	}
	if age := c.now.Sub(c.report.UpTo); age > lateAfter {
		c.report.doubt("No checkpoint was made of what came since %s.", c.report.UpTo.Format(time.RFC3339))
	}
}

func roundFinding(kind Kind, r *storedRound, format string, args ...any) Finding {
	return Finding{Kind: kind, Round: numberOf(r.doc.Ref.ID), At: r.doc.Created, Says: fmt.Sprintf(format, args...)}
}
