package web

func (s *Site) homeRoutes() []Route { return nil }
