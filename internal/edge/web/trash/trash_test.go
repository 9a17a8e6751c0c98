package trash_test

import (
	"fmt"
	"html"
	"regexp"
	"testing"
	"time"

	"github.com/tinyoperahouse/toh/internal/edge/web/webtest"
)

func TestTrashAndUndo(t *testing.T) {
	t.Parallel()
	h := webtest.NewTheatre(t)
	id := h.Filed(t)
	path := h.WS + "/reports/" + id
	webtest.Shows(t, h.Organizer.Get(h.WS+"/trash"), 200, "The trash is empty")
	webtest.Shows(t, h.Reporter.Post(path+"/trash", "version", "2"), 403)
	sealed := "Something in this report is withheld from you"
	webtest.Shows(t, h.Organizer.Get(path), 200, sealed)
	webtest.Lacks(t, h.Organizer.Get(path), path+"/trash")
	webtest.Shows(t, h.Organizer.Post(path+"/trash", "version", "2"), 403, sealed)
	webtest.LeadsTo(t, h.Management.Post(path+"/trash", "version", "1"), path) // somebody else changed it
	webtest.Lacks(t, h.Management.Get(path), sealed)
	webtest.LeadsTo(t, h.Management.Post(path+"/trash", "version", "2"), h.WS+"/reports")
	webtest.Shows(t, h.Management.Get(h.WS+"/reports"), 200, "in the trash", `action="`+path+`/restore"`)
	webtest.Shows(t, h.Viewer.Get(path), 404)
	p := h.Management.Get(h.WS + "/trash")
	gone := h.Clock.Now().In(time.UTC).AddDate(0, 0, 30).Format("2 January 2006")
	webtest.Shows(t, p, 200, "Show report 1 · Tosca", "Maud of Lyric", gone, path+"/restore")
	p = h.Organizer.Get(h.WS + "/trash")
	webtest.Shows(t, p, 200, "Show report 1 · Tosca", "Something in it is withheld from you")
	webtest.Lacks(t, p, path+"/restore")
	webtest.Shows(t, h.Organizer.Post(path+"/restore"), 403, sealed)
	webtest.LeadsTo(t, h.Management.Post(path+"/restore"), path)
	webtest.Shows(t, h.Viewer.Get(path), 200, "Lamp 14")

	webtest.LeadsTo(t, h.Organizer.Post(h.WS+"/performances/"+h.Performance+"/trash"), h.WS+"/productions/"+
		h.Production)
	webtest.LeadsTo(t, h.Organizer.Post(h.WS+"/productions/"+h.Production+"/trash"), h.WS+"/productions")
	webtest.Shows(t, h.Organizer.Get(h.WS+"/trash"), 200, "Tosca", "No. 1,")
	webtest.Shows(t, h.Viewer.Get(h.WS+"/productions/"+h.Production), 404)
	webtest.LeadsTo(t, h.Organizer.Post(h.WS+"/productions/"+h.Production+"/restore"), h.WS+"/productions/"+
		h.Production)
	webtest.LeadsTo(t, h.Organizer.Post(h.WS+"/performances/"+h.Performance+"/restore"), h.WS+"/performances/"+
		h.Performance)
}

// A full trash goes on over pages, each kind for itself.
func TestTrashHasPages(t *testing.T) {
	t.Parallel()
	h := webtest.NewTheatre(t)
	for n := range 51 {
		p := h.Organizer.Post(h.WS+"/productions", "title", fmt.Sprintf("Farewell %02d", n), "zone", "Europe/Berlin")
		h.Organizer.Post(h.WS + "/productions/" + webtest.LastPart(t, p) + "/trash")
		h.Clock.Advance(time.Second)
	}
	webtest.LeadsTo(t, h.Organizer.Post(h.WS+"/performances/"+h.Performance+"/trash"), h.WS+"/productions/"+
		h.Production)
	first := h.Organizer.Get(h.WS + "/trash")
	webtest.Shows(t, first, 200, "Farewell 50", "Farewell 01", "No. 1,", "kind=productions")
	webtest.Lacks(t, first, "Farewell 00", "kind=performances")
	next := regexp.MustCompile(`href="([^"]*kind=productions[^"]*)"`).FindStringSubmatch(first.Body)
	second := h.Organizer.Get(html.UnescapeString(next[1]))
	webtest.Shows(t, second, 200, "Farewell 00", `href="`+h.WS+`/trash"`)
	webtest.Lacks(t, second, "Farewell 01", "No. 1,", `rel="next"`)
	webtest.Shows(t, h.Organizer.Get(h.WS+"/trash?kind=productions&cursor=forged"), 400)
	webtest.Lacks(t, h.Viewer.Get(h.WS+"/trash?kind=productions"), "Farewell")
}
