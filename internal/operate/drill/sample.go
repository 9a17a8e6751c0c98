package drill

import (
	"context"
	"errors"
	"slices"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/store"
)

// Sample is the result of opening some documents of a kind.
type Sample struct {
	Kind   string `json:"kind"`
	Opened int    `json:"opened"`
	Locked int    `json:"locked"` // under a workspace's own key that is disabled, so that nobody can open them
	Failed int    `json:"failed"`
}

// open opens the samples through the gate of the new database.
func (d *drill) open(ctx context.Context, samples map[string][]store.Ref) error {
	for _, k := range d.Kinds {
		s := Sample{Kind: k.Name()}
		for _, ref := range samples[k.Name()] {
			err := k.Prove(ctx, d.gate, ref)
			switch {
			case err == nil:
				s.Opened++
			case errors.Is(err, model.ErrUnavailable):
				return err
			case errors.Is(err, model.ErrLocked):
				s.Locked++
			default:
				s.Failed++
			}
		}
		if s.Failed > 0 {
			d.problem("%s: %d of %d samples cannot be opened", s.Kind, s.Failed, s.Failed+s.Opened+s.Locked)
		}
		d.out.Samples = append(d.out.Samples, s)
	}
	slices.SortFunc(d.out.Samples, func(a, b Sample) int {
		if a.Kind < b.Kind {
			return -1
		}
		return 1
	})
	return nil
}
