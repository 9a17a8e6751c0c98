package reports_test

import (
	"testing"

	"github.com/tinyoperahouse/toh/internal/edge/web/webtest"
)

// TestPastedTextIsTaken: office programs put other characters than a line feed where a line ends, and some of them
// nobody sees.
func TestPastedTextIsTaken(t *testing.T) {
	t.Parallel()
	h := webtest.NewTheatre(t)
	for name, end := range map[string]string{"VT": "\v", "FF": "\f", "NEL": "\u0085", "CR": "\r", "LS": "\u2028",
		"PS": "\u2029"} {
		t.Run(name, func(t *testing.T) {
			p := h.Reporter.Get(h.WS + "/reports/new?production=" + h.Production)
			path := h.WS + "/reports/" + webtest.SaveTo.FindStringSubmatch(p.Body)[1]
			p = h.Reporter.Post(path+"/edit", "production", h.Production, "zone", "Europe/Berlin", "audience",
				"everyone", "do", "check",
				"title", "A long"+end+"title", "text", "One."+end+"Two.", "v.late-reason", "Late"+end+"again.",
				"note", "0", "n.0.department", "lighting", "n.0.severity", "note", "n.0.text", "Lamp"+end+"out.",
				"n.0.cue", "LX"+end+"14")
			webtest.LeadsTo(t, p, path+"/check")
			webtest.Shows(t, h.Reporter.Get(path+"/check"), 200, "A long title", "One.\nTwo.", "Late\nagain.",
				"Lamp\nout.",
				"LX 14")
			webtest.LeadsTo(t, h.File(h.Reporter, webtest.LastOf(path), "1"), path+"/filed")
			webtest.LeadsTo(t, h.Organizer.Post(path+"/query", "version", "2", "text", "Which"+end+"lamp?"), path)
			webtest.Shows(t, h.Organizer.Get(path), 200, "Which\nlamp?")
		})
	}
	p := h.Organizer.Post(h.WS+"/productions", "title", "La\vBohème", "zone", "Europe/Berlin", "venue", "The\u2028Shed")
	webtest.Shows(t, h.Organizer.Get(p.Location), 200, "La Bohème", "The Shed")
}
