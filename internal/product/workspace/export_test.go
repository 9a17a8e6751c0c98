package workspace

// Refusals is how many places are remembered that were not looked up yet: of accounts, and of those who are not signed
// in.
func (s *Service) Refusals() (accounts, visitors int) {
	return len(s.refused.keys(s.refused.accounts)), len(s.refused.keys(s.refused.visitors))
}
