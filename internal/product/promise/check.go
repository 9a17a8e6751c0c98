package promise

import (
	"fmt"
	"regexp"
	"slices"
)

var idForm = regexp.MustCompile(`^[a-z][a-z0-9-]{1,40}$`)

// check refuses controls that are incomplete or control nothing, and promises that nothing controls although they are
// said to be built.
func check(promises []Promise, controls []Control) error {
	seen, controlled := map[string]bool{}, map[string]bool{}
	for _, c := range controls {
		switch {
		case !idForm.MatchString(c.ID) || seen[c.ID]:
			return fmt.Errorf("promise: %q is not the id of one control", c.ID)
		case !slices.Contains([]Kind{Live, Inside, Cloud, Build}, c.Kind) || c.Says == "" || c.Every <= 0 ||
			c.Try == nil:
			return fmt.Errorf("promise: control %s is incomplete", c.ID)
		case len(c.Promises) == 0:
			return fmt.Errorf("promise: control %s is of no promise", c.ID)
		}
		seen[c.ID] = true
		for _, id := range c.Promises {
			if !slices.ContainsFunc(promises, func(p Promise) bool { return p.ID == id }) {
				return fmt.Errorf("promise: control %s is of the unknown promise %q", c.ID, id)
			}
			controlled[id] = true
		}
	}
	for _, p := range promises {
		if p.Built() && !controlled[p.ID] {
			return fmt.Errorf("promise: nothing controls %s", p.ID)
		}
	}
	return nil
}
