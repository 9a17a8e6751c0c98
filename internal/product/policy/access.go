package policy

import "time"

// Access is who can do what with an installation past the product, by role and never by name. The installation reads it
// back itself.
type Access struct {
	Cloud   bool      // false: there is no project of Google Cloud, so there are no such roles
	At      time.Time // when it was last read; zero if never
	Old     bool      // too long ago to say what holds now
	Missing int       // what could not be read
	Rows    []Holding
}

// Holding is how many of one sort hold a role that gives an ability.
type Holding struct {
	Ability  string // deploy, logs, data or rules
	Role     string // as Google Cloud calls it; "custom" for one that the project made
	Holder   string // web, tasks, push, build, people, briefly, programs or everybody
	Count    int
	Expected bool // meant to be so at all times
}

// AccessAbilities are the abilities, in the order in which they are shown.
var AccessAbilities = []string{"deploy", "logs", "data", "rules"}

// Standing is how many rows are not meant to be so, except those that end by themselves.
func (a Access) Standing() int {
	n := 0
	for _, r := range a.Rows {
		if !r.Expected && r.Holder != "briefly" {
			n++
		}
	}
	return n
}

// Good reports whether it was read lately, completely, and nobody has more than is meant.
func (a Access) Good() bool {
	return a.Cloud && !a.At.IsZero() && !a.Old && a.Missing == 0 && len(a.Rows) > 0 && a.Standing() == 0
}
