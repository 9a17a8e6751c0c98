package reports_test

import (
	"strings"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/edge/web/webtest"
)

// TestActsOfADraftStay: a draft that is saved as the browser sends it, and opened again, asks for the acts that it
// asked for before, whether anything happened in them yet or not.
func TestActsOfADraftStay(t *testing.T) {
	t.Parallel()
	h := webtest.NewTheatre(t)
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
			night := webtest.LastPart(t, h.Organizer.Post(h.WS+"/productions/"+h.Production+"/performances",
				"day", tomorrow, "start", c.start, "intervals", c.intervals, "type", "evening"))
			form := draftForm(h, t, "/reports/new?performance="+night)
			form.Holds = append(form.Holds, c.added...)
			for range 2 { // saved and opened twice: the second time with what the first one left
				path := strings.TrimSuffix(form.Action, "/edit")
				if p := h.Reporter.Post(path+"/autosave", append(form.With("text", "Quiet."), "audience",
					"everyone")...); p.Status != 200 {
					t.Fatalf("not saved: %d %s", p.Status, p.Body)
				}
				form = draftForm(h, t, strings.TrimPrefix(form.Action, h.WS))
				if acts := strings.Count(strings.Join(form.Holds, " "), "time act-up."); acts != c.acts {
					t.Errorf("the form asks for %d acts, want %d: %q", acts, c.acts, form.Holds)
				}
			}
		})
	}
}

// draftForm opens a page with the form of a draft, and reads that as the browser does: with the moments that the
// schedule knows, which are in hidden fields.
func draftForm(h *webtest.Theatre, t *testing.T, page string) webtest.TypedForm {
	t.Helper()
	p := h.Reporter.Get(h.WS + page)
	forms, _ := webtest.FormsAndLinks(t, p.Body)
	for _, f := range forms {
		if strings.HasSuffix(f.Action, "/edit") {
			return f
		}
	}
	t.Fatalf("%s has no form of a draft: %d", page, p.Status)
	return webtest.TypedForm{}
}
