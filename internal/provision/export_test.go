package provision

// AlertTexts are what the policies say to whoever is told.
func AlertTexts(s Spec) []string {
	var list []string
	for _, a := range s.policies() {
		list = append(list, a.proto().GetDocumentation().GetContent())
	}
	return list
}

// CounterFilters are the filters of the log metrics.
func CounterFilters() []string {
	var list []string
	for _, c := range counters {
		list = append(list, c.filter)
	}
	return list
}

// Impatient is the specification for a cloud in which permissions take effect at once.
func Impatient(s Spec) Spec {
	s.impatient = true
	return s
}
