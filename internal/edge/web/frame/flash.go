package frame

import (
	"net/http"
	"strings"
	"time"

	"github.com/tinyoperahouse/toh/internal/model"
)

// flash is something that is said once, on the next page. It is a code of the catalog and ids, never text: a cookie
// could be forged.
type flash struct{ code, id, place string }

// Toast is a flash as a page shows it.
type Toast struct {
	Text string
	Undo string // where the undo form posts to, or ""
}

// Flash says the sentence "flash.<code>" on the next page that is shown. The id is of the document that an undo is
// about.
func (q *Request) Flash(code, id string) {
	f := flash{code: code, id: id}
	if q.Place != nil {
		f.place = q.Place.Slug
	}
	q.flashes = append(q.flashes, f)
}

// keepFlashes hands them to the next request.
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

// takeFlashes are those of the request before, and this one's.
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

// undoPath is where a form posts to that takes back what a flash tells of, or "".
func (s *Site) undoPath(f flash) string {
	path, ok := s.undo[f.code]
	if !ok || !model.ValidID(f.id) || !model.ValidID(f.place) {
		return ""
	}
	return strings.NewReplacer("{ws}", f.place, "{id}", f.id).Replace(path)
}
