package web_test

import (
	"strings"
	"testing"
	"time"
)

// TestActsOfADraftStay: a draft that is saved as the browser sends it, and opened again, asks for the acts that it
// asked for before, whether anything happened in them yet or not.
func TestActsOfADraftStay(t *testing.T) {
	h := newTheatre(t)
	tomorrow := h.Clock.Now().AddDate(0, 0, 1).Format(time.DateOnly)
	for _, c := range []struct {
		name, start, intervals string
		added                  []string // lines of an act that is added by hand
		acts                   int
	}{
		{"no intervals are planned", "1930", "", nil, 2},
		{"two intervals are planned", "1100", "20, 15", nil, 3},
		{"an act was added", "1500", "", []string{"time", "act-up.3", "time", "act-down.3"}, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			night := lastPart(t, h.organizer.Post(h.ws+"/productions/"+h.production+"/performances",
				"day", tomorrow, "start", c.start, "intervals", c.intervals, "type", "evening"))
			form := h.draftForm(t, "/reports/new?performance="+night)
			form.holds = append(form.holds, c.added...)
			for range 2 { // saved and opened twice: the second time with what the first one left
				path := strings.TrimSuffix(form.action, "/edit")
				if p := h.reporter.Post(path+"/autosave", append(form.with("text", "Quiet."), "audience",
					"everyone")...); p.Status != 200 {
					t.Fatalf("not saved: %d %s", p.Status, p.Body)
				}
				form = h.draftForm(t, strings.TrimPrefix(form.action, h.ws))
				if acts := strings.Count(strings.Join(form.holds, " "), "time act-up."); acts != c.acts {
					t.Errorf("the form asks for %d acts, want %d: %q", acts, c.acts, form.holds)
				}
			}
		})
	}
}

// draftForm opens a page with the form of a draft, and reads that as the browser does: with the moments that the
// schedule knows, which are in hidden fields.
func (h *theatre) draftForm(t *testing.T, page string) typedForm {
	t.Helper()
	p := h.reporter.Get(h.ws + page)
	forms, _ := formsAndLinks(t, p.Body)
	for _, f := range forms {
		if strings.HasSuffix(f.action, "/edit") {
			return f
		}
	}
	t.Fatalf("%s has no form of a draft: %d", page, p.Status)
	return typedForm{}
}
