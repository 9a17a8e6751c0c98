package posture

// Products is the table of what the product itself does.
func Products() map[string]Product {
	all := map[string]Product{}
	for id := range products {
		all[id] = productOf(id)
	}
	return all
}
