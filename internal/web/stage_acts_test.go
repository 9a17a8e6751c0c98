package web_test

import (
	"testing"
	"time"
)

// TestActsOfADraftStay: the form of a draft asks for the acts that it asked for before, whether anything happened in them yet or not.
func TestActsOfADraftStay(t *testing.T) {
	h := newTheatre(t)
	tomorrow := h.Clock.Now().AddDate(0, 0, 1).Format(time.DateOnly)
	for _, c := range []struct {
		name, intervals string
		acts            []string
		more            bool // an act is added by hand
	}{
		{"no intervals are planned", "", []string{"Act 1 up", "Act 2 up"}, false},
		{"two intervals are planned", "20, 15", []string{"Act 1 up", "Act 2 up", "Act 3 up"}, false},
		{"an act was added", "", []string{"Act 1 up", "Act 2 up", "Act 3 up"}, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			start := map[bool]string{true: "1500", false: "1930"}[c.more]
			if c.intervals != "" {
				start = "1100"
			}
			p := h.organizer.Post(h.ws+"/productions/"+h.production+"/performances", "day", tomorrow, "start", start, "intervals", c.intervals, "type", "evening")
			night := lastPart(t, p)
			p = h.reporter.Get(h.ws + "/reports/new?performance=" + night)
			m := saveTo.FindStringSubmatch(p.Body)
			if m == nil {
				t.Fatalf("no form: %d", p.Status)
			}
			form := []string{"production", h.production, "performance", night, "zone", "Europe/Berlin", "audience", "everyone", "text", "Before the show."}
			for _, key := range postedKeys(p, "time") {
				form = append(form, "time", key)
			}
			path := h.ws + "/reports/" + m[1]
			if c.more {
				form = append(form, "time", "act-up.3", "time", "act-down.3")
			}
			if p := h.reporter.Post(path+"/autosave", form...); p.Status != 200 {
				t.Fatalf("not saved: %d %s", p.Status, p.Body)
			}
			shows(t, h.reporter.Get(path+"/edit"), 200, c.acts...)
		})
	}
}
