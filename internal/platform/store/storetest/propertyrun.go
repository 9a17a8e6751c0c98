package storetest

import (
	"context"

	"pgregory.net/rapid"

	"github.com/tinyoperahouse/toh/internal/platform/store"
)

// run makes the steps in a transaction that first reads something else, and ends with the given error.
func (s *side) run(t *rapid.T, steps []step, read store.Ref, end error) error {
	return s.store.Run(t.Context(), func(ctx context.Context, tx *store.Tx) error {
		if _, err := tx.GetAll(ctx, read); err != nil {
			return err
		}
		for _, st := range steps {
			tx.Write(st.write(s))
		}
		return end
	})
}
