package canary

import (
	"context"
	"net/http"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/operate/outside"
)

// api asks the API as a member.
func (s *Service) api(ctx context.Context, c *company, role access.Role, method, path, body string) (*outside.Answer,
	error) {
	return s.bearer(ctx, c.member(role).Token, method, path, body)
}

// bearer asks the API with a token.
func (s *Service) bearer(ctx context.Context, token, method, path, body string) (*outside.Answer, error) {
	return s.o.Client.Ask(ctx, outside.Request{Method: method, Path: "/api/v1" + path, JSON: body,
		Header: map[string]string{"Authorization": "Bearer " + token}})
}

func (s *Service) get(ctx context.Context, c *company, role access.Role, path string) (*outside.Answer, error) {
	return s.api(ctx, c, role, http.MethodGet, path, "")
}

// at is a path below a workspace.
func (c *company) at(path string) string { return "/workspaces/" + c.Workspace + path }
