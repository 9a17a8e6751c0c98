package app

import (
	"slices"
	"testing"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/audit"
)

// The trail is searched by the kinds that it knows: records of a kind that leaves entries and is not among them could
// not be found by their id.
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
