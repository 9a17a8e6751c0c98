package app

import (
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/operate/posture"
	"github.com/tinyoperahouse/toh/internal/platform/checkpoint"
	"github.com/tinyoperahouse/toh/internal/product/notice"
	"github.com/tinyoperahouse/toh/internal/product/policy"
	"github.com/tinyoperahouse/toh/internal/product/promise"
	"github.com/tinyoperahouse/toh/internal/test/testclock"
)

// TestWhatWasReadTurnsItsControl: what the trail, its checkpoints and an attestation say, up to the limits.
func TestWhatWasReadTurnsItsControl(t *testing.T) {
	t.Parallel()
	now := testclock.Now()
	whole := checkpoint.Report{Checkpoints: 3, Covered: 9, UpTo: now}
	with := func(change func(*checkpoint.Report)) checkpoint.Report {
		r := whole
		change(&r)
		return r
	}
	told := func(looked, untold int) notice.Checked {
		return notice.Checked{Began: now, Change: &policy.Change{ID: "a", Found: now}, Looked: looked, Untold: untold}
	}
	for name, c := range map[string]struct {
		found promise.Finding
		want  promise.Outcome
	}{
		"nothing waits":       {ofShipping(0), promise.Passed},
		"at the limit":        {ofShipping(mostShipping), promise.Passed},
		"an entry waits":      {ofShipping(mostShipping + time.Second), promise.Failed},
		"the trail is whole":  {ofCheckpoints(whole, now), promise.Passed},
		"no checkpoint yet":   {ofCheckpoints(checkpoint.Report{UpTo: now}, now), promise.Unknown},
		"bound at the limit":  {ofCheckpoints(whole, now.Add(mostBinding)), promise.Passed},
		"checkpoints stopped": {ofCheckpoints(whole, now.Add(mostBinding+time.Second)), promise.Failed},
		"an entry was removed": {ofCheckpoints(with(func(r *checkpoint.Report) {
			r.Findings = []checkpoint.Finding{{Kind: checkpoint.EntryRemoved, Says: "The entry was removed."}}
		}), now), promise.Failed},
		"not looked at yet": {ofChanges(notice.Checked{}, now), promise.Unknown},
		"nothing changed":   {ofChanges(notice.Checked{Began: now}, now), promise.NotHere},
		"told":              {ofChanges(told(9, 0), now), promise.Passed},
		"being told":        {ofChanges(told(9, 1), now.Add(mostTelling)), promise.Unknown},
		"not told":          {ofChanges(told(9, 1), now.Add(mostTelling+time.Second)), promise.Failed},
		"as promised":       {findingOf(posture.BriefPromise{State: posture.Kept}), promise.Passed},
		"the cloud's half":  {findingOf(posture.BriefPromise{State: posture.CloudOnly}), promise.Passed},
		"could not be read": {findingOf(posture.BriefPromise{State: posture.Undecided}), promise.Unknown},
		"a setting is changed": {findingOf(posture.BriefPromise{State: posture.Broken,
			Notable: []posture.Finding{{State: posture.Broken, Check: "trail kept", Kind: "bucket",
				Resource: "toh-audit"}}}), promise.Failed},
	} {
		f := c.found
		if f.Outcome != c.want || f.Outcome == promise.Failed && (f.Detail == "" || f.Evidence != "") ||
			f.Outcome != promise.Failed && f.Evidence == "" {
			t.Errorf("%s: %+v", name, f)
		}
	}
}
