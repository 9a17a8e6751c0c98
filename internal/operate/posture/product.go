package posture

import registry "github.com/tinyoperahouse/toh/internal/product/promise"

// Product is what the product itself does for a promise, besides how its cloud is configured. A promise with something
// missing is never called kept, however well the cloud is configured.
type Product struct {
	Built   bool   `json:"built"`             // nothing is missing
	Missing string `json:"missing,omitempty"` // what the promise says and the product does not do yet
	// the tests that show what exists: folder and name; empty if nothing does
	ShownBy []string `json:"shown_by"`
}

func productOf(id string) Product {
	p := registry.Of(id)
	return Product{Built: p.Built(), Missing: p.Missing, ShownBy: append([]string{}, p.ShownBy...)}
}

// Decided is a promise that the cloud's configuration decides at least in part, and what is looked at for it.
type Decided struct{ ID, Sees string }

// Attested are the promises that an attestation decides about.
func Attested() []Decided {
	list := make([]Decided, 0, len(promises))
	for _, p := range promises {
		list = append(list, Decided{p.id, p.sees})
	}
	return list
}
