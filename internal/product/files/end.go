package files

import (
	"context"
	"errors"
	"fmt"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
)

// clearAtOnce is how many objects Clear removes before it asks whether to go on.
const clearAtOnce = 25

// Clear removes the objects of all files of a workspace whose keys are destroyed, until none is left or more returns
// false, and says how many it removed and whether that was all. A workspace that has keys is refused.
func (s *Service) Clear(ctx context.Context, scope model.Scope, more func() bool) (removed int64, all bool,
	err error) {
	s.gate.Keyrings().Forget(scope)
	if _, err := s.gate.Keyrings().Ring(ctx, scope); !errors.Is(err, records.ErrDestroyed) {
		return 0, false, errors.Join(fmt.Errorf("files: the keys of %s are not destroyed", scope), err)
	}
	prefix := scope.String() + "/"
	for {
		if !more() {
			return removed, false, nil
		}
		names, err := s.objects.List(ctx, prefix, "", clearAtOnce)
		if err != nil {
			return removed, false, fmt.Errorf("list the objects of %s: %w", scope, err)
		}
		for _, name := range names {
			if err := s.objects.Delete(ctx, name); err != nil {
				return removed, false, fmt.Errorf("remove an object of %s: %w", scope, err)
			}
			removed++
		}
		if len(names) < clearAtOnce {
			return removed, true, nil
		}
	}
}
