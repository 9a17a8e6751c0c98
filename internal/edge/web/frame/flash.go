package frame

import (
	"net/http"
	"strings"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
)

// flash is a message that is shown once, on the next page. It travels in a cookie, which could be forged, so it
// consists of a code of the catalog and ids, never of text.
type flash struct{ code, id, place string }

// Toast is a flash as a page shows it.
type Toast struct {
	Text string
	Undo string // the path that the undo form posts to, or ""
}

// Flash shows the text "flash.<code>" on the next page. id is the document that the undo button is about.
func (q *Request) Flash(code, id string) {
	f := flash{code: code, id: id}
	if q.Place != nil {
		f.place = q.Place.Slug
	}
	q.flashes = append(q.flashes, f)
}

// keepFlashes puts the flashes into a cookie for the next request.
func (s *Site) keepFlashes(q *Request) {
	if len(q.flashes) == 0 {
		return
	}
	parts := make([]string, len(q.flashes))
	for i, f := range q.flashes {
		parts[i] = f.code + "_" + f.id + "_" + f.place
	}
	s.setCookie(q, flashCookie, strings.Join(parts, "._"), s.opts.Clock.Now().Add(time.Minute))
}

// takeFlashes returns the flashes of the previous request and of this one, and removes the cookie.
func (s *Site) takeFlashes(q *Request) []flash {
	value := s.cookie(q.Request, flashCookie)
	if value == "" || q.Method != http.MethodGet {
		return q.flashes
	}
	s.dropCookie(q, flashCookie)
	var all []flash
	for _, part := range strings.SplitN(value, "._", 4) {
		fields := strings.Split(part, "_")
		if len(fields) == 3 && s.catalog.Has("flash."+fields[0]) {
			all = append(all, flash{fields[0], fields[1], fields[2]})
		}
	}
	return append(all, q.flashes...)
}

func (s *Site) toasts(q *Request) []Toast {
	var toasts []Toast
	for _, f := range s.takeFlashes(q) {
		toasts = append(toasts, Toast{Text: q.T("flash." + f.code), Undo: s.undoPath(f)})
	}
	return toasts
}

// undoPath is the path that the undo form of a flash posts to, or "".
func (s *Site) undoPath(f flash) string {
	path, ok := s.undo[f.code]
	if !ok || !model.ValidID(f.id) || !model.ValidID(f.place) {
		return ""
	}
	return strings.NewReplacer("{ws}", f.place, "{id}", f.id).Replace(path)
}
