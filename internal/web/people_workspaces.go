package web

// membership is one of one's workspaces.
type membership struct{ ID, Name, Path, Role string }

func (s *Site) memberships(*Request) ([]membership, error) { return nil, nil }
