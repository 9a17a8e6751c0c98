package promise

import "slices"

// All are the promises, in the order of the pages on which they were given.
func All() []Promise { return slices.Concat(tinyOperaHouse, operaGrid, tinyOps) }

// Of is the promise with an id; the zero Promise if there is none.
func Of(id string) Promise {
	all := All()
	if i := slices.IndexFunc(all, func(p Promise) bool { return p.ID == id }); i >= 0 {
		return all[i]
	}
	return Promise{}
}
