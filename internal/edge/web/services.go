package web

import (
	"slices"

	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/product/account"
	"github.com/tinyoperahouse/toh/internal/product/shows"
	"github.com/tinyoperahouse/toh/internal/product/workspace"
)

// Services are the use cases that the pages call. The gate is for refusals only: documents are reached through the
// others.
type Services struct {
	Account   *account.Service
	Workspace *workspace.Service
	Stage     *shows.Service
	Gate      *records.Gate
}

// DemoAccount is an account of the demonstration that the first page offers.
type DemoAccount struct{ Workspace, Role, Email, Password string }

func (s *Site) serviceRoutes() []Route {
	return slices.Concat(
		s.landingRoutes(), s.signUpRoutes(), s.signInRoutes(), s.accountRoutes(), s.sessionRoutes(), s.tokenRoutes(),
		s.workspaceRoutes(), s.memberRoutes(), s.inviteRoutes(), s.homeRoutes(), s.stageRoutes(), s.auditRoutes(),
	)
}
