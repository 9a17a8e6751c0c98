package posture

import (
	"fmt"
	"slices"
)

// Change is a promise about which the finding has changed.
type Change struct {
	ID       string
	From, To State
	Now      Result
	Appeared []Finding // not as expected, and not found before
	Gone     []Finding // found before, and as expected now
}

// String is the change in one line for people.
func (c Change) String() string {
	if c.From == c.To {
		return fmt.Sprintf("%s is %s as before", c.ID, c.To)
	}
	return fmt.Sprintf("%s was %s and is %s", c.ID, c.From, c.To)
}

// Changes compares two reports about one installation. What is as expected in both is no change, whatever its wording.
func Changes(before, now Report) []Change {
	var list []Change
	for _, p := range now.Promises {
		old := before.Of(p.ID)
		if old == nil {
			old = &Result{State: Undecided}
		}
		c := Change{ID: p.ID, From: old.State, To: p.State, Now: p, Appeared: without(p.Checks, old.Checks),
			Gone: without(old.Checks, p.Checks)}
		if c.From != c.To || len(c.Appeared)+len(c.Gone) > 0 {
			list = append(list, c)
		}
	}
	return list
}

// without are the findings that are not as expected in a and are not in b.
func without(a, b []Finding) []Finding {
	return slices.DeleteFunc(slices.Clone(a), func(f Finding) bool { return f.State == Kept || slices.Contains(b, f) })
}
