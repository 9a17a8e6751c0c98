package web

import (
	"slices"

	"github.com/tinyoperahouse/toh/internal/account"
)

// Services are the use cases that the pages call.
type Services struct {
	Account *account.Service
}

// DemoAccount is an account of the demonstration that the first page offers.
type DemoAccount struct{ Workspace, Role, Email, Password string }

func (s *Site) serviceRoutes() []Route {
	return slices.Concat(s.signUpRoutes(), s.signInRoutes(), s.accountRoutes(), s.sessionRoutes(), s.tokenRoutes(), s.landingRoutes())
}
