package reports_test

import (
	"testing"

	"github.com/tinyoperahouse/toh/internal/edge/web/webtest"
)

// Whoever begins a second report about one performance is told of the first one, with the way there, before a word is
// written, while writing and before filing; as far as they may read it.
func TestSecondReportIsToldOfBeforeItIsWritten(t *testing.T) {
	t.Parallel()
	h := webtest.NewTheatre(t)
	fresh := h.WS + "/reports/new?performance=" + h.Performance
	webtest.Lacks(t, h.Organizer.Get(fresh), "already covers this performance")
	first := h.Filed(t)
	told := []string{"Show report 1 · Tosca by The reporter of Lyric already covers this performance.", `href="` +
		h.WS + "/reports/" + first + `"`}
	page := h.Organizer.Get(fresh)
	webtest.Shows(t, page, 200, told...)
	id := webtest.SaveTo.FindStringSubmatch(page.Body)[1]
	edit := h.WS + "/reports/" + id + "/edit"
	webtest.LeadsTo(t, h.Organizer.Post(edit, "production", h.Production, "performance", h.Performance, "text",
		"Another view.",
		"do", "check"), h.WS+"/reports/"+id+"/check")
	webtest.Shows(t, h.Organizer.Get(edit), 200, told...)
	webtest.Shows(t, h.Organizer.Get(h.WS+"/reports/"+id+"/check"), 200, append(told, "File a second one?")...)
	webtest.Shows(t, h.Management.Get(fresh), 200, told...) // a draft of somebody else is not among them
	webtest.Lacks(t, h.Management.Get(fresh), id)
	webtest.Lacks(t, h.Reporter.Get(h.WS+"/reports/new?production="+h.Production), "already covers this performance")

	second := h.WS + "/reports/" + id + "/file"
	webtest.Shows(t, h.Organizer.Post(second, "version", "1"), 409, told...)
}

// Of a report that is not for them nobody learns by beginning another one.
func TestHiddenReportIsNotToldOf(t *testing.T) {
	t.Parallel()
	h := webtest.NewTheatre(t)
	form := h.Management.Get(h.WS + "/reports/new?performance=" + h.Performance)
	id := webtest.SaveTo.FindStringSubmatch(form.Body)[1]
	webtest.LeadsTo(t, h.Management.Post(h.WS+"/reports/"+id+"/edit", "production", h.Production, "performance",
		h.Performance,
		"text", webtest.Canary,
		"audience", "management", "do", "check"), h.WS+"/reports/"+id+"/check")
	webtest.LeadsTo(t, h.File(h.Management, id, "1"), h.WS+"/reports/"+id+"/filed")
	page := h.Reporter.Get(h.WS + "/reports/new?performance=" + h.Performance)
	webtest.Shows(t, page, 200)
	webtest.Lacks(t, page, "already covers this performance", id, webtest.Canary)
	webtest.Shows(t, h.Management.Get(h.WS+"/reports/new?performance="+h.Performance), 200,
		"already covers this performance")
}
