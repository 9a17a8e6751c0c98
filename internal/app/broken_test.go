package app

import (
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/model/modeltest"
	"github.com/tinyoperahouse/toh/internal/operate/posture"
	"github.com/tinyoperahouse/toh/internal/test/testclock"
)

// The alert counts what an attestation found and what any control found, whichever is more; a finding counts for an
// hour.
func TestBrokenPromisesAreCountedFromBoth(t *testing.T) {
	t.Parallel()
	clock := modeltest.NewClock(testclock.Now())
	a := &App{ground: &ground{clock: clock}}
	is := func(want int, when string) {
		t.Helper()
		if count, _, _ := a.brokenPromises(); count != want {
			t.Errorf("%s: %d broken, not %d", when, count, want)
		}
	}
	is(0, "before anything was tried")
	a.attesting.found.Store(&posture.Brief{At: clock.Now(), Promises: []posture.BriefPromise{
		{ID: "T1", State: posture.Broken}, {ID: "T2", State: posture.Kept}}})
	is(1, "after an attestation")
	a.broken.Store(&broken{3, clock.Now()})
	is(3, "after controls")
	if _, _, at := a.brokenPromises(); !at.Equal(clock.Now()) {
		t.Errorf("found at %v", at)
	}
	a.broken.Store(&broken{0, clock.Now()})
	is(1, "controls pass, and the attestation is not repeated yet")
	a.broken.Store(&broken{3, clock.Now()})
	clock.Advance(2 * time.Hour)
	is(1, "controls have stopped")
}
