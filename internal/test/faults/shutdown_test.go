package faults

import (
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/config"
)

// graceTime is how long Cloud Run waits between SIGTERM and the end.
const graceTime = 10 * time.Second

// TestInstancesEndInTime replaces an instance of each service under load, as every rollout and every quiet hour does:
// SIGTERM, no new requests, and requests in progress are answered. Nobody notices, and nothing is left for a sweep.
func TestInstancesEndInTime(t *testing.T) {
	f := newFleet(t)
	f.start(t, "web-0", config.Web)
	f.start(t, "tasks-0", config.Tasks)
	leaving := []*instance{f.start(t, "web-1", config.Web), f.start(t, "tasks-1", config.Tasks)}
	all := staff(t, f.sheet, newClient(f.cfg.BaseURL, false), 3)
	jobs := f.addJobs(t)
	stop := work(t.Context(), all)
	time.Sleep(600 * time.Millisecond)
	for _, i := range leaving {
		f.front.drop(i)
		if took := i.end(t); took > graceTime {
			t.Errorf("%s took %v to end", i.spec.Name, took)
		} else {
			t.Logf("%s ended within %v", i.spec.Name, took.Round(time.Millisecond))
		}
	}
	time.Sleep(300 * time.Millisecond)
	stop()
	if failures(t, all) {
		t.FailNow()
	}
	for _, w := range all {
		if len(w.unanswered) > 0 {
			t.Errorf("%d creations were not answered", len(w.unanswered))
		}
		for _, p := range w.papers {
			if p.pending != nil {
				t.Errorf("a change was not answered: %+v", p.pending)
			}
		}
	}
	f.finish(t, jobs) // without moving the clock: an instance that left has given back what it had
	if f.witness.began != len(jobs) {
		t.Errorf("%d jobs ran %d times", len(jobs), f.witness.began)
	}
	f.compare(t, all)
}
