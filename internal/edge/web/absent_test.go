package web_test

import (
	"strings"
	"testing"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/edge/web/webtest"
)

// Every address of another workspace's thing looks like one that never was.
func TestForeignThingsAreAbsent(t *testing.T) {
	t.Parallel()
	h := webtest.NewTheatre(t)
	id := h.Filed(t)
	h.Company(t, "Other", "other")
	thief := h.As(t, "other", access.Management)
	for _, r := range h.Site.Routes() {
		if !strings.Contains(r.Path, "{production}") && !strings.Contains(r.Path, "{performance}") &&
			!strings.Contains(r.Path, "{report}") {
			continue
		}
		at := func(production, performance, report string) webtest.Page {
			path := strings.NewReplacer("{ws}", "other", "{production}", production, "{performance}", performance,
				"{report}", report).Replace(r.Path)
			if r.Method == "GET" {
				return thief.Get(path)
			}
			return thief.Post(path, h.Written("version", "1", "reason", "r", "title", "x", "zone", "Europe/Berlin",
				"day", "2026-12-01", "start", "1930", "type", "evening",
				"from", "2026-12-01", "until", "2026-12-03", "weekdays", "2", "id", "freshfresh")...)
		}
		foreign, random := at(h.Production, h.Performance, id), at("aaaaaaaaaaaaaaaaaaaaaaaaaa",
			"bbbbbbbbbbbbbbbbbbbbbbbbbb", "cccccccccccccccccccccccccc")
		if foreign.Status != 404 || foreign.Body != random.Body {
			t.Errorf("%s %s: %d and %d", r.Method, r.Path, foreign.Status, random.Status)
		}
		webtest.Lacks(t, foreign, webtest.Canary, "Tosca", "Lamp 14")
	}
	webtest.Shows(t, thief.Get("/w/other/reports/new?performance="+h.Performance), 404)
	webtest.Shows(t, thief.Get("/w/other/reports/new?production="+h.Production), 404)
	webtest.Shows(t, thief.Get("/w/other/reports?production="+h.Production), 200, "No matches")
}

func TestEmptyListsSayWhy(t *testing.T) {
	t.Parallel()
	h := webtest.New(t)
	h.Company(t, "Lyric", "lyric")
	o, v := h.As(t, "lyric", access.Organizer), h.As(t, "lyric", access.Viewer)
	webtest.Shows(t, o.Get("/w/lyric/productions"), 200, "No productions yet", "New production")
	webtest.Shows(t, v.Get("/w/lyric/productions"), 200, "No productions yet")
	webtest.Lacks(t, v.Get("/w/lyric/productions"), "/productions/new")
	webtest.Shows(t, o.Get("/w/lyric/reports"), 200, "No reports yet", "Start a report")
	webtest.Shows(t, v.Get("/w/lyric/reports"), 200, "meant for you")
	webtest.Shows(t, o.Get("/w/lyric/reports/new"), 200, "No productions yet")
	webtest.Shows(t, v.Get("/w/lyric/reports?state=nonsense"), 400)
	webtest.Shows(t, v.Get("/w/lyric/reports?cursor=forged"), 400)
}
