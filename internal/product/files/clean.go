package files

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"time"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/records"
	"github.com/tinyoperahouse/toh/internal/platform/task"
	"github.com/tinyoperahouse/toh/internal/product/files/picture"
)

const (
	cleanAttempts = 40 // many photos may wait for each other
	cleanTime     = 50 * time.Second
	cleanWait     = 20 * time.Second // how long a photo waits for the one before it, in one attempt
)

// clean is the job that frees a photo of everything but what can be seen. The photo as it was uploaded is then removed.
func (s *Service) clean(ctx context.Context, job task.Job) error {
	var w work
	if err := job.Decode(&w); err != nil {
		return err
	}
	c, id := w.caller(job), w.Files[0]
	r, err := files.Get(ctx, s.gate.Serving(), records.By(c, access.FileKeep).On(id))
	if errors.Is(err, model.ErrNotFound) || err == nil && r.Body.State != Cleaning {
		return nil // removed, or done before
	}
	if err != nil {
		return gone(err)
	}
	wait, stop := context.WithTimeout(ctx, cleanWait)
	defer stop()
	select {
	case s.decodes <- struct{}{}:
		defer func() { <-s.decodes }()
	case <-wait.Done():
		return task.Because("other photos are being prepared", wait.Err())
	}
	return s.cleanNow(ctx, c, id, &r.Body)
}

func (s *Service) cleanNow(ctx context.Context, c access.Caller, id string, f *File) error {
	clean, err := s.cleaned(ctx, c.Scope, id, f)
	var refusal picture.Refusal
	if errors.As(err, &refusal) {
		return s.refuse(ctx, c, id, string(refusal))
	}
	if err != nil {
		return err
	}
	content, err := s.keep(ctx, c.Scope, id, clean.Type, clean.Data)
	if err != nil {
		return err
	}
	p := &Picture{Width: clean.Width, Height: clean.Height}
	counted := content.Size
	for _, small := range clean.Previews {
		kept, err := s.keep(ctx, c.Scope, id, small.Type, small.Data)
		if err != nil {
			return err
		}
		p.Previews = append(p.Previews, Preview{small.Width, small.Height, *kept})
		counted += kept.Size
	}
	return s.settle(ctx, c, id, func(f *File) {
		f.State, f.Content, f.Picture, f.Type, f.Size, f.Counted = Ready, content, p, clean.Type, content.Size, counted
		f.Name = endingWith(f.Name, clean.End)
	})
}

// cleaned reads the photo as it was uploaded, and cleans it.
func (s *Service) cleaned(ctx context.Context, scope model.Scope, id string, f *File) (*picture.Clean, error) {
	if f.Content.Size > MaxPicture {
		return nil, picture.Refusal(fmt.Sprintf("This photo has %s; photos can have %s at most. Save it smaller, and "+
			"send it again.", Bytes(f.Content.Size), Bytes(MaxPicture)))
	}
	from, err := s.reading(ctx, scope, id, f.Content)
	if err != nil {
		return nil, err
	}
	data := make([]byte, f.Content.Size)
	_, err = io.ReadFull(from, data)
	if err = errors.Join(err, from.Close()); err != nil {
		return nil, err
	}
	return picture.Of(data)
}

// keep stores a content whole.
func (s *Service) keep(ctx context.Context, scope model.Scope, id, kind string, data []byte) (*Content, error) {
	sum := sha256.Sum256(data)
	u := &upload{Size: int64(len(data)), Content: model.NewID()}
	c := &Content{ID: u.Content, Size: u.Size, Hash: hex.EncodeToString(sum[:]), Type: kind}
	from := strings.NewReader(string(data))
	for n := range partsOf(c.Size) {
		t, err := s.sealed(ctx, scope, id, u, n, io.LimitReader(from, u.sizeOf(n)))
		if err != nil {
			return nil, err
		}
		object := model.NewID()
		if err := s.objects.Put(ctx, objectName(scope, id, object), t.sealed); err != nil {
			return nil, err
		}
		c.Parts = append(c.Parts, object)
	}
	return c, nil
}

// refuse ends the cleaning of what cannot be cleaned. What was uploaded is removed.
func (s *Service) refuse(ctx context.Context, c access.Caller, id, why string) error {
	return s.settle(ctx, c, id, func(f *File) {
		f.State, f.Why, f.Content, f.Counted = Refused, why, nil, 0
	})
}

// settle stores how the cleaning ended, with what then must be removed. If the file is gone, or another attempt was
// faster, what this one stored is removed by the job that comes after each upload.
func (s *Service) settle(ctx context.Context, c access.Caller, id string, change func(*File)) error {
	err := s.gate.Change(ctx, func(ctx context.Context, tx *records.Tx) error {
		var old, of int64
		r, err := files.Update(ctx, tx, records.By(c, access.FileKeep).On(id), func(f *File) error {
			if f.State != Cleaning {
				return model.Conflict("This photo has been cleaned.")
			}
			old = f.Counted
			change(f)
			of = f.Counted
			return nil
		})
		if err != nil {
			return err
		}
		if err := s.count(ctx, tx, c, r.Body.Of, 0, min(0, of-old)); err != nil {
			return err
		}
		return s.tidyLater(ctx, tx, c.Scope, id)
	})
	if errors.Is(err, model.ErrNotFound) || errors.Is(err, model.ErrConflict) && !errors.Is(err, model.ErrUnavailable) {
		return s.again(ctx, c, id, err)
	}
	if err == nil {
		s.queue.Wake(ctx, tidyID(id))
	}
	return err
}

// again says whether another attempt is needed.
func (s *Service) again(ctx context.Context, c access.Caller, id string, cause error) error {
	r, err := files.Get(ctx, s.gate.Serving(), records.By(c, access.FileKeep).On(id))
	switch {
	case errors.Is(err, model.ErrNotFound):
		return nil
	case err == nil && r.Body.State != Cleaning:
		return nil
	}
	return errors.Join(cause, err)
}

// endingWith gives a name the end of what the file now is, unless it has one that says the same.
func endingWith(name, end string) string {
	have := strings.ToLower(path.Ext(name))
	if have == end || end == ".jpg" && (have == ".jpeg" || have == ".jpe" || have == ".jfif") {
		return name
	}
	switch have {
	case ".jpg", ".jpeg", ".png", ".webp", ".gif":
		name = strings.TrimSuffix(name, path.Ext(name))
	}
	return CleanName(name + end)
}
