package logging_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"cloud.google.com/go/logging/apiv2/loggingpb"
)

// asked counts how often somebody checks whether a context has ended.
type asked struct {
	context.Context
	times int
}

func (a *asked) Err() error {
	a.times++
	return a.Context.Err()
}

// TestASweepGoesInSteps: however much is outdated, what is deleted at once is limited, and between two steps a sweep
// can end.
func TestASweepGoesInSteps(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	sweep := func() int {
		ctx := &asked{Context: t.Context()}
		if err := w.server.Sweep(ctx); err != nil {
			t.Fatal(err)
		}
		return ctx.times
	}
	w.write(t, w.entry(trail, "first", 0)) // a project has its buckets from the first entry on
	idle := sweep()
	for n := range 5 {
		entries := make([]*loggingpb.LogEntry, 500)
		for i := range entries {
			entries[i] = w.entry(trail, fmt.Sprintf("%d-%d", n, i), 0)
		}
		w.write(t, entries...)
	}
	w.clock.Advance(31 * 24 * time.Hour)
	if steps := sweep() - idle + 1; steps != 3 {
		t.Errorf("2,501 entries were deleted in %d steps, not 3", steps)
	}
	w.clock.Advance(-31 * 24 * time.Hour)
	w.wantList(t, "afterwards", w.list(t, project, "", "", 0))
}
