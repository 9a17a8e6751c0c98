package files

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"

	"github.com/tinyoperahouse/toh/internal/access"
	"github.com/tinyoperahouse/toh/internal/model"
	"github.com/tinyoperahouse/toh/internal/platform/logging"
	"github.com/tinyoperahouse/toh/internal/platform/records"
)

// Progress is how far an upload has come.
type Progress struct {
	Generation int   // of whoever sends the parts; whoever goes on after an interruption sends with the next one
	Parts      int   // that are stored: the next one has this number
	Received   int64 // bytes
	Size       int64
}

func (u *upload) progress() Progress {
	return Progress{u.Generation, len(u.Parts), min(int64(len(u.Parts))*PartSize, u.Size), u.Size}
}

// sizeOf is how many bytes the part has.
func (u *upload) sizeOf(n int) int64 { return min(PartSize, u.Size-int64(n)*PartSize) }

// Progress says where the upload of a file stands. Only whoever began it may ask.
func (s *Service) Progress(ctx context.Context, c access.Caller, id string) (Progress, error) {
	r, err := uploads.Get(ctx, s.gate.Serving(), records.By(c, access.FileAdd).On(id))
	return r.Body.progress(), err
}

var (
	errOvertaken = model.Conflict("This upload goes on elsewhere.")
	errOrder     = model.Conflict("Parts are sent in order. Ask how far the upload has come, and go on from there.")
	errOther     = model.Conflict("Another part was stored in this place. Begin again with the file as it is now.")
)

// Part takes in the next part of an upload, which is stored when this returns. The same part again changes nothing.
// Once
// a part of the next generation is stored, what comes late of an earlier one is not.
func (s *Service) Part(ctx context.Context, c access.Caller, id string, generation, n int, body io.Reader) (Progress,
	error) {
	r, err := uploads.Get(ctx, s.gate.Serving(), records.By(c, access.FileAdd).On(id))
	if err != nil {
		return Progress{}, err
	}
	u := &r.Body
	switch {
	case generation != u.Generation && generation != u.Generation+1:
		return Progress{}, errOvertaken
	case n < 0 || n > len(u.Parts) || n >= partsOf(u.Size):
		return Progress{}, errOrder
	}
	select {
	case s.parts <- struct{}{}:
		defer func() { <-s.parts }()
	case <-ctx.Done():
		return Progress{}, model.Unavailable(ctx.Err())
	}
	return s.take(ctx, c, id, u, generation, n, body)
}

func (s *Service) take(ctx context.Context, c access.Caller, id string, u *upload, generation, n int,
	body io.Reader) (Progress, error) {
	t, err := s.sealed(ctx, c.Scope, id, u, n, body)
	if err != nil {
		return Progress{}, err
	}
	if n < len(u.Parts) {
		if u.Parts[n].Hash != t.hash {
			return Progress{}, errOther
		}
		return u.progress(), nil
	}
	if n == 0 {
		if err := s.typed(ctx, c, id, &t); err != nil {
			return Progress{}, err
		}
	}
	object := model.NewID()
	if err := s.objects.Put(ctx, objectName(c.Scope, id, object), t.sealed); err != nil {
		return Progress{}, model.Unavailable(err)
	}
	r, err := uploads.Update(ctx, s.gate, records.By(c, access.FileAdd).On(id), func(now *upload) error {
		if now.Generation > generation || len(now.Parts) != n {
			return errOvertaken
		}
		now.Generation = generation
		now.Parts = append(now.Parts, part{object, t.hash})
		now.Hash, now.Ends = t.state, s.now().Add(UploadLife)
		if n == 0 {
			now.Type = t.kind
		}
		return nil
	})
	if err != nil && !errors.Is(err, model.ErrUnavailable) { // it is certain that nothing names it
		s.discard(ctx, objectName(c.Scope, id, object))
	}
	return r.Body.progress(), err
}

// discard removes an object that nothing names. If that fails, the job that comes after each upload does it.
func (s *Service) discard(ctx context.Context, name string) {
	if err := s.objects.Delete(context.WithoutCancel(ctx), name); err != nil {
		logging.From(ctx).WarnContext(ctx, "an object that nothing names is still there", "error", err)
	}
}

// taken is a part as it is to be stored.
type taken struct {
	sealed []byte
	hash   string // of the part
	state  []byte // of the hash of all parts so far
	head   []byte // the beginning of the file
	kind   string // the type of the file, by that
}

// sealed reads a part and seals it. What is too short or too long is refused.
func (s *Service) sealed(ctx context.Context, scope model.Scope, id string, u *upload, n int, body io.Reader) (taken,
	error) {
	t, size := taken{}, u.sizeOf(n)
	ring, err := s.gate.Keyrings().Ring(ctx, scope)
	if err != nil {
		return t, err
	}
	whole, err := continued(u.Hash)
	if err != nil {
		return t, err
	}
	var out bytes.Buffer
	out.Grow(int(size) + overhead)
	to, err := ring.SealStream(&out, binding(scope, id, u.Content, n, n == partsOf(u.Size)-1))
	if err != nil {
		return t, err
	}
	head, sum := &beginning{}, sha256.New()
	got, err := io.Copy(io.MultiWriter(to, whole, sum, head), io.LimitReader(body, size))
	if err == nil {
		err = ended(body, got, size)
	}
	if err == nil {
		err = to.Close()
	}
	if err == nil {
		t.state, err = whole.(encoding.BinaryMarshaler).MarshalBinary()
	}
	t.sealed, t.hash, t.head = out.Bytes(), hex.EncodeToString(sum.Sum(nil)), head.data
	return t, err
}

// ended refuses a part that has not the size that it must have.
func ended(body io.Reader, got, size int64) error {
	more, err := io.ReadFull(body, make([]byte, 1))
	switch {
	case got < size:
		return model.Invalid("This part has %d bytes and must have %d. Send it again.", got, size)
	case more > 0:
		return model.Invalid("This part has more than %d bytes.", size)
	case !errors.Is(err, io.EOF):
		return err
	}
	return nil
}

// overhead is more than sealing adds to a part.
const overhead = 16 << 10

// continued is the hash of all parts so far, from its state.
func continued(state []byte) (hash.Hash, error) {
	h := sha256.New()
	if len(state) == 0 {
		return h, nil
	}
	if err := h.(encoding.BinaryUnmarshaler).UnmarshalBinary(state); err != nil {
		return nil, fmt.Errorf("files: go on with a hash: %w", err)
	}
	return h, nil
}

// beginning keeps the first bytes of what is written to it.
type beginning struct{ data []byte }

// Write keeps what is missing of the beginning.
func (b *beginning) Write(p []byte) (int, error) {
	b.data = append(b.data, p[:min(len(p), sniffed-len(b.data))]...)
	return len(p), nil
}
