package files

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/blob"
	"github.com/tinyoperahouse/toh/internal/platform/records"
)

// objectsOf is what the names of all objects of a file begin with. They say whose they are, and nothing else.
func objectsOf(scope model.Scope, file string) string {
	return scope.String() + "/" + file + "/"
}

func objectName(scope model.Scope, file, object string) string {
	return objectsOf(scope, file) + object
}

// binding is the place that a part is sealed for: a part that is moved, left out at the end, or put into another file
// cannot be opened.
func binding(scope model.Scope, file, content string, n int, last bool) records.Binding {
	place := content + "/" + strconv.Itoa(n)
	if last {
		place += "/last"
	}
	return records.Binding{Scope: scope, Kind: files.Name(), ID: file, Field: place}
}

// reader reads a content from an offset. It opens the parts that it needs, one after another.
type reader struct {
	ctx     context.Context
	objects blob.Store
	ring    *records.Ring
	scope   model.Scope
	file    string
	content *Content
	at      int64
	part    io.ReadCloser // nil before the first read
	plain   io.Reader
	left    int64 // of the part
}

// Read implements io.Reader.
func (r *reader) Read(p []byte) (int, error) {
	if r.at >= r.content.Size {
		return 0, io.EOF
	}
	if r.part == nil {
		if err := r.open(); err != nil {
			return 0, err
		}
	}
	n, err := r.plain.Read(p[:min(int64(len(p)), r.left)])
	r.at, r.left = r.at+int64(n), r.left-int64(n)
	if r.left == 0 {
		return n, r.end()
	}
	if errors.Is(err, io.EOF) {
		err = fmt.Errorf("files: a part is too short: %w", model.ErrInvalid)
	}
	return n, err
}

// open opens the part in which the offset is.
func (r *reader) open() error {
	n := int(r.at / PartSize)
	sealed, err := r.objects.Open(r.ctx, objectName(r.scope, r.file, r.content.Parts[n]))
	if err != nil {
		return fmt.Errorf("files: open part %d: %w", n, err)
	}
	r.part = sealed
	r.plain, err = r.ring.OpenStream(sealed, binding(r.scope, r.file, r.content.ID, n, n == len(r.content.Parts)-1))
	if err != nil {
		return err
	}
	begin := int64(n) * PartSize
	r.left = min(PartSize, r.content.Size-begin)
	skipped, err := io.CopyN(io.Discard, r.plain, r.at-begin)
	r.left -= skipped
	return err
}

// end checks that the part ends where it must.
func (r *reader) end() error {
	if n, err := r.plain.Read(make([]byte, 1)); n > 0 || !errors.Is(err, io.EOF) {
		return errors.Join(fmt.Errorf("files: a part is too long: %w", model.ErrInvalid), err)
	}
	return r.Close()
}

// Seek implements io.Seeker.
func (r *reader) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += r.at
	case io.SeekEnd:
		offset += r.content.Size
	}
	if offset < 0 {
		return r.at, fmt.Errorf("files: seek to %d: %w", offset, model.ErrInvalid)
	}
	r.at = offset
	return offset, r.Close()
}

// Close closes the part that is open.
func (r *reader) Close() error {
	if r.part == nil {
		return nil
	}
	part := r.part
	r.part, r.plain, r.left = nil, nil, 0
	return part.Close()
}

// reading is a reader of a content of a file.
func (s *Service) reading(ctx context.Context, scope model.Scope, file string, c *Content) (*reader, error) {
	ring, err := s.gate.Keyrings().Ring(ctx, scope)
	if err != nil {
		return nil, err
	}
	return &reader{ctx: ctx, objects: s.objects, ring: ring, scope: scope, file: file, content: c}, nil
}
