package cost_test

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/tinyoperahouse/toh/internal/config"
	"github.com/tinyoperahouse/toh/internal/operate/cost"
)

// mostReads are what each page may read in a company with hundreds of productions. The overview of the demonstration
// shows some thirty performances of the days around and the reports filed about them.
var mostReads = map[string]float64{
	"/": 56, "/reports": 80, "/reports/new": 80, "/productions": 56, "/trash": 12, "/members": 10,
}

// TestNoPageGrowsWithWhatItDoesNotShow makes three hundred productions, each with a performance that no page shows, and
// checks what pages read, and that each leaves one entry.
func TestNoPageGrowsWithWhatItDoesNotShow(t *testing.T) {
	t.Parallel()
	h := open(t, config.API{})
	h.signIn(t, h.client, "management")
	look := func() map[string]cost.Counts {
		uses := map[string]cost.Counts{}
		for path := range mostReads {
			h.page(t, "/w/demo"+path)
			uses[path] = h.measure(t, func() { h.page(t, "/w/demo"+path) })
		}
		return uses
	}
	before := look()
	for i := range 300 {
		made := h.post(t, "/w/demo/productions", url.Values{"title": {fmt.Sprint("Show ", i)},
			"zone": {"Europe/Berlin"}})
		h.post(t, made+"/performances", url.Values{"day": {"2019-03-14"}, "start": {"19:30"}, "type": {"evening"}})
	}
	for path, after := range look() {
		t.Logf("%s: %v reads and %v entries, %v reads before", path, after.Reads, after.LogEntries, before[path].Reads)
		if after.Reads > mostReads[path] || after.LogEntries > 2 {
			t.Errorf("%s: %v reads and %v entries; %v reads before there were 300 productions more", path, after.Reads,
				after.LogEntries, before[path].Reads)
		}
		if path == "/" && after.Reads > before[path].Reads+2 {
			t.Errorf("the overview reads %v documents, and %v before", after.Reads, before[path].Reads)
		}
	}
}

// post sends a form, and returns where it leads.
func (h *fixture) post(t *testing.T, path string, form url.Values) string {
	t.Helper()
	resp, err := h.client.Do(h.visit(t, "POST", path, form))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusSeeOther {
		t.Fatalf("%s: %d", path, resp.StatusCode)
	}
	return resp.Header.Get("Location")
}
