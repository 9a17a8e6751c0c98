package web_test

import (
	"testing"
)

// Whoever begins a second report about one performance is told of the first one, with the way there, before a word is
// written, while writing and before filing; as far as they may read it.
func TestSecondReportIsToldOfBeforeItIsWritten(t *testing.T) {
	h := newTheatre(t)
	fresh := h.ws + "/reports/new?performance=" + h.performance
	lacks(t, h.organizer.Get(fresh), "is about this performance already")
	first := h.filed(t)
	told := []string{"Show report 1 · Tosca by The reporter of Lyric is about this performance already.", `href="` +
		h.ws + "/reports/" + first + `"`}
	page := h.organizer.Get(fresh)
	shows(t, page, 200, told...)
	id := saveTo.FindStringSubmatch(page.Body)[1]
	edit := h.ws + "/reports/" + id + "/edit"
	leadsTo(t, h.organizer.Post(edit, "production", h.production, "performance", h.performance, "text", "Another view.",
		"do", "check"), h.ws+"/reports/"+id+"/check")
	shows(t, h.organizer.Get(edit), 200, told...)
	shows(t, h.organizer.Get(h.ws+"/reports/"+id+"/check"), 200, append(told, "File a second one?")...)
	shows(t, h.management.Get(fresh), 200, told...) // a draft of somebody else is not among them
	lacks(t, h.management.Get(fresh), id)
	lacks(t, h.reporter.Get(h.ws+"/reports/new?production="+h.production), "is about this performance already")

	second := h.ws + "/reports/" + id + "/file"
	shows(t, h.organizer.Post(second, "version", "1"), 409, told...)
}

// Of a report that is not for them nobody learns by beginning another one.
func TestHiddenReportIsNotToldOf(t *testing.T) {
	h := newTheatre(t)
	begun := h.management.Get(h.ws + "/reports/new?performance=" + h.performance)
	id := saveTo.FindStringSubmatch(begun.Body)[1]
	leadsTo(t, h.management.Post(h.ws+"/reports/"+id+"/edit", "production", h.production, "performance", h.performance,
		"text", canary,
		"audience", "management", "do", "check"), h.ws+"/reports/"+id+"/check")
	leadsTo(t, h.file(h.management, id, "1"), h.ws+"/reports/"+id+"/filed")
	page := h.reporter.Get(h.ws + "/reports/new?performance=" + h.performance)
	shows(t, page, 200)
	lacks(t, page, "is about this performance already", id, canary)
	shows(t, h.management.Get(h.ws+"/reports/new?performance="+h.performance), 200, "is about this performance already")
}
