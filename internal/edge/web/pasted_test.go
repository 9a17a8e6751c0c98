package web_test

import "testing"

// TestPastedTextIsTaken: office programs put other characters than a line feed where a line ends, and some of them
// nobody sees.
func TestPastedTextIsTaken(t *testing.T) {
	h := newTheatre(t)
	for name, end := range map[string]string{"VT": "\v", "FF": "\f", "NEL": "\u0085", "CR": "\r", "LS": "\u2028",
		"PS": "\u2029"} {
		t.Run(name, func(t *testing.T) {
			p := h.reporter.Get(h.ws + "/reports/new?production=" + h.production)
			path := h.ws + "/reports/" + saveTo.FindStringSubmatch(p.Body)[1]
			p = h.reporter.Post(path+"/edit", "production", h.production, "zone", "Europe/Berlin", "audience",
				"everyone", "do", "check",
				"title", "A long"+end+"title", "text", "One."+end+"Two.", "v.late-reason", "Late"+end+"again.",
				"note", "0", "n.0.department", "lighting", "n.0.severity", "note", "n.0.text", "Lamp"+end+"out.",
				"n.0.cue", "LX"+end+"14")
			leadsTo(t, p, path+"/check")
			shows(t, h.reporter.Get(path+"/check"), 200, "A long title", "One.\nTwo.", "Late again.", "Lamp\nout.",
				"LX 14")
			leadsTo(t, h.file(h.reporter, lastOf(path), "1"), path+"/filed")
			leadsTo(t, h.organizer.Post(path+"/query", "version", "2", "text", "Which"+end+"lamp?"), path)
			shows(t, h.organizer.Get(path), 200, "Which\nlamp?")
		})
	}
	p := h.organizer.Post(h.ws+"/productions", "title", "La\vBohème", "zone", "Europe/Berlin", "venue", "The\u2028Shed")
	shows(t, h.organizer.Get(p.Location), 200, "La Bohème", "The Shed")
}
