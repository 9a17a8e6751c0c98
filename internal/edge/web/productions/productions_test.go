package productions_test

import (
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/edge/web/webtest"
)

func TestProductionsAndPerformances(t *testing.T) {
	t.Parallel()
	h := webtest.NewTheatre(t)
	path, day := h.WS+"/productions/"+h.Production, h.Clock.Now().AddDate(0, 0, 5)
	date := day.Format(time.DateOnly)
	webtest.Shows(t, h.Organizer.Post(h.WS+"/productions", "title", "", "zone", "Mars/Olympus"), 400,
		"Title: Please fill this in.",
		"Mars/Olympus")
	webtest.Shows(t, h.Organizer.Post(h.WS+"/productions", "title", "X", "zone", "Mars/Olympus"), 400,
		"There is no time zone of this name")
	webtest.Shows(t, h.Organizer.Post(path+"/performances", "day", date, "start", "half eight", "type", "evening"), 400,
		"This is not a time")
	webtest.Shows(t, h.Organizer.Post(path+"/performances", "day", date, "start", "1930", "type", "evening",
		"intervals",
		"twenty"), 400, "Enter minutes")
	twice := []string{"day", date, "start", "1930", "type", "matinee", "id", "abcdefgh"}
	webtest.LeadsTo(t, h.Organizer.Post(path+"/performances", twice...), h.WS+"/performances/abcdefgh")
	webtest.LeadsTo(t, h.Organizer.Post(path+"/performances", twice...), h.WS+"/performances/abcdefgh")
	webtest.Shows(t, h.Viewer.Get(path), 200, day.Format("Mon 2 Jan 2006"), "Matinee", "No. 2", "No report yet")
	webtest.Lacks(t, h.Viewer.Get(path), "No. 3", "Start a report", "Add a run", "Put in the trash")

	webtest.LeadsTo(t, h.Organizer.Post(h.WS+"/performances/abcdefgh/edit", "day", date, "start", "20:00", "type",
		"gala",
		"intervals", "20, 15", "version", "1"), h.WS+"/performances/abcdefgh")
	webtest.Shows(t, h.Viewer.Get(h.WS+"/performances/abcdefgh"), 200, "20:00", "Gala", "20 minutes, 15 minutes")
	webtest.Shows(t, h.Organizer.Post(h.WS+"/performances/abcdefgh/edit", "day", date, "start", "20:00", "type", "gala",
		"version", "1"), 412)
	webtest.LeadsTo(t, h.Organizer.Post(h.WS+"/performances/abcdefgh/cancel"), h.WS+"/performances/abcdefgh")
	webtest.Shows(t, h.Viewer.Get(path), 200, "Cancelled")
	webtest.LeadsTo(t, h.Organizer.Post(h.WS+"/performances/abcdefgh/reinstate"), h.WS+"/performances/abcdefgh")
	webtest.Shows(t, h.Viewer.Post(h.WS+"/performances/abcdefgh/cancel"), 403)
}

func TestRun(t *testing.T) {
	t.Parallel()
	h := webtest.NewTheatre(t)
	path, tuesday := h.WS+"/productions/"+h.Production, h.Clock.Now().AddDate(0, 0, 1)
	for tuesday.Weekday() != time.Tuesday {
		tuesday = tuesday.AddDate(0, 0, 1)
	}
	date := func(n int) string { return tuesday.AddDate(0, 0, n).Format(time.DateOnly) }
	shown := func(n int) string { return tuesday.AddDate(0, 0, n).Format("Mon 2 Jan 2006") }
	form := []string{"from", date(0), "until", date(12), "weekdays", "5", "weekdays", "6", "start", "1930", "type",
		"evening", "id", "runrun"}
	webtest.Shows(t, h.Organizer.Post(path+"/run", append([]string{"until", "x"}, form...)...), 400)
	webtest.LeadsTo(t, h.Organizer.Post(path+"/run", form...), path)
	webtest.LeadsTo(t, h.Organizer.Post(path+"/run", form...), path)
	p := h.Viewer.Get(path)
	webtest.Shows(t, p, 200, shown(3), shown(4), shown(10), shown(11), "No. 5")
	webtest.Lacks(t, p, "No. 6", shown(5))
	every := []string{"from", date(0), "start", "1930", "type", "evening", "id", "longrun", "weekdays", "0", "weekdays",
		"1", "weekdays", "2", "weekdays", "3", "weekdays", "4", "weekdays", "5", "weekdays", "6"}
	webtest.Shows(t, h.Organizer.Post(path+"/run", append(every, "until", date(60))...), 400, "more than 60")
	webtest.Shows(t, h.Organizer.Post(path+"/run", append(every, "until", date(-1))...), 400, "None of the chosen days")
	webtest.Shows(t, h.Viewer.Post(path+"/run", form...), 403)
}
