package overview_test

import (
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/edge/web/webtest"
)

func TestHomesByRole(t *testing.T) {
	t.Parallel()
	h := webtest.New(t)
	h.Company(t, "Lyric", "lyric")
	want := map[access.Role][2]string{
		access.Management: {"Waiting for review", "Not read yet"}, access.Organizer: {"Waiting for review",
			"Your drafts"},
		access.Reporter: {"Your drafts", "First steps"}, access.Viewer: {"You have read everything", "First steps"},
	}
	for role, texts := range want {
		p := h.As(t, "lyric", role).Get("/w/lyric/")
		webtest.Shows(t, p, 200, texts[0])
		if p.Has(texts[1]) {
			t.Errorf("%s sees %q", role, texts[1])
		}
		if p.Has("/w/lyric/audit") != (role == access.Management) {
			t.Errorf("%s: audit in the menu: %v", role, p.Has("/w/lyric/audit"))
		}
	}
}

func TestHomeShowsWhatIsMissingAndToCome(t *testing.T) {
	t.Parallel()
	h := webtest.NewTheatre(t)
	path := h.WS + "/productions/" + h.Production + "/performances"
	day := func(n int) string { return h.Clock.Now().AddDate(0, 0, n).Format(time.DateOnly) }
	for _, n := range []int{-20, -3, 2, 9} {
		webtest.LeadsTo(t, h.Organizer.Post(path, "day", day(n), "start", "1930", "type", "evening", "id", "night-"+
			day(n)),
			h.WS+"/performances/night-"+day(n))
	}
	home := h.Organizer.Get(h.WS + "/")
	webtest.Shows(t, home, 200, "Played, but no report yet", "Report missing", "/reports/new?performance=night-"+
		day(-3),
		"Coming up", "/performances/night-"+day(2))
	webtest.Lacks(t, home, "night-"+day(-20), "night-"+day(9))
	draft := webtest.SaveTo.FindStringSubmatch(h.Organizer.Get(h.WS + "/reports/new?performance=night-" + day(-3)).
		Body)[1]
	webtest.LeadsTo(t, h.Organizer.Post(h.WS+"/reports/"+draft+"/edit", "performance", "night-"+day(-3), "production",
		h.Production, "audience", "everyone", "do", "nothing"), h.WS+"/reports/"+draft+"/check")
	webtest.Shows(t, h.Organizer.Get(h.WS+"/"), 200, "Report missing", "Continue the draft") // a draft is no report
	webtest.LeadsTo(t, h.File(h.Organizer, draft, "1"), h.WS+"/reports/"+draft+"/filed")
	p := h.Organizer.Get(h.WS + "/")
	webtest.Shows(t, p, 200, "No report is missing", "Waiting for review")
	webtest.Lacks(t, p, "Report missing")
	webtest.Lacks(t, h.Viewer.Get(h.WS+"/"), "Played, but no report yet", "File the report")
}
