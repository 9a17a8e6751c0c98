package workspace

import (
	"context"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
)

// Names returns the names of those of the given accounts that are members of the caller's workspace now. Others are
// left out, whether or not they exist elsewhere. It is for checks of input: a caller who may not see members gets
// nothing.
func (s *Service) Names(ctx context.Context, c access.Caller, accounts []string) (map[string]string, error) {
	if !access.Can(c, access.MemberRead) || len(accounts) == 0 {
		return map[string]string{}, nil
	}
	asked := make([]*records.Wanted[Member], len(accounts))
	wants := make([]records.Want, len(accounts))
	for i, id := range accounts {
		asked[i] = members.Want(model.Workspace(c.Scope.ID), id)
		wants[i] = asked[i]
	}
	if _, err := s.gate.Identify(ctx, nil, wants...); err != nil {
		return nil, err
	}
	names := make(map[string]string, len(accounts))
	for i, w := range asked {
		if w.Found {
			names[accounts[i]] = w.Record.Body.Name
		}
	}
	return names, nil
}
