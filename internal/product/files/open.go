package files

import (
	"context"
	"io"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
)

// Whole asks for the content of a file itself; 1 and up ask for its previews, the smallest first.
const Whole = 0

// Sight is what is known of a content before it is opened.
type Sight struct {
	Name, Type, Hash string
	Size             int64
}

// Look says what a file, or one of its previews, is, for whoever may open it. Nothing of the content is shown.
func (s *Service) Look(ctx context.Context, c access.Caller, id string, preview int) (Sight, error) {
	r, err := files.Get(ctx, s.gate.Serving(), records.By(c, access.FileRead).On(id))
	if err != nil {
		return Sight{}, err
	}
	content, err := r.Body.of(preview)
	if err != nil {
		return Sight{}, err
	}
	return Sight{r.Body.Name, content.Type, content.Hash, content.Size}, nil
}

// of is the content that is asked for.
func (f *File) of(preview int) (*Content, error) {
	if err := f.opened(); err != nil {
		return nil, err
	}
	switch {
	case preview == Whole:
		return f.Content, nil
	case f.Picture != nil && preview > 0 && preview <= len(f.Picture.Previews):
		return &f.Picture.Previews[preview-1].Content, nil
	}
	return nil, &model.Error{Kind: model.ErrNotFound}
}

// Open opens a content. That the file was opened is in the trail before this returns; if it is not to be shown, because
// the client has it already or asked for its size only, the trail says that it was asked for, and the result is nil.
func (s *Service) Open(ctx context.Context, c access.Caller, id string, preview int, shown bool) (io.ReadSeekCloser,
	error) {
	r, err := files.GetUnless(ctx, s.gate, records.By(c, access.FileRead).On(id), func(int64) bool { return !shown })
	if err != nil || !shown {
		return nil, err
	}
	content, err := r.Body.of(preview)
	if err != nil {
		return nil, err
	}
	return s.reading(ctx, c.Scope, id, content)
}
