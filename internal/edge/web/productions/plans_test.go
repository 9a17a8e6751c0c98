package productions_test

import (
	"testing"

	"github.com/tinyoperahouse/toh/internal/edge/web/webtest"
)

// In the night to 30 March 2031 the clocks of Berlin skip the hour after two.
func TestRunLeavesNothingWhenOneNightIsImpossible(t *testing.T) {
	t.Parallel()
	h := webtest.NewTheatre(t)
	path := h.WS + "/productions/" + h.Production
	id := webtest.Value(t, h.Organizer.Get(path+"/run"), "id")
	run := []string{"from", "2031-03-28", "until", "2031-03-30", "weekdays", "5", "weekdays", "6", "weekdays", "0",
		"type", "evening", "id", id, "start"}
	webtest.Shows(t, h.Organizer.Post(path+"/run", append(run, "0230")...), 400, "2031-03-30: The clocks skip 02:30")
	webtest.Lacks(t, h.Organizer.Get(path), "28 Mar 2031", "29 Mar 2031")
	webtest.LeadsTo(t, h.Organizer.Post(path+"/run", append(run, "2000")...), path)
	webtest.Shows(t, h.Organizer.Get(path), 200, "28 Mar 2031", "29 Mar 2031", "30 Mar 2031")
	webtest.Lacks(t, h.Organizer.Get(path), "02:30")
}

func TestPlansAreAskedAboutOnThePage(t *testing.T) {
	t.Parallel()
	h := webtest.NewTheatre(t)
	path := h.WS + "/productions/" + h.Production + "/performances"
	night := []string{"day", "2031-05-04", "start", "1930", "house_open", "20:00", "type", "evening", "number", "1",
		"notes", "Bring cake."}
	asked := h.Organizer.Post(path, night...)
	webtest.Shows(t, asked, 409, "House open: The house would open at 20:00 on 4 May, after the curtain",
		"has the number 1 already", "Bring cake.")
	webtest.Lacks(t, h.Organizer.Get(h.WS+"/productions/"+h.Production), "4 May 2031")
	id := webtest.LastPart(t, h.Organizer.Post(path, append(night, "confirm", webtest.Confirmed(asked))...))
	edit := h.Organizer.Get(h.WS + "/performances/" + id + "/edit")
	if webtest.Value(t, edit, "number") != "1" {
		t.Error("the number cannot be edited")
	}
}

func TestZoneIsAskedAboutOnThePage(t *testing.T) {
	t.Parallel()
	h := webtest.NewTheatre(t)
	path := h.WS + "/productions/" + h.Production + "/edit"
	webtest.Lacks(t, h.Organizer.Get(path), "Upcoming performances")
	fields := []string{"title", "Tosca", "zone", "Europe/London"}
	webtest.Shows(t, h.Organizer.Post(path, fields...), 409, "Upcoming performances",
		"One upcoming performance is scheduled in another time zone.")
	webtest.LeadsTo(t, h.Organizer.Post(path, append(fields, "coming", "clock")...), h.WS+"/productions/"+h.Production)
	webtest.Shows(t, h.Organizer.Get(h.WS+"/performances/"+h.Performance), 200, "19:30", "Europe/London")
}
