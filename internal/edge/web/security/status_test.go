package security_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/edge/web/webtest"
	"github.com/tinyoperahouse/toh/internal/product/promise"
)

// with are the controls of an overview, one promise for all.
func with(now time.Time, states map[string]promise.ControlState) promise.Overview {
	o := promise.Overview{At: now, LastRun: now.Add(-time.Minute), Since: now.AddDate(0, -1, 0)}
	var s promise.Standing
	for id, c := range states {
		c.ID = id
		s.Controls = append(s.Controls, c)
	}
	o.Promises = []promise.Standing{s}
	return o
}

// TestStatus: a part works if its checks passed, and is not known when they could not be, or when all stopped.
func TestStatus(t *testing.T) {
	t.Parallel()
	h := webtest.New(t)
	now := h.Clock.Now()
	passed := promise.ControlState{State: promise.Kept}
	away := promise.ControlState{State: promise.Unchecked, Why: promise.NoAnswer, Evidence: "It did not answer."}
	elsewhere := promise.ControlState{State: promise.Unchecked, Why: promise.NotThere}
	all := map[string]promise.ControlState{
		"session-end": passed, "tls": elsewhere, "roles": passed, "no-token": passed, "stored-form": passed,
		"trail-entries": passed, "fourteen-days": away, "background-closed": passed,
	}
	b := h.Browser()
	says := func(what string, want map[string]string, texts ...string) {
		t.Helper()
		webtest.Shows(t, b.Get("/status"), 200, texts...)
		var d struct {
			Parts []struct{ ID, State string }
		}
		if err := json.Unmarshal([]byte(b.Get("/status.json").Body), &d); err != nil || len(d.Parts) != 5 {
			t.Fatal(err, d)
		}
		for _, p := range d.Parts {
			if w := want[p.ID]; w != "" && w != p.State || w == "" && p.State != "kept" {
				t.Errorf("%s: %s is %s", what, p.ID, p.State)
			}
		}
	}
	h.Promises.Says = with(now, all)
	says("all passed", nil, "Everything works", "1 of 2 checks passed", "There was none.", webtest.Contact)

	all["roles"] = promise.ControlState{State: promise.Broken, Since: now.Add(-2 * time.Hour)}
	all["no-token"] = promise.ControlState{State: promise.Broken, Since: now.Add(-3 * time.Hour)}
	all["session-end"] = away
	h.Promises.Says = with(now, all)
	h.Promises.Says.Episodes = []promise.PastEpisode{
		{Episode: promise.Episode{Control: "roles", From: now.Add(-2 * time.Hour)}, Says: "Tries roles."},
		{Episode: promise.Episode{Control: "cloud-t9", From: now.Add(-2 * time.Hour)}, Says: "Reads settings."},
	}
	says("one fails", map[string]string{"api": "broken", "pages": "unchecked"}, "Something has a problem",
		"It did not answer.", "Tries roles.", now.Add(-3*time.Hour).UTC().Format("15:04"))
	webtest.Lacks(t, b.Get("/status"), "Reads settings.")

	h.Promises.Says.Late = true
	says("controls have stopped", map[string]string{"api": "broken", "pages": "unchecked", "data": "unchecked",
		"trail": "unchecked", "background": "unchecked"}, "No checks for a while")
}
