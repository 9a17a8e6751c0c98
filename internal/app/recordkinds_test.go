package app

import (
	"slices"
	"testing"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
)

// The trail is searched by the kinds that it knows: what leaves entries and is not among them would never be found by
// its id.
func TestTheTrailKnowsEveryKindOfRecord(t *testing.T) {
	t.Parallel()
	var declared []string
	for _, k := range kinds() {
		if k.In() == model.WorkspaceScope && !k.Housekeeping() {
			declared = append(declared, k.Name())
		}
	}
	slices.Sort(declared)
	if known := slices.Sorted(slices.Values(audit.RecordKinds)); !slices.Equal(declared, known) {
		t.Errorf("the trail knows %v; declared are %v", known, declared)
	}
}
