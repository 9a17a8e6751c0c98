package posture

import registry "github.com/tinyoperahouse/toh/internal/product/promise"

// Products is what the product itself does, by promise.
func Products() map[string]Product {
	all := map[string]Product{}
	for _, p := range registry.All() {
		all[p.ID] = productOf(p.ID)
	}
	return all
}
