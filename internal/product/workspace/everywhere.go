package workspace

import (
	"context"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
)

// Place is one of all workspaces, and when it was created.
type Place = records.Holding

// All lists workspaces in the order of their ids, after one; "" is the start. Fewer than the limit mean the end.
func (s *Service) All(ctx context.Context, sys access.Caller, after string, limit int) ([]Place, error) {
	var from records.Ref
	if after != "" {
		from = workspaces.Ref(model.Workspace(after), main)
	}
	return workspaces.Holders(ctx, s.gate, records.By(sys, access.ChangeRead), from, limit)
}

// WereTold says for each of some workspaces whether its management was told some news.
func (s *Service) WereTold(ctx context.Context, sys access.Caller, news string, in []model.Scope) ([]bool, error) {
	return notices.HeldIn(ctx, s.gate, records.By(sys, access.ChangeRead), news, in)
}
