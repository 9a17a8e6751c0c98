package cost_test

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/config"
	"github.com/tinyoperahouse/toh/internal/operate/cost"
	"github.com/tinyoperahouse/toh/internal/product/promise"
)

// TestControlsAreInTheModel: what the controls of an hour use is what the model says, within a quarter: how many
// entries of the trail they look at, and how their requests fall into minutes, differs.
func TestControlsAreInTheModel(t *testing.T) {
	t.Parallel()
	h := open(t, config.API{})
	if err := h.app.RunAgain(t.Context(), "roles"); err != nil { // which makes the workspaces of controls
		t.Fatal(err)
	}
	var often, hourly []string
	for deadline := 200; often == nil; deadline-- {
		if deadline == 0 {
			t.Fatal("the workspaces of controls are not made")
		}
		time.Sleep(100 * time.Millisecond)
		o, err := h.app.Promises.Overview(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if o.LastRun.IsZero() {
			continue
		}
		often, hourly = schedule(o)
	}
	run := func(ids []string) cost.Counts {
		return h.measure(t, func() {
			if err := h.app.Promises.Run(t.Context(), ids...); err != nil {
				t.Error(err)
			}
		})
	}
	run(append(often, hourly...)) // keys are in memory afterwards
	got := run(often).Times(4).Plus(run(hourly))
	want, _ := cost.Uses(cost.Controls)
	for what, pair := range map[string][2]float64{
		"reads": {got.Reads, want.Reads}, "writes": {got.Writes, want.Writes}, "deletes": {got.Deletes, want.Deletes},
		"signatures": {got.Signs, want.Signs}, "log entries": {got.LogEntries, want.LogEntries},
		"bytes logged": {got.LogBytes, want.LogBytes}, "bytes stored": {got.Stored, want.Stored},
		"index entries": {got.IndexEntries, want.IndexEntries},
	} {
		if math.Abs(pair[0]-pair[1]) > 0.25*math.Max(pair[1], 8) {
			t.Errorf("%v %s, the model says %v: %+v", pair[0], what, pair[1], got)
		}
	}
}

// schedule are the controls that run each quarter of an hour, and each hour. Those of the cloud and of releases only
// read what others have found.
func schedule(o *promise.Overview) (often, hourly []string) {
	seen := map[string]bool{}
	for _, p := range slices.Concat(o.Promises, o.Words) {
		for _, c := range p.Controls {
			switch {
			case seen[c.ID] || c.Costly:
			case c.Every < time.Hour:
				often = append(often, c.ID)
			default:
				hourly = append(hourly, c.ID)
			}
			seen[c.ID] = true
		}
	}
	return often, hourly
}
