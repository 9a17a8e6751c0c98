package files

import (
	"context"
	"io"
	"net/http"

	"github.com/tinyoperahouse/toh/internal/edge/download"
	"github.com/tinyoperahouse/toh/internal/edge/web/frame"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/product/files"
	"github.com/tinyoperahouse/toh/internal/product/shows"
)

// download sends a file, or a preview of a photo.
func (s *pages) download(q *frame.Request) (frame.Answer, error) {
	id, which := q.Var("file"), files.Whole
	if text := q.Var("n"); text != "" {
		if which = number(text); which < 1 {
			return frame.Answer{}, model.ErrNotFound
		}
	}
	sight, err := s.files.Look(q.Context(), q.Caller(), id, which)
	if err != nil {
		return frame.Answer{}, err
	}
	caller := q.Caller()
	return frame.Raw(func(w http.ResponseWriter, r *http.Request) error {
		return download.Serve(w, r, download.Content{Name: sight.Name, Type: sight.Type, Tag: sight.Hash,
			Size: sight.Size, Open: func(ctx context.Context, shown bool) (io.ReadSeekCloser, error) {
				return s.files.Open(ctx, caller, id, which, shown)
			}, Refuse: func(w http.ResponseWriter, status int) { http.Error(w, http.StatusText(status), status) }})
	}), nil
}

// back is the page that the file belongs to.
func back(q *frame.Request, f *files.File) string {
	if f.Of == shows.OfReport(f.Of.ID) {
		return q.WS("/reports/" + f.Of.ID)
	}
	return q.WS("/productions/" + f.Of.ID)
}

func (s *pages) askRemove(q *frame.Request) (frame.Answer, error) {
	r, err := s.files.File(q.Context(), q.Caller(), q.Var("file"))
	if err != nil {
		return frame.Answer{}, err
	}
	to := back(q, &r.Body)
	return frame.Show(&frame.FormPage{
		Base:  frame.Base{Crumbs: []frame.Crumb{{Text: q.T("files.back"), Path: to}, {Text: q.T("files.remove")}}},
		Title: q.T("files.remove-title", r.Body.Name), Lead: q.T("files.remove-lead"), Danger: true,
		Form:   frame.FormSpec{}.Blank(q, nil),
		Action: q.WS("/files/" + r.ID + "/remove"), Submit: q.T("files.remove"), Cancel: to,
	}), nil
}

func (s *pages) remove(q *frame.Request) (frame.Answer, error) {
	r, err := s.files.File(q.Context(), q.Caller(), q.Var("file"))
	if err == nil {
		err = s.files.Remove(q.Context(), q.Caller(), r.ID, 0)
	}
	if err != nil {
		return frame.Answer{}, err
	}
	q.Flash("files.removed", "")
	return frame.Go(back(q, &r.Body) + "#files"), nil
}
