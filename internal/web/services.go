package web

// Services are the use cases that the pages call.
type Services struct{}

// DemoAccount is an account of the demonstration that the first page offers.
type DemoAccount struct{ Workspace, Role, Email, Password string }

func (s *Site) serviceRoutes() []Route { return nil }
